// Copyright 2026 the Convlab authors. MIT license.

/**
 * Scores as probabilities.
 *
 * @module
 */

import { exp } from "../numerics/exp.ts";
import { type Tensor, zeros } from "../numerics/tensor.ts";

/**
 * The softmax of each row: `exp(x) / Σ exp(x)`, computed in float64 and without
 * overflow, since the row's largest score is subtracted first.
 *
 * @param scores Shape (N, C).
 * @returns Shape (N, C), in the dtype of the scores.
 *
 * @example
 * ```ts
 * import { softmax, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(softmax(tensor([[1000, 1000]])).data, Float64Array.of(0.5, 0.5));
 * ```
 */
export function softmax(scores: Tensor): Tensor {
  const [rows = 0, classes = 0] = scores.shape;
  const out = zeros(scores.shape, scores.dtype);
  for (let row = 0; row < rows; row++) {
    const from = row * classes;
    const x = Float64Array.from(scores.data.subarray(from, from + classes));
    const largest = x.reduce((a, b) => Math.max(a, b), -Infinity);
    const powers = x.map((value) => exp(value - largest));
    const sum = powers.reduce((a, b) => a + b, 0);
    for (let i = 0; i < classes; i++) out.data[from + i] = powers[i]! / sum;
  }
  return out;
}
