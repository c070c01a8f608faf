// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { join } from "@std/path";
import { it } from "@std/testing/bdd";
import fc from "fast-check";
import { decodeImage } from "../../data/decode_image.ts";
import { fitImage } from "../../data/fit_image.ts";
import { loadImageFolder } from "../../data/image_folder.ts";
import { ImageSet } from "../../data/image_set.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";
import { evaluate } from "../../training/evaluate.ts";
import { loadRun } from "../../training/load_run.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { softmax } from "../../training/softmax.ts";
import { TrainedNetwork } from "../../training/trained_network.ts";
import { makeImageFolder } from "../data/make_image_folder.ts";
import { describePermitted } from "../permitted.ts";

const SHAPE = [3, 6, 6] as const;
const DATA = {
  title: "Colours",
  classNames: ["blue", "red"],
  imageShape: SHAPE,
};

describePermitted("TrainedNetwork and loadRun()", () => {
  it("preprocess() gives the images that training on a folder sees", async () => {
    const folder = Deno.makeTempDirSync();
    makeImageFolder(folder, { blue: 2, red: 3 });
    for (const grayscale of [false, true]) {
      const set = await loadImageFolder(folder, {
        ...{ imageSize: 6, grayscale, normalize: "channels" },
        ...{ valFraction: 0, testFraction: 0 },
      });
      const { imageShape, mean, std, length } = set.train;
      const seen = new Set(
        Array.from(
          { length },
          (_, i) => set.train.slice(i, i + 1).toTensor("float32").data.join(),
        ),
      );
      const network = new ConvNet({ model: "gap fc2", inputDim: imageShape });
      const trained = new TrainedNetwork(network, {
        ...DATA,
        ...{ imageShape, mean, std },
      });
      for (const [name, count] of [["blue", 2], ["red", 3]] as const) {
        for (let i = 0; i < count; i++) {
          const file = Deno.readFileSync(join(folder, name, `${i}.png`));
          const x = trained.preprocess(decodeImage(file));
          assertEquals(x.shape, [1, ...imageShape]);
          assert(seen.has(x.data.join()));
        }
      }
    }
    Deno.removeSync(folder, { recursive: true });
  });

  it("loadRun() tells which file of a run is wrong, and how", () => {
    const runs = Deno.makeTempDirSync();
    const model = "conv2-bn gap fc2";
    const network = new ConvNet({ model, inputDim: SHAPE });
    const tensors = { ...network.params, ...network.buffers };
    const make = (name: string, config: object, data: object = {}) => {
      const run = RunFolder.create(runs, name);
      run.writeConfig({ ...config });
      run.writeData({ ...DATA, ...data });
      run.writeParameters(tensors);
      return run;
    };
    const run = make("right", { recipe: { model } });
    for (const opened of [loadRun("right", runs), loadRun(run)]) {
      assertEquals(opened.network.params, network.params);
      assertEquals(opened.network.buffers, network.buffers);
      assertEquals(opened.dtype, "float32");
    }
    make("none", {});
    make("other", { recipe: { model: "conv3-bn gap fc2" } });
    make("broken", { recipe: { model: "konv3" } });
    make("more", { recipe: { model } }, { classNames: ["a", "b", "c"] });
    for (
      const [name, message] of [
        [
          "none",
          'Cannot load run "none": expected recipe.model in config.json',
        ],
        ["other", "expected conv1.weight of shape (3, 3, 3, 3) but found"],
        ["broken", 'but found "konv3"'],
        [
          "more",
          "expected 3 scores, one for each class of its data, but found that it gives 2",
        ],
      ] as const
    ) assertThrows(() => loadRun(name, runs), Error, message);
    Deno.removeSync(runs, { recursive: true });
  });
});

Deno.test("TrainedNetwork refuses data of other images or classes", () => {
  const network = new ConvNet({ model: "gap fc2", inputDim: SHAPE });
  assertThrows(
    () => new TrainedNetwork(network, { ...DATA, imageShape: [3, 6, 7] }),
    RangeError,
    "expected images of shape (3, 6, 7), as its data has them, but found that it takes (3, 6, 6)",
  );
  assertThrows(
    () => new TrainedNetwork(network, { ...DATA, classNames: ["one"] }),
    RangeError,
    "expected 1 scores",
  );
});

