// Copyright 2026 the Convlab authors. MIT license.

/** ONNX files in ONNX Runtime, against the network that they are made of. */

import {
  assert,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { exportOnnx } from "../../exchange/export_onnx.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import type { Tensor } from "../../numerics/tensor.ts";
import { softmax } from "../../training/softmax.ts";
import { describePermitted } from "../permitted.ts";
import { randomNetwork } from "./random_network.ts";
import { type OnnxRuntime, startOnnxRuntime } from "./run_onnx.ts";

const SHAPE = [4, 13, 11] as const;
const IMAGES = new RandomState(7).randn([5, ...SHAPE]).astype("float32");

/** Every layer that a text can name, with its numbers, on images and on features. */
const MODELS: Record<string, string> = {
  conv: "conv5 gap fc3",
  "conv with filter size, stride and padding": "conv5k4s3p2 gap fc3",
  "conv with dilation and groups": "conv6k3d2g2 conv4k2p0 gap fc3",
  bn: "conv5-bn gap bn fc3-bn",
  ln: "conv5-ln-relu gap fc6-ln-relu fc3",
  gn: "conv6-gn3-relu gn2 gap fc3",
  relu: "relu conv5-relu gap fc6-relu fc3",
  leaky: "conv5-leaky gap fc6-leaky0.3 fc3",
  gelu: "conv5-gelu gap fc6-gelu fc3-gelu",
  pool: "conv5 pool pool3s2 fc3",
  avgpool: "conv5 avgpool avgpool3s1 fc3",
  gap: "gap",
  dropout: "conv5-dropout0.2 gap dropout fc3-dropout0.9",
  fc: "fc7 fc3",
  res:
    "conv4 res[conv4-bn-relu conv4-bn]-relu res[conv6s2-relu | conv6k1s2-bn] res[res[relu-conv6]] gap res[fc6] fc3",
};

/** The largest difference, as a share of the largest number. */
function errorOf(found: Tensor | undefined, expected: Tensor): number {
  assertEquals(found?.shape, expected.shape);
  const largest = Math.max(...expected.data.map(Math.abs));
  return Math.max(
    ...expected.data.map((x, i) => Math.abs(x - found!.data[i]!)),
  ) / largest;
}

describePermitted("exportOnnx()", () => {
  let runtime: OnnxRuntime;
  const runOnnx = (bytes: Uint8Array, x: Tensor) => runtime.run(bytes, x);
  beforeAll(() => {
    runtime = startOnnxRuntime();
  });
  afterAll(() => runtime.stop());

  for (const [name, model] of Object.entries(MODELS)) {
    it(`gives ConvNet.scores() within 1e-5 in ONNX Runtime for ${name}`, async () => {
      const network = randomNetwork(model, SHAPE);
      const found = await runOnnx(exportOnnx(network), IMAGES);
      const { scores, probabilities } = found;
      assertEquals(Object.keys(found), ["scores", "probabilities"]);
      const expected = network.scores(IMAGES);
      const error = errorOf(scores, expected);
      assert(error < 1e-5, `${error}`);
      assert(errorOf(probabilities, softmax(expected)) < 1e-5);
    });
  }

  it("takes any number of images", async () => {
    const network = randomNetwork("conv5-gn5 gap ln fc3", SHAPE);
    const bytes = exportOnnx(network);
    for (const n of [1, 2]) {
      const x = IMAGES.slice(0, n);
      const { scores } = await runOnnx(bytes, x);
      assert(errorOf(scores, network.scores(x)) < 1e-5);
    }
  });

  it("writes a network in float64 as one in float32", async () => {
    const network = randomNetwork("conv5-bn-relu gap fc3", SHAPE, "float64");
    const { scores } = await runOnnx(exportOnnx(network), IMAGES);
    const expected = network.scores(IMAGES.astype("float64"));
    assert(errorOf(scores, expected) < 1e-5);
  });

  it("normalises pixels in the graph where it is to take them", async () => {
    const network = randomNetwork("conv5-relu gap fc3", SHAPE);
    const random = new RandomState(3);
    const [channels, height, width] = SHAPE;
    const area = height * width;
    const size = channels * area;
    const pixels = random.randint(0, 256, 2 * size);
    const varied = random.uniform([size]).data as Float64Array;
    const even = Float64Array.from(
      { length: size },
      (_, i) => 50 + Math.floor(i / area),
    );
    for (
      const [mean, std] of [
        [varied, even],
        [even, undefined],
        [undefined, even],
        [undefined, undefined],
      ]
    ) {
      const raw = IMAGES.slice(0, 2).clone();
      const normal = IMAGES.slice(0, 2).clone();
      for (const [i, pixel] of pixels.entries()) {
        raw.data[i] = pixel;
        normal.data[i] = (pixel - (mean?.[i % size] ?? 0)) /
          (std?.[i % size] ?? 1);
      }
      const bytes = exportOnnx(network, { mean, std, input: "pixels" });
      const { scores } = await runOnnx(bytes, raw);
      const expected = network.scores(normal);
      assert(errorOf(scores, expected) < 1e-5);
    }
  });
});

Deno.test("exportOnnx() tells in its metadata how images are made for it", () => {
  const network = new ConvNet({ model: "fc2", inputDim: [3, 1, 2] });
  const text = new TextDecoder().decode(exportOnnx(network, {
    classNames: ["Katze", "Hund, groß"],
    mean: Float64Array.of(1, 1, 2, 2, 0.5, 0.5),
    std: Float64Array.of(1, 2, 3, 4, 5, 6),
    name: "pets",
    producerVersion: "9.8.7",
  }));
  for (
    const part of [
      "pets",
      "9.8.7",
      "convlab.model",
      '["Katze","Hund, groß"]',
      "[1,2,0.5]",
      "[1,2,3,4,5,6]",
      "(pixel - mean) / std",
      "red, green, blue",
    ]
  ) assertStringIncludes(text, part);
});

Deno.test("exportOnnx() refuses what does not fit the network", () => {
  const network = new ConvNet({ model: "fc2", inputDim: [3, 1, 2] });
  assertThrows(
    () => exportOnnx(network, { classNames: ["one"] }),
    RangeError,
    "expected classNames of length 2 but found 1",
  );
  assertThrows(
    () => exportOnnx(network, { std: Float64Array.of(1, 2, 3) }),
    RangeError,
    "expected std of length 6 but found 3",
  );
  assertThrows(
    () => exportOnnx(network, { input: "bytes" as "pixels" }),
    RangeError,
    'found "bytes"',
  );
});
