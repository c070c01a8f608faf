# Copyright 2026 the Convlab authors. MIT license.

"""Writes fixtures/torch/networks.json: what PyTorch makes of a few networks.

Each is built here by hand, layer by layer, beside the text that Convlab builds
it from. Parameters, images and labels are made of whole numbers, so that the
test makes the same ones. Run it with any PyTorch from 1.10 on:
python3 tests/models/make_torch_networks.py
"""

import json
import pathlib
from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn

torch.set_default_dtype(torch.float64)

IMAGES = 4
REG = 0.25
SMOOTHING = 0.125


def numbers(shape, seed):
    """Numbers from -1 to 1, multiples of 2^-15, as different as random ones."""
    count = int(torch.Size(shape).numel())
    i = torch.arange(count, dtype=torch.int64) + 1000 * seed
    bits = (i * i % 65521 * 40503 + i * 30011) % 65536
    return (bits.to(torch.float64) / 32768 - 1).reshape(shape)


class Residual(nn.Module):
    """The sum of two branches."""

    def __init__(self, body, shortcut=()):
        super().__init__()
        self.body = nn.Sequential(OrderedDict(body))
        self.shortcut = nn.Sequential(OrderedDict(shortcut))

    def forward(self, x):
        return self.body(x) + self.shortcut(x)


