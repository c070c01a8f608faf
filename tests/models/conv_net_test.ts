// Copyright 2026 the Convlab authors. MIT license.

/** Networks against PyTorch's, numeric gradients, and themselves on other threads. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import { sumSquares } from "../../kernels/sum.ts";
import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { ConvNet, type ConvNetOptions } from "../../models/conv_net.ts";
import type { LayerKind, LayerSpec } from "../../models/layer_spec.ts";
import { parseModel } from "../../models/parse_model.ts";
import { allLayers } from "../../models/plan_model.ts";
import { evalNumericalGradient } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import { bytesOf } from "../layers/agreement.ts";
import {
  IMAGES,
  numbers,
  TORCH_NETWORKS,
  type TorchNetwork,
  torchNetwork,
} from "./torch_networks.ts";

/** Networks that have every layer, on images and, where it can be, on features. */
const EVERY_LAYER: readonly string[] = [
  "conv3-relu-pool conv4k2s2p1d2 fc3",
  "conv4-bn-relu-pool conv4g2-bn-gelu gap fc5-bn-relu fc3",
  "conv4k1-ln-leaky conv6p0g2-gn3-relu-avgpool fc5-ln-leaky0.3 fc3",
  "pool3s1 avgpool3s1 conv3k3p2d2 relu gap fc3",
  "conv4-bn res[conv4-relu conv4-bn]-relu res[conv3k2s2p0-bn | pool conv3k1] gelu fc3",
  "res[res[bn] relu | conv2k1] fc4 res[fc4-gelu | ln fc4] dropout fc3",
  "dropout0.25 conv3-relu-dropout fc4-dropout0.75-relu fc3",
  "conv3 gap",
  "fc3",
];

const INPUT = [2, 6, 5] as const;

function build(options: Partial<ConvNetOptions> & { model: string }): ConvNet {
  return new ConvNet({
    ...{ inputDim: INPUT, dtype: "float64", random: new RandomState(7) },
    ...options,
  });
}

/** Images and labels. */
function batch(net: ConvNet, n: number, dtype: DType = "float64") {
  const random = new RandomState(11);
  const x = random.randn([n, ...net.inputDim]).astype(dtype);
  return { x, labels: random.randint(0, net.numClasses, n) };
}

/**
 * Gradients that are smaller than this are taken for 0, which those of biases
 * are that a normalisation takes away again.
 */
const FLOOR = 1e-3;

/** The largest difference, as a part of the largest number. */
function difference(actual: Tensor, expected: Tensor): number {
  assertEquals(actual.shape, expected.shape);
  let [worst, largest] = [0, 0];
  for (let i = 0; i < expected.size; i++) {
    worst = Math.max(worst, Math.abs(actual.data[i]! - expected.data[i]!));
    largest = Math.max(largest, Math.abs(expected.data[i]!));
  }
  return worst / Math.max(largest, FLOOR);
}

describe("ConvNet's gradients", () => {
  it("are tried with every layer that there is", () => {
    const tried = new Set<LayerKind>();
    for (const model of EVERY_LAYER) {
      for (const { spec } of allLayers(build({ model }).plan)) {
        tried.add(spec.kind);
      }
    }
    assertEquals(
      [...tried].sort().join(" "),
      "avgpool bn conv dropout fc gap gelu gn leaky ln pool relu res",
    );
  });

  for (const model of EVERY_LAYER) {
    it(`equal numeric ones for ${model}`, () => {
      const net = build({ model, reg: 0.1, labelSmoothing: 0.2 });
      // Biases and scales must not be 0 and 1, where mistakes can hide.
      const random = new RandomState(3);
      for (const [name, { shape, data }] of Object.entries(net.params)) {
        if (/^(conv|fc).*weight/.test(name)) continue;
        const noise = random.randn(shape).data;
        for (let i = 0; i < data.length; i++) data[i]! += 0.3 * noise[i]!;
      }
      const { x, labels } = batch(net, 4);
      const state = net.getGeneratorState();
      const loss = () => {
        net.setGeneratorState(state);
        return net.loss(x, labels);
      };
      const { grads } = loss();
      assertEquals(Object.keys(grads).sort(), Object.keys(net.params).sort());
      for (const [name, parameter] of Object.entries(net.params)) {
        const numeric = evalNumericalGradient(() => loss().loss, parameter, {
          h: 1e-5,
        });
        const error = difference(grads[name]!, numeric);
        assert(error < 1e-7, `${name}: ${error}`);
      }
      // That of the images, in test mode.
      const dscores = random.randn([4, net.numClasses]);
      const weighted = () =>
        [...net.scores(x).data].reduce(
          (s, v, i) => s + v * dscores.data[i]!,
          0,
        );
      const numeric = evalNumericalGradient(weighted, x, { h: 1e-5 });
      const error = difference(net.inputGradient(x, dscores), numeric);
      assert(error < 1e-7, `input: ${error}`);
    });
  }
});

