# Copyright 2026 the Convlab authors. MIT license.

"""Writes fixtures/erf.json: the error function as Python's math module has it."""

import json
import math
import pathlib

xs = [i / 16 for i in range(-96, 97)] + [i + 0.3 for i in range(7, 27)]
xs += [1e-300, -1e-20, 1e-10, 0.7499999, 0.75, -0.7500001, 5.9, -5.9]
path = pathlib.Path(__file__).parents[2] / "fixtures" / "erf.json"
path.write_text(json.dumps({
    "x": xs,
    "erf": [math.erf(x) for x in xs],
    "erfc": [math.erfc(x) for x in xs],
}) + "\n")