NETWORKS = [
    ("conv6k5p0-relu-pool conv8k5-relu-pool fc12-relu fc5", (1, 28, 28), [
        ("conv1", nn.Conv2d(1, 6, 5)),
        ("relu1", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", nn.Conv2d(6, 8, 5, padding=2)),
        ("relu2", nn.ReLU()),
        ("pool2", nn.MaxPool2d(2)),
        ("flatten", nn.Flatten()),
        ("fc1", nn.Linear(8 * 6 * 6, 12)),
        ("relu3", nn.ReLU()),
        ("fc2", nn.Linear(12, 5)),
    ]),
    ("conv8-bn-relu conv8-bn-relu pool conv12s2-bn-leaky0.25 gap fc4", (3, 13, 11), [
        ("conv1", nn.Conv2d(3, 8, 3, padding=1, bias=False)),
        ("bn1", nn.BatchNorm2d(8)),
        ("relu1", nn.ReLU()),
        ("conv2", nn.Conv2d(8, 8, 3, padding=1, bias=False)),
        ("bn2", nn.BatchNorm2d(8)),
        ("relu2", nn.ReLU()),
        ("pool1", nn.MaxPool2d(2)),
        ("conv3", nn.Conv2d(8, 12, 3, stride=2, padding=1, bias=False)),
        ("bn3", nn.BatchNorm2d(12)),
        ("leaky1", nn.LeakyReLU(0.25)),
        ("gap1", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
        ("fc1", nn.Linear(12, 4)),
    ]),
    (
        "conv4-bn-relu res[conv4-bn-relu conv4-bn]-relu "
        "res[conv8s2-bn-relu conv8-bn | conv8k1s2-bn]-relu "
        "res[res[conv8k1] gelu | avgpool3s1 conv8k3p2] gap fc3",
        (3, 10, 10),
        [
            ("conv1", nn.Conv2d(3, 4, 3, padding=1, bias=False)),
            ("bn1", nn.BatchNorm2d(4)),
            ("relu1", nn.ReLU()),
            ("res1", Residual([
                ("conv2", nn.Conv2d(4, 4, 3, padding=1, bias=False)),
                ("bn2", nn.BatchNorm2d(4)),
                ("relu2", nn.ReLU()),
                ("conv3", nn.Conv2d(4, 4, 3, padding=1, bias=False)),
                ("bn3", nn.BatchNorm2d(4)),
            ])),
            ("relu3", nn.ReLU()),
            ("res2", Residual([
                ("conv4", nn.Conv2d(4, 8, 3, stride=2, padding=1, bias=False)),
                ("bn4", nn.BatchNorm2d(8)),
                ("relu4", nn.ReLU()),
                ("conv5", nn.Conv2d(8, 8, 3, padding=1, bias=False)),
                ("bn5", nn.BatchNorm2d(8)),
            ], [
                ("conv6", nn.Conv2d(4, 8, 1, stride=2, bias=False)),
                ("bn6", nn.BatchNorm2d(8)),
            ])),
            ("relu5", nn.ReLU()),
            ("res4", Residual([
                ("res3", Residual([("conv7", nn.Conv2d(8, 8, 1))])),
                ("gelu1", nn.GELU()),
            ], [
                ("avgpool1", nn.AvgPool2d(3, 1)),
                ("conv8", nn.Conv2d(8, 8, 3, padding=2)),
            ])),
            ("gap1", nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())),
            ("fc1", nn.Linear(8, 3)),
        ],
    ),
    (
        "conv6s2-ln-gelu conv6g6 conv12k1-gn3-relu conv12k3d2g4 "
        "avgpool3s2 pool3s1 fc8-bn-gelu fc6-ln fc3",
        (2, 21, 19),
        [
            ("conv1", nn.Conv2d(2, 6, 3, stride=2, padding=1)),
            ("ln1", nn.GroupNorm(1, 6)),
            ("gelu1", nn.GELU()),
            ("conv2", nn.Conv2d(6, 6, 3, padding=1, groups=6)),
            ("conv3", nn.Conv2d(6, 12, 1)),
            ("gn1", nn.GroupNorm(3, 12)),
            ("relu1", nn.ReLU()),
            ("conv4", nn.Conv2d(12, 12, 3, padding=2, dilation=2, groups=4)),
            ("avgpool1", nn.AvgPool2d(3, 2)),
            ("pool1", nn.MaxPool2d(3, 1)),
            ("flatten", nn.Flatten()),
            ("fc1", nn.Linear(12 * 3 * 2, 8)),
            ("bn1", nn.BatchNorm1d(8)),
            ("gelu2", nn.GELU()),
            ("fc2", nn.Linear(8, 6)),
            ("ln2", nn.LayerNorm(6)),
            ("fc3", nn.Linear(6, 3)),
        ],
    ),
]


def convlab(name, value):
    """A parameter's name and value as Convlab has them."""
    short = ".".join(name.split(".")[-2:])
    return short, value.T if short.startswith("fc") and value.dim() == 2 else value


def set_parameters(net):
    """Gives each parameter its numbers; the i-th in order of names is made with i."""
    with torch.no_grad():
        named = sorted((convlab(n, p)[0], p) for n, p in net.named_parameters())
        for seed, (name, p) in enumerate(named):
            _, view = convlab(name, p)
            kind, short = name.split(".")
            value = numbers(view.shape, seed)
            if not kind.startswith(("conv", "fc")) and short == "weight":
                value = 1 + value / 2
            view.copy_(value / 2)


def layers_of(net):
    """The layers by their names in Convlab."""
    return [(n.split(".")[-1], m) for n, m in net.named_modules()
            if n and n.split(".")[-1][-1].isdigit() and not isinstance(m, nn.Flatten)
            and not n.split(".")[-1].isdigit()]


def multiply_adds(m, x):
    """How many products a layer adds up: convolve ones with ones and see."""
    if isinstance(m, nn.Conv2d):
        p = m.padding[0]
        ones = F.pad(torch.ones_like(x[:1]), (p, p, p, p), value=1)
        return F.conv2d(ones, torch.ones_like(m.weight), None, m.stride, 0,
                        m.dilation, m.groups).sum().item()
    if isinstance(m, nn.Linear):
        return F.linear(torch.ones_like(x[:1]), torch.ones_like(m.weight)).sum().item()
    return 0


def plain(t):
    return [float(f"{v:.15g}") for v in t.detach().flatten().tolist()]


def fingerprint(t, seed):
    """Two sums over all numbers, one of them with a weight for each."""
    return plain(torch.stack([(t * numbers(t.shape, seed + 77)).sum(), (t * t).sum()]))


def case(text, shape, layers):
    net = nn.Sequential(OrderedDict(layers))
    set_parameters(net)
    shapes, products, variances = {}, {}, {}

    def watch(name, m):
        def hook(_, inputs, out):
            x = inputs[0]
            shapes[name] = list(out.shape[1:])
            products[name] = int(multiply_adds(m, x))
            if net.training and name.startswith("bn"):
                axes = [0] if x.dim() == 2 else [0, 2, 3]
                before = variances.get(name, torch.ones(x.shape[1]))
                # Convlab keeps the variance that was divided by; PyTorch keeps
                # n / (n - 1) of it.
                biased = x.var(axes, unbiased=False).detach()
                variances[name] = 0.9 * before + 0.1 * biased
        m.register_forward_hook(hook)

    for name, m in layers_of(net):
        watch(name, m)
    losses = []
    classes = layers[-1][1].out_features
    for step in range(2):
        x = numbers((IMAGES, *shape), 100 + step)
        labels = torch.arange(IMAGES) * (step + 1) % classes
        net.zero_grad()
        loss = F.cross_entropy(net(x), labels, label_smoothing=SMOOTHING)
        weights = [p for n, p in net.named_parameters()
                   if n.split(".")[-2].startswith(("conv", "fc")) and n.endswith("weight")]
        loss = loss + REG / 2 * sum((w * w).sum() for w in weights)
        loss.backward()
        losses.append(loss.item())
    parameters = {}
    for n, p in net.named_parameters():
        name, view = convlab(n, p)
        parameters[name] = {"shape": list(view.shape)}
    for seed, name in enumerate(sorted(parameters)):
        [grad] = [convlab(n, p.grad)[1] for n, p in net.named_parameters()
                  if convlab(n, p)[0] == name]
        parameters[name]["gradient"] = fingerprint(grad, seed)
    buffers = {}
    for name, m in layers_of(net):
        if name.startswith("bn"):
            m.running_var.copy_(variances[name])
            buffers[f"{name}.running_mean"] = plain(m.running_mean)
            buffers[f"{name}.running_var"] = plain(m.running_var)
    net.eval()
    outputs = {}
    for name, m in layers_of(net):
        # A clone, since a ReLU could have worked in place.
        m.register_forward_hook(
            lambda _m, _i, out, name=name: outputs.update({name: out.detach().clone()}))
    x = numbers((IMAGES, *shape), 102).requires_grad_()
    scores = net(x)
    # The gradient of each image's score for class 1.
    scores[:, 1].sum().backward()
    return {
        "model": text,
        "inputDim": list(shape),
        "layers": {name: {"output": shapes[name], "multiplyAdds": products[name]}
                   for name in sorted(shapes)},
        "parameters": {name: parameters[name] for name in sorted(parameters)},
        "losses": losses,
        "buffers": buffers,
        "scores": plain(scores),
        "activations": {name: fingerprint(outputs[name], seed)
                        for seed, name in enumerate(sorted(outputs))},
        "inputGradient": fingerprint(x.grad, 0),
    }


if __name__ == "__main__":
    fixture = {
        "about": f"Made by tests/models/make_torch_networks.py with PyTorch {torch.__version__}",
        "images": IMAGES,
        "reg": REG,
        "labelSmoothing": SMOOTHING,
        "networks": [case(*network) for network in NETWORKS],
    }
    root = pathlib.Path(__file__).parents[2]
    path = root / "fixtures" / "torch" / "networks.json"
    path.write_text(json.dumps(fixture, separators=(",", ":")).replace('{"model"', '\n{"model"') + "\n")