Deno.test("classify() sorts by probability, and says that a network has diverged", () => {
  const network = new ConvNet({ model: "gap fc2", inputDim: SHAPE });
  const trained = new TrainedNetwork(network, DATA);
  const pixels = new Uint8Array(48);
  const image = { width: 4, height: 4, channels: 3, pixels } as const;
  network.params["fc1.bias"]!.data.set([0, Math.log(3)]);
  const [best, other] = trained.classify(image);
  assertEquals([best!.name, best!.label, other!.name], ["red", 1, "blue"]);
  assertAlmostEquals(best!.probability, 0.75, 1e-6);
  network.params["fc1.bias"]!.data.fill(NaN);
  assertThrows(() => trained.classify(image), Error, "has diverged");
});

Deno.test("fitImage() stretches to shapes that are not square, and wants 1 or 3 channels", () => {
  const pixels = Uint8Array.of(...[10, 20, 30], ...[50, 60, 70]);
  const image = { width: 2, height: 1, channels: 3, pixels } as const;
  assertEquals(
    fitImage(image, [3, 1, 2]),
    Uint8Array.of(10, 50, 20, 60, 30, 70),
  );
  assertEquals(
    fitImage(image, [3, 2, 1]),
    Uint8Array.of(30, 30, 40, 40, 50, 50),
  );
  assertThrows(() => fitImage(image, [4, 1, 2]), RangeError, "1 or 3 channels");
});

Deno.test("softmax() gives shares that add up to 1, whatever is added to the scores", () => {
  const scores = fc.array(fc.double({ min: -30, max: 30, noNaN: true }), {
    ...{ minLength: 1, maxLength: 8 },
  });
  fc.assert(fc.property(scores, fc.integer({ min: -999, max: 999 }), (x, c) => {
    const shares = softmax(tensor([x])).data;
    const sum = x.reduce((total, value) => total + Math.exp(value), 0);
    for (const [i, share] of shares.entries()) {
      assertAlmostEquals(share, Math.exp(x[i]!) / sum, 1e-12);
    }
    const moved = softmax(tensor([x.map((value) => value + c)])).data;
    for (const [i, share] of shares.entries()) {
      assertAlmostEquals(moved[i]!, share, 1e-9);
    }
  }));
  assertEquals(softmax(zeros([0, 3])).shape, [0, 3]);
  assert(softmax(tensor([[NaN, 1]])).data.every(Number.isNaN));
});

Deno.test("evaluate() counts as a loop over single images does, for any batch size", () => {
  const random = new RandomState(0);
  const network = new ConvNet({ model: "gap fc4", inputDim: SHAPE, random });
  const images = new ImageSet({
    bytes: Uint8Array.from(random.randint(0, 256, 17 * 108)),
    labels: random.randint(0, 3, 17),
    imageShape: SHAPE,
  });
  const expected = Array.from({ length: 4 }, () => [0, 0, 0, 0]);
  for (const [i, label] of images.labels.entries()) {
    const x = images.slice(i, i + 1).toTensor("float32");
    const scores = [...network.scores(x).data];
    expected[label]![scores.indexOf(Math.max(...scores))]!++;
  }
  for (const batchSize of [1, 5, 17, 100]) {
    const done: number[] = [];
    const found = evaluate(network, images, {
      ...{ numClasses: 4, batchSize, onProgress: (n: number) => done.push(n) },
    });
    assertEquals(found.confusion, expected);
    assertEquals(found.images, 17);
    assertEquals(done.at(-1), 17);
    assert(Number.isNaN(found.classAccuracy[3]));
    const right = expected.reduce((sum, row, i) => sum + row[i]!, 0);
    assertEquals(found.accuracy, right / 17);
  }
  assertThrows(
    () => evaluate(network, images, { numClasses: 2 }),
    RangeError,
    "expected labels from 0 to 1 but found 2",
  );
  assertThrows(
    () => evaluate(network, images, { numClasses: 4, batchSize: 0 }),
    RangeError,
    "expected batchSize",
  );
});
