# Copyright 2026 the Convlab authors. MIT license.

"""Writes fixtures/torch/layers.json: what PyTorch's layers give, in float64.

Inputs are multiples of 1/64, which float32 holds exactly. Run it with any
PyTorch from 1.10 on: python3 tests/layers/make_torch_layers.py
"""

import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(231)


def draw(*shape):
    """Normal numbers, rounded to multiples of 1/64."""
    return (torch.randn(*shape, dtype=torch.float64) * 64).round() / 64


def plain(t):
    """Shape and numbers, these to 15 digits."""
    data = [float(f"{v:.15g}") for v in t.detach().flatten().tolist()]
    return {"shape": list(t.shape), "data": data}


def case(layer, options, inputs, function):
    """One call: its inputs, its output, and the gradients of all inputs."""
    for t in inputs.values():
        t.requires_grad_(True)
    out = function(**inputs)
    dout = draw(*out.shape)
    out.backward(dout)
    return {
        "layer": layer,
        "options": options,
        "inputs": {name: plain(t) for name, t in inputs.items()},
        "dout": plain(dout),
        "out": plain(out),
        "gradients": {name: plain(t.grad) for name, t in inputs.items()},
    }


def convolutions():
    for c, f, size, stride, pad, dilation, groups, shape in [
        (3, 5, (3, 3), 1, 1, 1, 1, (2, 4, 5)),
        (2, 4, (3, 2), 2, 1, 1, 1, (1, 6, 7)),
        (2, 3, (3, 3), 1, 2, 2, 1, (1, 5, 9)),
        (3, 4, (2, 3), 2, 3, 3, 1, (1, 6, 6)),
        (4, 6, (3, 3), 1, 1, 1, 2, (2, 4, 5)),
        (4, 6, (3, 3), 2, 2, 2, 2, (1, 6, 7)),
        (5, 5, (3, 3), 1, 1, 1, 5, (1, 5, 9)),
        (3, 6, (4, 4), 3, 2, 1, 3, (1, 7, 6)),
    ]:
        yield case(
            "conv",
            {"stride": stride, "pad": pad, "dilation": dilation, "groups": groups},
            {
                "x": draw(shape[0], c, *shape[1:]),
                "w": draw(f, c // groups, *size),
                "b": draw(f),
            },
            lambda x, w, b: F.conv2d(x, w, b, stride, pad, dilation, groups),
        )


def pools():
    for size, stride, shape in [
        ((2, 2), 2, (1, 2, 4, 10)),
        ((2, 2), 2, (1, 2, 5, 9)),
        ((3, 3), 2, (1, 2, 6, 9)),
        ((3, 2), 1, (1, 1, 5, 6)),
        ((3, 3), 3, (2, 1, 7, 8)),
    ]:
        options = {"poolHeight": size[0], "poolWidth": size[1], "stride": stride}
        yield case("avgpool", options, {"x": draw(*shape)},
                   lambda x: F.avg_pool2d(x, size, stride))
        yield case("maxpool", options, {"x": draw(*shape)},
                   lambda x: F.max_pool2d(x, size, stride))
    yield case("gap", {}, {"x": draw(3, 5, 4, 7)}, lambda x: x.mean((2, 3)))


def activations():
    yield case("relu", {}, {"x": draw(3, 7)}, lambda x: F.relu(x))
    yield case("leaky", {}, {"x": draw(3, 7)}, lambda x: F.leaky_relu(x))
    yield case("leaky", {"slope": 0.25}, {"x": draw(2, 3, 3, 5)},
               lambda x: F.leaky_relu(x, 0.25))
    yield case("gelu", {}, {"x": draw(3, 7) * 2}, lambda x: F.gelu(x))
    yield case("gelu", {}, {"x": torch.arange(-40, 41, dtype=torch.float64) / 4},
               lambda x: F.gelu(x))


def normalisations():
    for shape in [(4, 7), (3, 130)]:
        d = shape[1]
        yield case("ln", {}, {"x": draw(*shape), "gamma": draw(d), "beta": draw(d)},
                   lambda x, gamma, beta: F.layer_norm(x, (d,), gamma, beta))
    for groups, eps, shape in [(1, 1e-5, (2, 3, 4, 5)), (2, 1e-3, (3, 6, 3, 3)), (4, 1e-5, (2, 4, 5, 7))]:
        c = shape[1]
        yield case("gn", {"groups": groups, "eps": eps},
                   {"x": draw(*shape), "gamma": draw(c), "beta": draw(c)},
                   lambda x, gamma, beta: F.group_norm(x, groups, gamma, beta, eps))
    for shape in [(6, 5), (3, 4, 5, 3)]:
        c = shape[1]
        yield case("bn", {}, {"x": draw(*shape), "gamma": draw(c), "beta": draw(c)},
                   lambda x, gamma, beta: F.batch_norm(x, None, None, gamma, beta, True))


def losses():
    for smoothing in [0.0, 0.1, 0.5, 1.0]:
        scores = draw(6, 5).requires_grad_(True)
        labels = torch.randint(0, 5, (6,))
        loss = F.cross_entropy(scores, labels, label_smoothing=smoothing)
        loss.backward()
        yield {
            "scores": plain(scores),
            "labels": labels.tolist(),
            "labelSmoothing": smoothing,
            "loss": loss.item(),
            "dx": plain(scores.grad),
        }


path = pathlib.Path(__file__).parents[2] / "fixtures" / "torch" / "layers.json"
path.parent.mkdir(exist_ok=True)
cases = [*convolutions(), *pools(), *activations(), *normalisations()]
path.write_text(json.dumps({
    "torch": torch.__version__,
    "cases": cases,
    "losses": list(losses()),
}) + "\n")
