// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ImageSet } from "../../data/image_set.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import { accuracy, gather, predictions } from "../../training/batches.ts";

const images = new ImageSet({
  bytes: Uint8Array.of(10, 20, 30, 40, 50, 60),
  labels: Int32Array.of(0, 1, 2),
  imageShape: [1, 1, 2],
  mean: Float64Array.of(0.1, 1),
});

describe("gather()", () => {
  it("takes examples in the order of the indices, repeated ones too", () => {
    const x = tensor([1, 2, 3, 4, 5, 6], [3, 1, 2]);
    const batch = gather(x, Int32Array.of(2, 0, 2, 2), "float64");
    assertEquals(batch.shape, [4, 1, 2]);
    assertEquals([...batch.data], [5, 6, 1, 2, 5, 6, 5, 6]);
  });

  it("copies, and rounds to float32 or widens to float64", () => {
    const x = tensor([0.1, 0.2], [2, 1]);
    const single = gather(x, Int32Array.of(1), "float32");
    assertEquals([single.dtype, single.data[0]], [
      "float32",
      Math.fround(0.2),
    ]);
    const double = gather(x.astype("float32"), Int32Array.of(0), "float64");
    assertEquals([double.dtype, double.data[0]], [
      "float64",
      Math.fround(0.1),
    ]);
    const same = gather(x, Int32Array.of(0), "float64");
    same.data[0] = 9;
    assertEquals(x.at(0, 0), 0.1);
  });

  it("takes images less their mean from a set, as from its tensor", () => {
    const indices = Int32Array.of(2, 0, 1, 1);
    for (const dtype of ["float32", "float64"] as const) {
      const batch = gather(images, indices, dtype);
      assertEquals(batch, gather(images.toTensor("float64"), indices, dtype));
      assertEquals(batch.dtype, dtype);
    }
    assertEquals(
      [...gather(images, Int32Array.of(1), "float64").data],
      [29.9, 39],
    );
  });

  it("gives no examples for no indices", () => {
    const none = new Int32Array(0);
    assertEquals(gather(images, none, "float32").shape, [0, 1, 1, 2]);
    assertEquals(gather(zeros([3, 4]), none, "float32").shape, [0, 4]);
  });
});

describe("predictions()", () => {
  it("gives the class with the highest score, negative ones too", () => {
    const scores = tensor([1, 3, 2, -3, -2, -1, 5, 0, 0], [3, 3]);
    assertEquals([...predictions(scores)], [1, 2, 0]);
  });

  it("gives the first of equal classes", () => {
    const scores = tensor([0, 0, 0, 1, 2, 2], [2, 3]);
    assertEquals([...predictions(scores)], [0, 1]);
  });

  it("gives nothing for no rows, and class 0 of one class", () => {
    assertEquals(predictions(zeros([0, 3])).length, 0);
    assertEquals([...predictions(tensor([-1, 4], [2, 1]))], [0, 0]);
  });
});

describe("accuracy()", () => {
  /** Takes the first two numbers of an example as its scores, and keeps the batch sizes. */
  function probe() {
    const sizes: number[] = [];
    const scores = (x: Tensor) => {
      sizes.push(x.shape[0]!);
      return x;
    };
    return { sizes, scores };
  }

  const upTo = (n: number) => Int32Array.from({ length: n }, (_, i) => i);

  it("looks at every example once, a hundred at a time", () => {
    // Every third example belongs to class 1.
    const x = zeros([250, 2]);
    for (let i = 0; i < 250; i++) x.data[2 * i + (i % 3 === 0 ? 1 : 0)] = 1;
    const y = Int32Array.from({ length: 250 }, (_, i) => i % 3 === 0 ? 1 : 0);
    const model = probe();
    assertEquals(accuracy(model, x, y, upTo(250), "float64"), 1);
    assertEquals(model.sizes, [100, 100, 50]);
    // One wrong label in each batch.
    for (const i of [7, 107, 249]) y[i] = 1 - y[i]!;
    assertEquals(accuracy(model, x, y, upTo(250), "float64"), 247 / 250);
  });

  it("counts an example as often as it is drawn, with its own label", () => {
    const x = tensor([1, 0, 0, 1, 1, 0], [3, 2]);
    const indices = Int32Array.of(2, 2, 2, 1);
    const y = Int32Array.of(1, 1, 0);
    assertEquals(accuracy(probe(), x, y, indices, "float32"), 1);
    y[2] = 1;
    assertEquals(accuracy(probe(), x, y, indices, "float32"), 0.25);
  });

  it("runs each batch in what it is given to run it in", () => {
    let runs = 0;
    const run = <R>(body: () => R) => {
      runs++;
      return body();
    };
    const y = new Int32Array(101);
    accuracy(probe(), zeros([101, 2]), y, upTo(101), "float32", run);
    assertEquals(runs, 2);
  });

  it("is NaN of no examples", () => {
    const none = new Int32Array(0);
    const model = probe();
    assert(Number.isNaN(accuracy(model, zeros([3, 2]), [], none, "float32")));
    assertEquals(model.sizes, []);
  });
});
