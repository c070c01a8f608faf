# Copyright 2026 the Convlab authors. MIT license.

"""Writes a safetensors file with a tensor of each of PyTorch's element types.

Beside it goes a JSON file with what PyTorch takes their elements for, in
float64, as texts, since JSON has no NaN. Needs PyTorch alone:

    python3 tests/training/pytorch/make_dtypes.py
"""

import json
import pathlib
import struct

import torch

HERE = pathlib.Path(__file__).parent

FLOATS = [
    *[0.0, -0.0, 1.0, -1.5, 1 / 3, 65504.0, -65504.0, 2**-14, 2**-15],
    *[2**-24, -(2**-24), 3 * 2**-24, 1023 * 2**-24, 1e-40, 3e38],
    *[float("inf"), float("-inf"), float("nan")],
]
TENSORS = {
    "f64": ("F64", torch.tensor(FLOATS, dtype=torch.float64)),
    "f32": ("F32", torch.tensor(FLOATS, dtype=torch.float32)),
    "f16": ("F16", torch.tensor(FLOATS, dtype=torch.float16)),
    "bf16": ("BF16", torch.tensor(FLOATS, dtype=torch.bfloat16)),
    "i64": ("I64", torch.tensor([[0, -1], [2**53, -(2**53)]])),
    "i32": ("I32", torch.tensor([0, 2**31 - 1, -(2**31)], dtype=torch.int32)),
    "i16": ("I16", torch.tensor([0, 2**15 - 1, -(2**15)], dtype=torch.int16)),
    "i8": ("I8", torch.tensor([0, 127, -128], dtype=torch.int8)),
    "u8": ("U8", torch.tensor([0, 127, 255], dtype=torch.uint8)),
    "bool": ("BOOL", torch.tensor([True, False, True])),
    "bn.num_batches_tracked": ("I64", torch.tensor(980)),
}


def raw(tensor: torch.Tensor) -> bytes:
    return bytes(tensor.flatten().clone().storage().untyped())


def main() -> None:
    header, data = {"__metadata__": {"format": "pt"}}, b""
    expected = {}
    for name, (code, tensor) in TENSORS.items():
        begin = len(data)
        data += raw(tensor)
        header[name] = {
            "dtype": code,
            "shape": list(tensor.shape),
            "data_offsets": [begin, len(data)],
        }
        values = tensor.to(torch.float64).flatten().tolist()
        expected[name] = {
            "shape": list(tensor.shape),
            "values": [repr(value) for value in values],
        }
    text = json.dumps(header).encode()
    file = struct.pack("<Q", len(text)) + text + data
    (HERE / "dtypes.safetensors").write_bytes(file)
    (HERE / "dtypes.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