describe("ConvNet beside PyTorch", () => {
  for (const network of TORCH_NETWORKS) {
    it(`gives the same losses, gradients, statistics and scores for ${network.model}`, () => {
      checkAgainstTorch(network, "float64", 1e-11);
    });

    it(`is close in float32 for ${network.model}`, () => {
      checkAgainstTorch(network, "float32", 2e-4);
    });
  }
});

/** Two batches in training, and one in test mode with the statistics of these. */
function checkAgainstTorch(
  network: TorchNetwork,
  dtype: DType,
  tolerance: number,
): void {
  const net = torchNetwork(network, dtype);
  const shape = [IMAGES, ...network.inputDim];
  const close = (what: string, actual: Tensor, expected: readonly number[]) => {
    const error = difference(actual.astype("float64"), tensor(expected));
    assert(error < tolerance, `${what}: ${error}`);
  };
  let grads: Record<string, Tensor> = {};
  for (const [step, expected] of network.losses.entries()) {
    const labels = Array.from(
      { length: IMAGES },
      (_, n) => n * (step + 1) % net.numClasses,
    );
    const x = numbers(shape, 100 + step).astype(dtype);
    const result = net.loss(x, labels);
    close(`loss ${step}`, tensor([result.loss]), [expected]);
    ({ grads } = result);
  }
  const closeSums = (
    name: string,
    actual: Tensor,
    [weighted, squares]: readonly number[],
    seed: number,
  ) => {
    const weights = numbers(actual.shape, seed + 77).data;
    const sum = (of: (g: number, i: number) => number) => {
      let total = 0;
      for (let i = 0; i < actual.size; i++) total += of(actual.data[i]!, i);
      return total;
    };
    // The weighted sum is small where its terms cancel; the root of the sum of
    // squares is as large as they are.
    const scale = Math.max(Math.sqrt(squares!), FLOOR);
    const error = Math.abs(sum((g, i) => g * weights[i]!) - weighted!) / scale;
    assert(error < 10 * tolerance, `${name}: ${error}`);
    close(name, tensor([sum((g) => g * g)]), [squares!]);
  };
  for (const [seed, name] of Object.keys(network.parameters).sort().entries()) {
    const { gradient } = network.parameters[name]!;
    closeSums(name, grads[name]!, gradient, seed);
  }
  assertEquals(
    Object.keys(net.buffers).sort(),
    Object.keys(network.buffers).sort(),
  );
  for (const [name, expected] of Object.entries(network.buffers)) {
    close(name, net.buffers[name]!, expected);
  }
  const x = numbers(shape, 102).astype(dtype);
  const scores = net.scores(x);
  assertEquals(scores.shape, [IMAGES, net.numClasses]);
  close("scores", tensor([...scores.data]), network.scores);
  const found = net.activations(x);
  const names = Object.keys(network.activations).sort();
  assertEquals([...found.keys()].sort(), names);
  for (const [seed, name] of names.entries()) {
    const [weighted = 0, squares = 0] = network.activations[name]!;
    closeSums(name, found.get(name)!, [weighted, squares], seed);
  }
  const ofClass1 = zeros(scores.shape, dtype);
  for (let n = 0; n < IMAGES; n++) ofClass1.data[n * net.numClasses + 1] = 1;
  const dx = net.inputGradient(x, ofClass1);
  assertEquals(dx.shape, shape);
  closeSums("input", dx, network.inputGradient, 0);
}

