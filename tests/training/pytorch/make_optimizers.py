# Copyright 2026 the Convlab authors. MIT license.

"""Writes what PyTorch's optimisers, schedulers, clipping and averages compute.

All is in float64, in fixtures/torch_optimizers.json. Needs PyTorch alone:

    python3 tests/training/pytorch/make_optimizers.py
"""

import json
import pathlib
import warnings

import torch
from torch import optim
from torch.optim import lr_scheduler as schedulers
from torch.optim.swa_utils import AveragedModel

FIXTURES = pathlib.Path(__file__).parents[3] / "fixtures"
STEPS = 20
KEPT = (1, 2, 20)
TOTAL = 50

warnings.simplefilter("ignore")
torch.manual_seed(4)
torch.set_default_dtype(torch.float64)

# A quadratic function of seven numbers: w A w / 2 - b w, with the gradient A w - b.
root = torch.randn(7, 7)
quadratic = {
    "a": root @ root.T / 7 + 0.1 * torch.eye(7),
    "b": torch.randn(7),
    "w": torch.randn(7),
}


def adam_from_second(params, **options):
    """Adam whose t is 2 at its first step, as the document's."""
    optimizer = optim.Adam(params, **options)
    for w in params:
        optimizer.state[w] = {
            "step": torch.tensor(1.0),
            "exp_avg": torch.zeros_like(w),
            "exp_avg_sq": torch.zeros_like(w),
        }
    return optimizer


def run(make, changes, **options):
    """The weights after some steps; `changes` is whether the rate does."""
    w = quadratic["w"].clone().requires_grad_()
    optimizer = make([w], **options)
    kept = {}
    for step in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            group["lr"] = options["lr"] / (step if changes else 1)
        w.grad = (quadratic["a"] @ w - quadratic["b"]).detach()
        optimizer.step()
        if step in KEPT:
            kept[step] = w.tolist()
    return kept


def nesterov(params, **options):
    return optim.SGD(params, nesterov=True, **options)


