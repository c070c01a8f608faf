// Copyright 2026 the Convlab authors. MIT license.

/** What the figures of networks and data hold, beside what was counted by hand. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { Image } from "../../data/image.ts";
import { ImageSet } from "../../data/image_set.ts";
import type { Chart } from "../../figures/chart.ts";
import { renderFigure } from "../../figures/figure.ts";
import type { ImageFigure } from "../../figures/image_figure.ts";
import type { MatrixFigure } from "../../figures/matrix_figure.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { saliency } from "../../models/saliency.ts";
import { RandomState } from "../../numerics/random.ts";
import { type Tensor, tensor } from "../../numerics/tensor.ts";
import { evaluate } from "../../training/evaluate.ts";
import { findMistakes } from "../../training/find_mistakes.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { TrainedNetwork } from "../../training/trained_network.ts";
import { activationsOf } from "../../views/activations.ts";
import { confusionOf } from "../../views/confusion.ts";
import { dataSetOf } from "../../views/dataset.ts";
import { filtersOf } from "../../views/filters.ts";
import { gradientsOf } from "../../views/gradients.ts";
import { mistakesOf } from "../../views/mistakes.ts";
import { rooflineOf } from "../../views/roofline.ts";
import { saliencyOf } from "../../views/saliency.ts";
import { describePermitted } from "../permitted.ts";

const CLASSES = ["cat", "dog", "owl"];

function trained(model = "conv20-bn-relu-pool conv4-relu-dropout gap fc3") {
  const network = new ConvNet({
    ...{ model, inputDim: [3, 8, 8], random: new RandomState(3) },
  });
  return new TrainedNetwork(network, {
    ...{ title: "Pets", classNames: CLASSES, imageShape: [3, 8, 8] },
  });
}

function picture(width: number, height: number): Image {
  const pixels = Uint8Array.from(
    { length: 3 * width * height },
    (_, i) => (i * i * 31 + i) % 256,
  );
  return { width, height, channels: 3, pixels };
}

/** Five images of two pixels, which are the scores of the first two classes. */
const SET = new ImageSet({
  bytes: Uint8Array.of(9, 1, 1, 9, 5, 2, 0, 8, 3, 2),
  labels: Uint8Array.of(0, 1, 1, 0, 1),
  imageShape: [1, 1, 2],
});
const SCORES = { scores: (x: Tensor) => x.reshape([-1, 2]) };

describe("activationsOf()", () => {
  it("shows each layer, the strongest maps first", () => {
    const net = trained();
    const image = picture(20, 10);
    const { figures } = activationsOf(net, image, { maps: 5 });
    assertEquals(figures.map(({ title }) => title), [
      "input: 8 × 8",
      "conv1: 20 maps of 8 × 8, the 5 strongest",
      "bn1: 20 maps of 8 × 8, the 5 strongest",
      "relu1: 20 maps of 8 × 8, the 5 strongest",
      "pool1: 20 maps of 4 × 4, the 5 strongest",
      "conv2: 4 maps of 4 × 4",
      "relu2: 4 maps of 4 × 4",
      "gap1: 4 numbers",
      "fc1: 3 numbers",
      "probabilities",
    ]);
    const out = net.network.activations(net.preprocess(image)).get("relu1")!;
    const sums = Array.from(
      { length: 20 },
      (_, c) =>
        [...out.data.subarray(64 * c, 64 * c + 64)].reduce((a, b) => a + b),
    );
    const strongest = sums.indexOf(Math.max(...sums));
    const [low, high] = [Math.min(...out.data), Math.max(...out.data)];
    const [first] = (figures[3] as ImageFigure).images;
    assertEquals(
      [...first!.image.pixels],
      [...out.data.subarray(64 * strongest, 64 * strongest + 64)]
        .map((v) => Math.round(255 * (v - low) / (high - low))),
    );
    const probabilities = (figures.at(-1) as Chart).panels[0]!.series[0]!.y;
    for (const { label, probability } of net.classify(image)) {
      assertAlmostEquals(probabilities[label]!, 100 * probability, 1e-9);
    }
    assertThrows(() => activationsOf(net, image, { maps: 0 }), RangeError);
  });

  it("is drawn for networks without maps too", async () => {
    const figure = activationsOf(trained("fc40-relu fc3"), picture(8, 8));
    const svg = await renderFigure(figure, { format: "svg" });
    assertStringIncludes(svg, "relu1: 40 numbers");
  });
});

