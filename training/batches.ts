// Copyright 2026 the Convlab authors. MIT license.

/**
 * Batches of examples, and how well a model classifies them.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import { emptyTensor } from "../kernels/frame.ts";
import { partOf } from "../numerics/part.ts";
import { type DType, sizeOf, Tensor } from "../numerics/tensor.ts";
import type { GradientReducer } from "./gradient_reducer.ts";

/** Examples that go through a model at once when its accuracy is taken. */
const BATCH = 100;

/** The examples at `indices`, as one tensor of `dtype`. */
export function gather(
  x: Tensor | ImageSet,
  indices: Int32Array,
  dtype: DType,
): Tensor {
  if (!(x instanceof Tensor)) {
    const batch = emptyTensor([indices.length, ...x.imageShape], dtype);
    x.gather(indices, batch);
    return batch;
  }
  const shape = x.shape.slice(1);
  const size = sizeOf(shape);
  const batch = emptyTensor([indices.length, ...shape], dtype);
  for (const [row, index] of indices.entries()) {
    const example = x.data.subarray(index * size, (index + 1) * size);
    batch.data.set(example, row * size);
  }
  return batch;
}

/** The class with the highest score, for each row of scores; the first of equals. */
export function predictions(scores: Tensor): Int32Array {
  const [rows = 0, classes = 0] = scores.shape;
  return Int32Array.from({ length: rows }, (_, row) => {
    const first = row * classes;
    let best = first;
    for (let i = first + 1; i < first + classes; i++) {
      if (scores.data[i]! > scores.data[best]!) best = i;
    }
    return best - first;
  });
}

/**
 * The share of the examples at `indices` that the model classifies rightly; NaN
 * if there are none.
 *
 * @param run Runs one batch, such as in a workspace of its own.
 * @param reducer Others that do the same; each takes a part of the examples.
 */
export function accuracy(
  model: { scores(x: Tensor): Tensor },
  x: Tensor | ImageSet,
  labels: Int32Array | readonly number[],
  indices: Int32Array,
  dtype: DType,
  run: <R>(body: () => R) => R = (body) => body(),
  reducer?: GradientReducer,
): number {
  const { begin, end } = reducer?.part(indices.length) ??
    partOf(indices.length, 0, 1);
  let right = 0;
  for (let i = begin; i < end; i += BATCH) {
    const batch = indices.subarray(i, Math.min(i + BATCH, end));
    const classes = run(() =>
      predictions(model.scores(gather(x, batch, dtype)))
    );
    for (const [j, index] of batch.entries()) {
      if (classes[j] === labels[index]) right++;
    }
  }
  const counts = Float64Array.of(right);
  reducer?.sum(counts);
  return counts[0]! / indices.length;
}
