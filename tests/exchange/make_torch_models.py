# Copyright 2026 the Convlab authors. MIT license.
"""Saves networks of PyTorch with what they give for random images.

    python3 tests/exchange/make_torch_models.py

writes the files in fixtures/torch_models, which import_weights_test.ts reads.
Every network is put into evaluation mode after a few batches in training mode,
so that its running statistics are those of no fresh network. The images are
those of NumPy's RandomState, which Convlab has too.

The safetensors files are written by hand, as safetensors.torch.save_file writes
them: eight bytes with the length of the header, the header in JSON with the
tensors sorted by name, and the elements.
"""

import json
import struct
from pathlib import Path

import numpy as np
import torch
from torch import nn

FOLDER = Path(__file__).parents[2] / "fixtures" / "torch_models"
IMAGES = 5


class Residual(nn.Module):
    """A residual block; without a shortcut its input is added as it is."""

    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body = body
        self.shortcut = shortcut or nn.Identity()

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


class Named(nn.Module):
    """A network whose modules have the names that Convlab gives, out of order."""

    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(6 * 4 * 4, 7)
        self.fc2 = nn.Linear(7, 7)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1)
        self.conv1 = nn.Conv2d(3, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        x = nn.functional.max_pool2d(torch.relu(self.conv2(x)), 2)
        return self.fc2(torch.relu(self.fc1(x.flatten(1))))


def networks():
    """Name, Convlab's text, image shape, file format, and the network."""
    yield "named", "conv6-bn-relu conv6-relu pool fc7-relu fc7", (3, 8, 8), "safetensors", Named()
    # Biases before batch normalisations, and twelve modules, which sort as text otherwise.
    yield "sequential", "conv4-bn-relu conv4-bn-relu pool conv4-bn-relu conv4-bn-relu gap fc4", (3, 8, 8), "safetensors", nn.Sequential(
        *[nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()],
        *[nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()],
        *[nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU()],
        *[nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 4)],
    )
    yield "layers", "conv8k5s2p1 gn4 leaky0.2 conv8d2g2 ln gelu avgpool3s2 dropout fc6-bn-gelu fc6-ln-leaky fc3", (3, 15, 13), "npz", nn.Sequential(
        *[nn.Conv2d(3, 8, 5, stride=2, padding=1), nn.GroupNorm(4, 8), nn.LeakyReLU(0.2)],
        *[nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=2), nn.GroupNorm(1, 8), nn.GELU()],
        *[nn.AvgPool2d(3, 2), nn.Dropout(), nn.Flatten()],
        *[nn.Linear(8 * 3 * 2, 6), nn.BatchNorm1d(6), nn.GELU()],
        *[nn.Linear(6, 6), nn.LayerNorm(6), nn.LeakyReLU(), nn.Linear(6, 3)],
    )
    yield "without", "conv5 bn relu pool3s2 fc4", (1, 9, 9), "npz", nn.Sequential(
        *[nn.Conv2d(1, 5, 3, padding=1, bias=False), nn.BatchNorm2d(5, affine=False), nn.ReLU()],
        *[nn.MaxPool2d(3, 2), nn.Flatten(), nn.Linear(80, 4, bias=False)],
    )
    yield "residual", "conv4-relu res[conv4-bn-relu conv4-bn]-relu res[conv8s2-bn-relu conv8-bn | conv8k1s2-bn]-relu gap fc5", (3, 8, 8), "npz", nn.Sequential(
        *[nn.Conv2d(3, 4, 3, padding=1), nn.ReLU()],
        Residual(nn.Sequential(
            *[nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4), nn.ReLU()],
            *[nn.Conv2d(4, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)],
        )),
        nn.ReLU(),
        Residual(
            nn.Sequential(
                *[nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(8), nn.ReLU()],
                *[nn.Conv2d(8, 8, 3, padding=1, bias=False), nn.BatchNorm2d(8)],
            ),
            nn.Sequential(nn.Conv2d(4, 8, 1, stride=2, bias=False), nn.BatchNorm2d(8)),
        ),
        *[nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)],
    )


def save_safetensors(path, tensors):
    header, data = {}, b""
    for name in sorted(tensors):
        value = np.ascontiguousarray(tensors[name])
        dtype = {"float32": "F32", "int64": "I64"}[str(value.dtype)]
        begin = len(data)
        data += value.tobytes()
        header[name] = {"dtype": dtype, "shape": list(value.shape), "data_offsets": [begin, len(data)]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def main():
    torch.manual_seed(231)
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, model, input_dim, file_format, network in networks():
        for module in network.modules():
            # Scales and shifts of no fresh network either.
            for key, value in module.named_parameters(recurse=False):
                if value.dim() == 1:
                    nn.init.normal_(value, 1.0 if key == "weight" else 0.0, 0.3)
        network.train()
        with torch.no_grad():
            for _ in range(5):
                network(1 + 2 * torch.randn(16, *input_dim))
            network.eval()
            x = np.random.RandomState(0).randn(IMAGES, *input_dim)
            scores = network(torch.tensor(x, dtype=torch.float32)).numpy()
        tensors = {key: value.numpy() for key, value in network.state_dict().items()}
        path = FOLDER / f"{name}.{file_format}"
        if file_format == "npz":
            np.savez(path, **tensors)
        else:
            save_safetensors(path, tensors)
        expected[name] = {
            "file": path.name,
            "model": model,
            "inputDim": input_dim,
            "scores": [[float(f"{value:.9g}") for value in row] for row in scores],
        }
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


main()