describe("saliencyOf()", () => {
  it("shows the picture, what is seen of it, the map and both", () => {
    const net = trained();
    const figure = saliencyOf(net, picture(40, 30), { label: 2 });
    assertEquals(
      figure.images.map(({ title }) => title),
      ["Picture", "As 8 × 8", "Saliency", "Both"],
    );
    assertStringIncludes(figure.subtitle!, "score of owl, ");
    const small = saliencyOf(net, picture(8, 8));
    assertEquals(small.images.length, 3);
  });

  it("makes the pixel brightest on which the score hangs most", () => {
    const net = trained();
    const image = picture(8, 8);
    const map = saliency(net.network, net.preprocess(image), 1);
    const most = map.data.indexOf(Math.max(...map.data));
    const { image: shown } = saliencyOf(net, image, { label: 1 }).images[1]!;
    const factor = shown.width / 8;
    const green = (i: number) => {
      const [y, x] = [Math.floor(i / 8) * factor, i % 8 * factor];
      return shown.pixels[3 * (y * shown.width + x) + 1]!;
    };
    const all = Array.from({ length: 64 }, (_, i) => green(i));
    assertEquals(all[most], Math.max(...all));
  });
});

describe("confusionOf() and mistakesOf()", () => {
  it("hold what was counted by hand", () => {
    const evaluation = evaluate(SCORES, SET, { numClasses: 2 });
    const figure = confusionOf(evaluation, { classNames: ["a", "b"] });
    assertEquals(figure.values, [[1, 1], [2, 1]]);
    assertEquals(figure.rows.labels, ["a", "b"]);
    assertEquals(figure.subtitle, "accuracy 40.0 % of 5 images");
  });

  it("finds the wrong answers, the surest first", () => {
    const found = findMistakes(SCORES, SET, { batchSize: 2 });
    assertEquals(found.wrong, 3);
    assertEquals(found.mistakes.map(({ index }) => index), [3, 2, 4]);
    // softmax of (0, 8), (5, 2) and (3, 2)
    const sure = [8, 3, 1].map((d) => 1 / (1 + Math.exp(-d)));
    for (const [i, { probability }] of found.mistakes.entries()) {
      assertAlmostEquals(probability, sure[i]!, 1e-6);
    }
    const figure = mistakesOf(SET, found, { classNames: ["a", "b"] });
    assertEquals(
      figure.images.map(({ title, subtitle }) => [title, subtitle]),
      [["100 % b", "is a"], ["95 % a", "is b"], ["73 % a", "is b"]],
    );
    assertEquals(
      findMistakes(SCORES, SET, { count: 1 }).mistakes.length,
      1,
    );
    assertThrows(() => findMistakes(SCORES, SET, { count: 0 }), RangeError);
    const none = findMistakes(SCORES, SET.slice(0, 2));
    assertThrows(
      () => mistakesOf(SET, none, { classNames: ["a", "b"] }),
      RangeError,
      "none in 2 images",
    );
  });
});

