# Copyright 2026 the Convlab authors. MIT license.

"""Writes arrays.json: files as NumPy writes them, and what is in them.

    python3 tests/data/numpy/make_arrays.py

Made with NumPy 1.24.2. The values are lists in C order, whatever the file has.
"""

import base64
import io
import json
import pathlib

import numpy as np

arrays = {
    "bool": np.array([True, False, True]),
    "uint8": np.arange(6, dtype="u1").reshape(2, 3) + 250,
    "int8": np.array([-128, -1, 0, 127], "i1"),
    "uint16 big-endian": np.array([[1, 65535], [256, 2]], ">u2"),
    "int16": np.array([-32768, 32767], "<i2"),
    "uint32": np.array([0, 4294967295], "<u4"),
    "int32 big-endian": np.array([-2147483648, 5], ">i4"),
    "uint64": np.array([0, 2**53 - 1], "<u8"),
    "int64": np.array([[-(2**53) + 1], [7]], "<i8"),
    "int64 big-endian": np.array([-3, 2**40], ">i8"),
    "float16": np.array([0.5, -65504, 2**-24], "<f2"),
    "float32": np.array([[0.1, -1e30, 3]], "<f4"),
    "float64": np.linspace(-1, 1, 5),
    "float64 big-endian": np.array([np.pi, -0.0], ">f8"),
    "a single number": np.array(2.5),
    "nothing": np.zeros((0, 3), "f4"),
    "Fortran order": np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)),
    "Fortran order, strings": np.asfortranarray(
        np.array([["a", "bc", "d"], ["e", "", "fgh"]])
    ),
    "strings": np.array(["cat", "Žluťoučký", "🦆"]),
    "strings big-endian": np.array(["cat", "é"]).astype(">U3"),
    "bytes": np.array([b"cat", "é".encode()]),
}


def plain(array):
    kind = array.dtype.kind
    if kind == "S":
        return [item.decode() for item in array.ravel().tolist()]
    if kind == "b":
        return [int(item) for item in array.ravel().tolist()]
    return array.ravel().tolist()


def text(data):
    return base64.b64encode(data).decode()


def dtype_of(array):
    return "string" if array.dtype.kind in "US" else array.dtype.name


files = []
for name, array in arrays.items():
    for version in [(1, 0), (2, 0), (3, 0)] if name == "float64" else [(1, 0)]:
        file = io.BytesIO()
        np.lib.format.write_array(file, array, version)
        files.append(
            {
                "name": f"{name}, version {version[0]}",
                "file": text(file.getvalue()),
                "shape": list(array.shape),
                "dtype": dtype_of(array),
                "data": plain(array),
            }
        )

archives = []
for name, save in [("savez", np.savez), ("savez_compressed", np.savez_compressed)]:
    file = io.BytesIO()
    save(file, W=np.arange(600.0).reshape(20, 30), b=np.array([1, 2], "i4"))
    archives.append({"name": name, "file": text(file.getvalue())})

file = io.BytesIO()
np.save(file, np.array([{}, None], object), allow_pickle=True)
objects = text(file.getvalue())
file = io.BytesIO()
np.save(file, np.zeros(2, [("x", "f4"), ("y", "i4")]))
structures = text(file.getvalue())

refused = {
    "objects": objects,
    "structures": structures,
}
path = pathlib.Path(__file__).with_name("arrays.json")
path.write_text(
    json.dumps({"files": files, "archives": archives, "refused": refused}, indent=2)
    + "\n"
)
