// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { BatchPlan } from "../../data/batch_sampler.ts";
import { fillBatch } from "../../data/fill_batch.js";
import { ImageSet } from "../../data/image_set.ts";
import { type DType, type Tensor, zeros } from "../../numerics/tensor.ts";

/** Any image set of up to 4 images, and a plan of a batch of them. */
const cases = fc.tuple(
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 3 }),
  fc.integer({ min: 1, max: 7 }),
  fc.integer({ min: 1, max: 7 }),
).chain(([n, c, h, w]) => {
  const size = c * h * w;
  const statistic = fc.option(
    fc.array(fc.double({ min: 0.1, max: 255, noNaN: true }), {
      minLength: size,
      maxLength: size,
    }).map((values) => Float64Array.from(values)),
    { nil: undefined },
  );
  const row = fc.record({
    index: fc.nat(n - 1),
    flip: fc.nat(1),
    dy: fc.integer({ min: 1 - h, max: h - 1 }),
    dx: fc.integer({ min: 1 - w, max: w - 1 }),
    cutoutY: fc.nat(h - 1),
    cutoutX: fc.nat(w - 1),
  });
  return fc.record({
    images: fc.record({
      bytes: fc.uint8Array({ minLength: n * size, maxLength: n * size }),
      labels: fc.constant(new Uint8Array(n)),
      imageShape: fc.constant([c, h, w] as const),
      mean: statistic,
      std: statistic,
    }).map((init) => new ImageSet(init)),
    plan: fc.tuple(fc.array(row, { maxLength: 5 }), fc.nat(Math.min(h, w)))
      .map(([rows, cutout]): BatchPlan => ({
        indices: Int32Array.from(rows, (row) => row.index),
        flips: Uint8Array.from(rows, (row) => row.flip),
        dy: Int32Array.from(rows, (row) => row.dy),
        dx: Int32Array.from(rows, (row) => row.dx),
        cutout,
        cutoutY: Int32Array.from(rows, (row) => row.cutoutY),
        cutoutX: Int32Array.from(rows, (row) => row.cutoutX),
      })),
  });
});

const dtypes = fc.constantFrom<DType>("float32", "float64");

/** A batch that holds what must be overwritten. */
function dirty(images: ImageSet, plan: BatchPlan, dtype: DType): Tensor {
  const batch = zeros([plan.indices.length, ...images.imageShape], dtype);
  batch.data.fill(-1e9);
  return batch;
}

/** Normalises, pads, crops, mirrors and cuts, each for a whole image, by the book. */
function byTheBook(images: ImageSet, plan: BatchPlan, dtype: DType): Tensor {
  const [channels, height, width] = images.imageShape;
  const pad = Math.max(height, width);
  const all = images.toTensor("float64");
  const out = zeros([plan.indices.length, ...images.imageShape], dtype);
  for (const [row, index] of plan.indices.entries()) {
    for (let c = 0; c < channels; c++) {
      const padded = Array.from(
        { length: height + 2 * pad },
        () => new Array<number>(width + 2 * pad).fill(0),
      );
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          padded[y + pad]![x + pad] = all.at(index, c, y, x);
        }
      }
      const cropped = padded
        .slice(pad + plan.dy[row]!, pad + plan.dy[row]! + height)
        .map((line) =>
          line.slice(pad + plan.dx[row]!, pad + plan.dx[row]! + width)
        );
      const image = plan.flips[row]
        ? cropped.map((line) => line.toReversed())
        : cropped;
      const top = plan.cutoutY[row]! - Math.floor(plan.cutout / 2);
      const left = plan.cutoutX[row]! - Math.floor(plan.cutout / 2);
      for (let y = top; y < top + plan.cutout; y++) {
        for (let x = left; x < left + plan.cutout; x++) {
          if (image[y]?.[x] !== undefined) image[y]![x] = 0;
        }
      }
      out.data.set(image.flat(), (row * channels + c) * height * width);
    }
  }
  return out;
}

describe("fillBatch()", () => {
  it("equals ImageSet.gather() to the last bit without augmentation", () => {
    fc.assert(fc.property(cases, dtypes, ({ images, plan }, dtype) => {
      const { indices } = plan;
      const none = new Int32Array(indices.length);
      const plain = {
        ...plan,
        flips: new Uint8Array(indices.length),
        dy: none,
        dx: none,
        cutout: 0,
      };
      const out = dirty(images, plan, dtype);
      const expected = dirty(images, plan, dtype);
      fillBatch(images, plain, out.data);
      images.gather(indices, expected);
      assertEquals(out, expected);
    }));
  });

  it("pads, crops, mirrors and cuts as the naive loops do", () => {
    fc.assert(
      fc.property(cases, dtypes, ({ images, plan }, dtype) => {
        const out = dirty(images, plan, dtype);
        fillBatch(images, plan, out.data);
        assertEquals(out, byTheBook(images, plan, dtype));
      }),
      { numRuns: 300 },
    );
  });

  it("shifts, then mirrors, then cuts: an example to be read", () => {
    const images = new ImageSet({
      bytes: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9),
      labels: Uint8Array.of(0),
      imageShape: [1, 3, 3],
    });
    const run = (change: Partial<BatchPlan>) => {
      const plan = {
        indices: Int32Array.of(0),
        flips: Uint8Array.of(0),
        dy: Int32Array.of(0),
        dx: Int32Array.of(0),
        cutout: 0,
        cutoutY: Int32Array.of(0),
        cutoutX: Int32Array.of(0),
        ...change,
      };
      const out = new Float32Array(9);
      fillBatch(images, plan, out);
      return [...out];
    };
    const [dy, dx] = [Int32Array.of(1), Int32Array.of(-1)];
    const flips = Uint8Array.of(1);
    assertEquals(run({ flips }), [3, 2, 1, 6, 5, 4, 9, 8, 7]);
    assertEquals(run({ dy, dx }), [0, 4, 5, 0, 7, 8, 0, 0, 0]);
    assertEquals(run({ dy, dx, flips }), [5, 4, 0, 8, 7, 0, 0, 0, 0]);
    assertEquals(run({ cutout: 2 }), [0, 2, 3, 4, 5, 6, 7, 8, 9]);
    assertEquals(
      run({ cutout: 2, cutoutY: Int32Array.of(2), cutoutX: Int32Array.of(1) }),
      [1, 2, 3, 0, 0, 6, 0, 0, 9],
    );
  });

  it("does not write beyond the batch", () => {
    fc.assert(fc.property(cases, ({ images, plan }) => {
      const length = plan.indices.length *
        images.imageShape.reduce((a, b) => a * b);
      const out = new Float32Array(length + 8).fill(-7);
      fillBatch(images, plan, out);
      assertEquals(out.subarray(length), new Float32Array(8).fill(-7));
    }));
  });
});