# Name of the rule, PyTorch's, whether the rate changes, and options of both.
RUNS = [
    ("sgd", optim.SGD, True, {"lr": 0.3}),
    ("sgd", optim.SGD, True, {"lr": 0.3, "weight_decay": 0.1}),
    ("sgd_momentum", optim.SGD, False, {"lr": 0.1, "momentum": 0.8}),
    ("sgd_momentum", optim.SGD, False, {"lr": 0.1, "momentum": 0.8, "weight_decay": 0.1}),
    ("sgd_nesterov", nesterov, True, {"lr": 0.2, "momentum": 0.9}),
    ("sgd_nesterov", nesterov, True, {"lr": 0.2, "momentum": 0.7, "weight_decay": 0.1}),
    ("rmsprop", optim.RMSprop, True, {"lr": 0.05}),
    ("rmsprop", optim.RMSprop, True, {"lr": 0.05, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("adam", adam_from_second, True, {"lr": 0.1}),
    ("adam", adam_from_second, True, {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.1}),
    ("adamw", optim.AdamW, True, {"lr": 0.1}),
    ("adamw", optim.AdamW, True, {"lr": 0.1, "weight_decay": 0}),
    ("adamw", optim.AdamW, True, {"lr": 0.1, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.5}),
]


def rates(make):
    """The learning rate at each iteration, of a base rate of 1."""
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0, momentum=0.9)
    scheduler = make(optimizer)
    result = []
    for step in range(TOTAL):
        result.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step < TOTAL - 1:
            scheduler.step()
    return result


def cosine_after_warmup(optimizer):
    rise = schedulers.LinearLR(optimizer, start_factor=0.04, total_iters=8)
    fall = schedulers.CosineAnnealingLR(optimizer, T_max=TOTAL - 8, eta_min=0.01)
    return schedulers.SequentialLR(optimizer, [rise, fall], milestones=[8])


def steps_with_warmup(optimizer):
    return schedulers.ChainedScheduler([
        schedulers.LinearLR(optimizer, start_factor=0.2, total_iters=10),
        schedulers.StepLR(optimizer, step_size=4, gamma=0.5),
    ])


# A configuration, and PyTorch's scheduler.
SCHEDULES = [
    ({"kind": "constant", "warmup": 10, "startFactor": 0.2},
     lambda o: schedulers.LinearLR(o, start_factor=0.2, total_iters=10)),
    ({"kind": "step", "every": 7, "factor": 0.5},
     lambda o: schedulers.StepLR(o, step_size=7, gamma=0.5)),
    ({"kind": "step", "milestones": [10, "60%"]},
     lambda o: schedulers.MultiStepLR(o, milestones=[10, 30])),
    ({"kind": "step", "every": 4, "factor": 0.5, "warmup": "20%", "startFactor": 0.2},
     steps_with_warmup),
    ({"kind": "cosine"}, lambda o: schedulers.CosineAnnealingLR(o, T_max=TOTAL)),
    ({"kind": "cosine", "warmup": 8, "final": 0.01}, cosine_after_warmup),
    ({"kind": "one-cycle"},
     lambda o: schedulers.OneCycleLR(o, 1.0, total_steps=TOTAL, final_div_factor=400)),
    ({"kind": "one-cycle", "peakAt": 0.25, "endFactor": 4e-6},
     lambda o: schedulers.OneCycleLR(o, 1.0, total_steps=TOTAL, pct_start=0.25)),
    ({"kind": "one-cycle", "peakAt": 0.505, "startFactor": 0.1, "endFactor": 0.01},
     lambda o: schedulers.OneCycleLR(
         o, 1.0, total_steps=TOTAL, pct_start=0.505, div_factor=10, final_div_factor=10)),
]


def clip(norm=None, value=None):
    """Two gradients, clipped, and their norm before."""
    params = [torch.zeros(2, 3, requires_grad=True), torch.zeros(5, requires_grad=True)]
    generator = torch.Generator().manual_seed(5)
    for w in params:
        w.grad = 3 * torch.randn(w.shape, generator=generator)
    before = [w.grad.tolist() for w in params]
    if value is not None:
        torch.nn.utils.clip_grad_value_(params, value)
    total = torch.nn.utils.clip_grad_norm_(params, norm or float("inf"))
    return {
        "maxNorm": norm,
        "maxValue": value,
        "before": before,
        "norm": total.item(),
        "after": [w.grad.tolist() for w in params],
    }


def average(decay_at):
    """The average after ten updates of one weight of five numbers."""
    model = torch.nn.Linear(5, 1, bias=False)
    averaged = AveragedModel(
        model, avg_fn=lambda a, w, n: decay_at(n - 1) * a + (1 - decay_at(n - 1)) * w)
    weights = [torch.randn(1, 5) for _ in range(11)]
    for w in weights:
        model.weight.data.copy_(w)
        averaged.update_parameters(model)  # The first is a copy.
    return {
        "weights": [w.tolist() for w in weights],
        "average": averaged.module.weight.tolist(),
    }


result = {
    "torch": torch.__version__,
    "quadratic": {name: values.tolist() for name, values in quadratic.items()},
    "runs": [
        {"rule": rule, "changes": changes, "options": options,
         "weights": run(make, changes, **options)}
        for rule, make, changes, options in RUNS
    ],
    "schedules": [
        {"config": config, "total": TOTAL, "rates": rates(make)}
        for config, make in SCHEDULES
    ],
    "clipped": [clip(norm=1.0), clip(norm=1000.0), clip(value=1.0), clip(norm=2.0, value=1.0)],
    "averages": {
        "plain": average(lambda t: 0.9),
        "warm": average(lambda t: min(0.4, (1 + t) / (10 + t))),
    },
}


def lines(value):
    """JSON with a line for each entry of the second level."""
    return ",\n".join(
        f'"{name}": ' + (
            "[\n" + ",\n".join(json.dumps(entry) for entry in entries) + "\n]"
            if isinstance(entries, list) else json.dumps(entries))
        for name, entries in value.items()
    )


(FIXTURES / "torch_optimizers.json").write_text("{\n" + lines(result) + "\n}\n")