describe("ConvNet", () => {
  const before = getThreads();
  afterAll(() => setThreads(before));

  it("gives the same bytes on 1, 2 and 3 threads", () => {
    const model =
      "conv16-bn-relu res[conv16-bn-relu-dropout conv16g4-gn2 | conv16k1-ln] gelu pool conv24-relu-pool avgpool3s1 leaky fc32-bn-relu fc10";
    for (const dtype of ["float32", "float64"] as const) {
      const runs = [1, 2, 3].map((threads) => {
        setThreads(threads);
        const net = build({ model, dtype, inputDim: [3, 24, 24], reg: 0.01 });
        const { x, labels } = batch(net, 8, dtype);
        const { loss, grads } = net.loss(x, labels);
        return [
          tensor([loss]),
          ...Object.values(grads),
          ...Object.values(net.buffers),
          net.scores(x),
        ].map((t) => bytesOf(t));
      });
      assertEquals(runs[1], runs[0]);
      assertEquals(runs[2], runs[0]);
    }
  });

  it("starts the same for the same seed, and otherwise for another", () => {
    const model = "conv4-bn-relu-dropout fc3";
    const [a, b, c] = [1, 1, 2].map((seed) =>
      build({ model, random: new RandomState(seed) })
    );
    const { x, labels } = batch(a!, 5);
    assertEquals(a!.params, b!.params);
    assertEquals(a!.loss(x, labels), b!.loss(x, labels));
    assert(
      difference(a!.params["fc1.weight"]!, c!.params["fc1.weight"]!) > 0.1,
    );
    const [d, e] = [0, 0].map(() =>
      new ConvNet({ model, inputDim: INPUT }).params["fc1.weight"]!
    );
    assert(difference(d!, e!) > 0.1);
  });

  it("starts weights with the variance that their inputs suggest, and all else with 0 and 1", () => {
    const net = build({
      model: "conv40k5g2-bn-relu conv80 gn4 fc50",
      inputDim: [4, 12, 12],
    });
    const variance = (w: Tensor) => sumSquares(w) / w.size;
    for (
      const [name, expected] of [
        ["conv1.weight", 2 / (2 * 25)],
        ["conv2.weight", 2 / (40 * 9)],
        ["fc1.weight", 1 / (80 * 144)],
      ] as const
    ) {
      const ratio = variance(net.params[name]!) / expected;
      assert(ratio > 0.9 && ratio < 1.1, `${name}: ${ratio}`);
    }
    const constants = { ...net.params, ...net.buffers };
    for (
      const [name, value] of [
        ...[["bn1.weight", 1], ["bn1.bias", 0], [
          "bn1.running_mean",
          0,
        ]] as const,
        ...[["bn1.running_var", 1], ["gn1.weight", 1]] as const,
        ...[["gn1.bias", 0], ["conv2.bias", 0], ["fc1.bias", 0]] as const,
      ]
    ) {
      assert(constants[name]!.data.every((x: number) => x === value), name);
    }
    const scaled = build({ model: "conv40k5 fc50", weightScale: 1e-3 });
    for (const name of ["conv1.weight", "fc1.weight"]) {
      const ratio = variance(scaled.params[name]!) / 1e-6;
      assert(ratio > 0.9 && ratio < 1.1, `${name}: ${ratio}`);
    }
  });

  it("is about as exact in float32 as its numbers are", () => {
    for (const model of EVERY_LAYER) {
      const [half, whole] = (["float32", "float64"] as const).map((dtype) => {
        const net = build({ model, dtype });
        const { x, labels } = batch(net, 6, dtype);
        return { ...net.loss(x, labels), scores: net.scores(x) };
      });
      assertEquals(half!.scores.dtype, "float32");
      assert(Math.abs(half!.loss - whole!.loss) < 1e-5 * whole!.loss, model);
      const pairs = { ...whole!.grads, scores: whole!.scores };
      const found: Record<string, Tensor> = {
        ...half!.grads,
        scores: half!.scores,
      };
      for (const [name, expected] of Object.entries(pairs)) {
        const error = difference(found[name]!.astype("float64"), expected);
        assert(error < 1e-4, `${model}: ${name}: ${error}`);
      }
    }
  });

  it("drops anew at each loss, never for scores, and goes on from a state", () => {
    const net = build({ model: "dropout fc8-dropout fc3" });
    const { x, labels } = batch(net, 5);
    const state = net.getGeneratorState()!;
    const first = net.loss(x, labels).loss;
    assert(net.loss(x, labels).loss !== first);
    assertEquals(net.scores(x), net.scores(x));
    net.activations(x, "train");
    net.setGeneratorState(state);
    net.scores(x);
    net.activations(x, "train");
    assertEquals(net.loss(x, labels).loss, first);
    assertEquals(build({ model: "fc3" }).getGeneratorState(), undefined);
  });

  it("keeps running statistics in training only", () => {
    const net = build({ model: "conv4-bn-relu gap fc3" });
    const { x, labels } = batch(net, 5);
    const statistics = () =>
      Object.values(net.buffers).map((buffer) => buffer.clone());
    const start = statistics();
    net.scores(x);
    net.activations(x, "train");
    assertEquals(statistics(), start);
    net.loss(x, labels);
    const [mean] = statistics();
    assert(mean!.data.some((m: number) => m !== 0));
  });

  it("gives no row for no images", () => {
    for (const model of ["conv4-bn-relu gap fc3", "conv4-ln-relu fc3"]) {
      const net = build({ model });
      assertEquals(net.scores(tensor([], [0, ...INPUT])).shape, [0, 3]);
    }
  });

  it("takes layers in place of a text, and checks them as well", () => {
    const text = "conv4 bn relu res[conv4 | leaky0.2] gap fc3";
    const [fromText, fromLayers] = [text, parseModel(text)].map((model) =>
      new ConvNet({ model, inputDim: INPUT, random: new RandomState(1) })
    );
    assertEquals(fromLayers!.params, fromText!.params);
    assertEquals(fromLayers!.model, text);
    for (
      const [layer, type] of [
        [{ kind: "fc", units: -1 }, SyntaxError],
        [{ kind: "fc", units: NaN }, SyntaxError],
        [{ kind: "fc", units: 2.5 }, SyntaxError],
        [{ kind: "dropout", p: 1 }, RangeError],
        [{ kind: "sigmoid" }, SyntaxError],
        [{ kind: "res", body: [], shortcut: [] }, SyntaxError],
      ] as const
    ) {
      assertThrows(
        () => new ConvNet({ model: [layer as unknown as LayerSpec] }),
        type,
        "Cannot parse model",
      );
    }
  });

  it("refuses options out of range, and models too large for any memory, at once", () => {
    for (
      const [options, message] of [
        [{ reg: -1 }, "expected reg to be at least 0 and finite but found -1"],
        [{ reg: Infinity }, "expected reg to be at least 0"],
        [{ weightScale: NaN }, "expected weightScale to be at least 0"],
        [{ labelSmoothing: 1 }, "at least 0 and below 1 but found 1"],
        [{ numClasses: 4 }, 'which gives 3 features; make it "fc4"'],
        [{ model: "fc1000000 fc1000000 fc3" }, "that fit into 4 GiB"],
        [{ model: "conv8k1p500000 gap fc3" }, "fit into 4 GiB for a single"],
      ] as const
    ) {
      assertThrows(
        () => build({ model: "fc3", ...options }),
        RangeError,
        message,
      );
    }
  });

  it("refuses images of another shape, and labels out of range", () => {
    const net = build({ model: "conv3-relu gap" });
    const wrong = (shape: number[]) => new RandomState(0).randn(shape);
    for (const shape of [[2, 6, 5], [1, 3, 6, 5], [1, 2, 5, 6], [60]]) {
      for (
        const call of [
          () => net.scores(wrong(shape)),
          () => net.loss(wrong(shape), [0]),
          () => net.activations(wrong(shape)),
          () => net.inputGradient(wrong(shape), wrong([1, 3])),
        ]
      ) {
        assertThrows(call, TypeError, "images of shape (N, 2, 6, 5) but found");
      }
    }
    assertThrows(
      () => net.scores([[1]] as unknown as Tensor),
      TypeError,
      "but found object",
    );
    const x = wrong([2, ...INPUT]);
    assertThrows(
      () => net.inputGradient(x, wrong([2, 4])),
      TypeError,
      "dscores of shape (2, 3) but found (2, 4)",
    );
    assertThrows(() => net.loss(x, [0, 3]), RangeError);
    assertThrows(() => net.loss(x, [0]), TypeError);
  });

  it("names what each layer gives", () => {
    const net = build({
      model: "conv4-bn-relu res[conv4] pool dropout gap fc3",
    });
    const { x } = batch(net, 2);
    const found = net.activations(x);
    assertEquals(found.get("fc1"), net.scores(x));
    assertEquals(found.get("res1")?.shape, [2, 4, 6, 5]);
    assertEquals(found.get("gap1")?.shape, [2, 4]);
    const names = [...found.keys()];
    assertEquals(names.at(-1), "fc1");
    assertEquals(
      names.join(" "),
      "conv1 bn1 relu1 conv2 res1 pool1 dropout1 gap1 fc1",
    );
  });
});