describe("dataSetOf()", () => {
  it("counts the images of each class, and shows some of them", () => {
    const part = (...labels: number[]) =>
      new ImageSet({
        bytes: Uint8Array.from({ length: 3 * labels.length }, (_, i) => i),
        labels: Int32Array.from(labels),
        imageShape: [3, 1, 1],
      });
    const { figures } = dataSetOf({
      ...{ name: "pets", title: "Pets", classNames: CLASSES },
      ...{ train: part(1, 0, 1, 1), validation: part(2), test: part() },
    }, { samples: 2 });
    const { series } = (figures[0] as Chart).panels[0]!;
    assertEquals(series.map(({ label, y }) => [label, y]), [
      ["train", [1, 3, 0]],
      ["validation", [0, 0, 1]],
    ]);
    const { columns, images } = figures[1] as ImageFigure;
    assertEquals(columns, 3);
    // Two rows of three classes: cat, dog, no owl; no second cat, dog, no owl.
    assertEquals(
      images.map(({ image }) => [...image.pixels]),
      [[3, 4, 5], [0, 1, 2], [0], [0], [6, 7, 8], [0]],
    );
  });
});

describePermitted("filtersOf()", () => {
  it("has each filter from 0 to 255 on its own, in full rows where there is a way", () => {
    const runs = Deno.makeTempDirSync();
    const run = RunFolder.create(runs, "first");
    run.writeConfig({ data: "Shapes" });
    const values = [1, 2, 3, 5, -1, -2, -3, -5, ...Array(24).fill(7)];
    run.writeParameters({ W1: tensor(values, [8, 1, 2, 2]) });
    const { columns, images } = filtersOf(run);
    Deno.removeSync(runs, { recursive: true });
    assertEquals(columns, 4);
    assertEquals(
      images.slice(0, 3).map(({ image }) => [...image.pixels]),
      [[0, 63, 127, 255], [255, 191, 127, 0], [0, 0, 0, 0]],
    );
  });
});

describe("rooflineOf()", () => {
  it("has its ridge where memory and arithmetic are equally fast", () => {
    const point = { label: "conv", flops: 2e9, bytes: 1e7, gflops: 55 };
    const { panels } = rooflineOf({
      memory: 8,
      roofs: [
        { name: "float32", peak: 96, points: [point] },
        { name: "float64", peak: 48, points: [] },
      ],
    });
    assertEquals(panels.length, 1);
    const [memory, arithmetic, points] = panels[0]!.series;
    assertEquals([memory!.x![1], memory!.y[1]], [12, 96]);
    assertAlmostEquals(memory!.y[0]! / memory!.x![0]!, 8, 1e-9);
    assertEquals([...arithmetic!.y as number[]], [96, 96]);
    assertEquals([points!.x, points!.y, points!.labels], [
      [200],
      [55],
      ["conv"],
    ]);
    assertThrows(() => rooflineOf({ memory: 8, roofs: [] }), RangeError);
  });
});

describePermitted("gradientsOf()", () => {
  it("shows the share of each order of magnitude, the largest on top", () => {
    const runs = Deno.makeTempDirSync();
    const run = RunFolder.create(runs, "first");
    run.writeConfig({ data: "Shapes" });
    const summary = { norm: 2, sample: 100, zeros: 20, nonFinite: 0 };
    assertThrows(() => gradientsOf(run), Error, "train it again");
    for (const [iteration, first] of [[1, -11], [5, -10]] as const) {
      run.metric({
        ...{ kind: "gradients", iteration },
        parameters: { "fc1.weight": { ...summary, first, counts: [30, 50] } },
      });
    }
    const { figures } = gradientsOf(run);
    const norm = (figures[0] as Chart).panels[0]!.series[0]!;
    assertEquals([norm.x, norm.y], [[1, 5], [2, 2]]);
    const { rows, columns, values } = figures[1] as MatrixFigure;
    assertEquals(columns.labels, ["1", "5"]);
    // From a whole power of ten down to the smallest bin.
    assertEquals(rows.labels.map(Number), [
      -1,
      -1.2,
      -1.4,
      -1.6,
      -1.8,
      -2,
      -2.2,
    ]);
    assertEquals(values.slice(4), [[0, 50], [50, 30], [30, 0]]);
    assert(values.slice(0, 4).flat().every((share) => share === 0));
    Deno.removeSync(runs, { recursive: true });
  });
});
