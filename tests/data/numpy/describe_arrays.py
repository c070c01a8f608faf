# Copyright 2026 the Convlab authors. MIT license.

"""Prints what NumPy reads in .npy and .npz files, as JSON, for the tests."""

import json
import sys

import numpy as np


def describe(array):
    return [array.dtype.str, list(array.shape), array.ravel().tolist()]


result = []
for path in sys.argv[1:]:
    loaded = np.load(path)
    if isinstance(loaded, np.ndarray):
        result.append(describe(loaded))
    else:
        result.append({name: describe(loaded[name]) for name in loaded.files})
print(json.dumps(result))
