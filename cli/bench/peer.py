# Copyright 2026 the Convlab authors. MIT license.

"""Times PyTorch on the work that `bench` times Convlab on.

Reads one request a line from standard input and answers each with one line,
both JSON, until the input ends. The first line, before any request, says who
answers: {"name", "blas"}, or {"missing"} where PyTorch cannot be imported.

Request: {"work": {"operation", "dtype", "shape"}, "threads", "runs",
"warmUp": {"runs", "milliseconds"}}; answer: {"times"}, in milliseconds.
"""

import json
import signal
import sys
import time

# Ctrl-C is for whoever started this; the end of the input ends it.
signal.signal(signal.SIGINT, signal.SIG_IGN)


def answer(**fields):
    print(json.dumps(fields), flush=True)


try:
    import torch
    import torch.nn.functional as F
    from torch import nn
except ImportError as error:
    answer(missing=str(error))
    sys.exit()


def blas():
    """The library of matrix products that is loaded, as far as can be told."""
    try:
        with open("/proc/self/maps") as maps:
            loaded = maps.read()
    except OSError:
        loaded = ""
    for name in ("openblas", "mkl", "blis", "atlas"):
        if name in loaded:
            return name
    if torch.backends.mkl.is_available():
        return "mkl"
    return "reference" if "libblas" in loaded else "unknown"


def convolution(s, dtype):
    n, f, k = s["images"], s["filters"], s["kernel"]
    x = torch.randn(n, s["channels"], s["height"], s["width"], dtype=dtype)
    w = torch.randn(f, s["channels"], k, k, dtype=dtype)
    b = torch.randn(f, dtype=dtype)
    stride, pad = s["stride"], s["pad"]
    forward = lambda: F.conv2d(x, w, b, stride=stride, padding=pad)
    dout = torch.randn_like(forward())

    def gradients(which):
        return lambda: torch.ops.aten.convolution_backward(
            dout, x, w, [f], [stride, stride], [pad, pad], [1, 1], False,
            [0, 0], 1, which)

    return {
        "forward": forward,
        "backward": gradients([True, True, True]),
        "filter gradient": gradients([False, True, True]),
    }


def max_pooling(s, dtype):
    x = torch.randn(s["images"], s["channels"], s["height"], s["width"],
                    dtype=dtype)
    window, stride = s["window"], s["stride"]
    forward = lambda: F.max_pool2d(x, window, stride, return_indices=True)
    out, index = forward()
    dout = torch.randn_like(out)
    backward = torch.ops.aten.max_pool2d_with_indices_backward
    return {
        "forward": forward,
        "backward": lambda: backward(
            dout, x, [window, window], [stride, stride], [0, 0], [1, 1], False,
            index),
    }


def affine(s, dtype):
    x = torch.randn(s["images"], s["features"], dtype=dtype)
    w = torch.randn(s["units"], s["features"], dtype=dtype)
    b = torch.randn(s["units"], dtype=dtype)
    dout = torch.randn(s["images"], s["units"], dtype=dtype)
    return {
        "forward": lambda: F.linear(x, w, b),
        "backward": lambda: (dout.mm(w), dout.t().mm(x), dout.sum(0)),
    }


def training_step(s, dtype):
    torch.manual_seed(0)
    side, filters, kernel = s["side"], s["filters"], s["kernel"]
    pooled = filters * (side // 2) ** 2
    model = nn.Sequential(
        nn.Conv2d(s["channels"], filters, kernel, padding=kernel // 2),
        nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(pooled, s["hidden"]), nn.ReLU(),
        nn.Linear(s["hidden"], s["classes"])).to(dtype)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss = nn.CrossEntropyLoss()
    x = torch.randn(s["images"], s["channels"], side, side, dtype=dtype)
    y = torch.randint(0, s["classes"], (s["images"],))

    def step():
        optimizer.zero_grad()
        loss(model(x), y).backward()
        optimizer.step()

    return {"step": step}


LAYERS = {
    "convolution": convolution,
    "max-pooling": max_pooling,
    "affine": affine,
    "training": training_step,
}


def prepare(work):
    """The function that does the work once."""
    layer, which = work["operation"].split(" ", 1)
    dtype = getattr(torch, work["dtype"])
    call = LAYERS[layer](work["shape"], dtype)[which]
    if which == "step":
        return call

    def without_gradients():
        with torch.no_grad():
            call()

    return without_gradients


def warm_up(call, runs, milliseconds):
    start = time.perf_counter()
    done = 0
    while done < runs or (time.perf_counter() - start) * 1e3 < milliseconds:
        call()
        done += 1


def measure(call, runs):
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def main():
    answer(name="PyTorch " + torch.__version__, blas=blas())
    work, call = None, None
    for line in sys.stdin:
        request = json.loads(line)
        torch.set_num_threads(request["threads"])
        if request["work"] != work:
            work = request["work"]
            call = prepare(work)
        warm_up(call, **request["warmUp"])
        answer(times=measure(call, request["runs"]))


main()
