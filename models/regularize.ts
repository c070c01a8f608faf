// Copyright 2026 the Convlab authors. MIT license.

/**
 * L2 regularisation of weights.
 *
 * @module
 */

import { addScaled } from "../kernels/elementwise.ts";
import { emptyTensor } from "../kernels/frame.ts";
import { sumSquares, sumSquaresAddScaled } from "../kernels/sum.ts";
import type { Tensor } from "../numerics/tensor.ts";

/**
 * Adds `reg · w` to each gradient, in place, and returns `reg / 2 · Σ w²` over
 * all weights.
 *
 * The arithmetic is that of NumPy: squares and sums are taken in the weights'
 * own dtype, and so is `reg · w` before it is added to a gradient of another.
 */
export function regularize(
  weights: readonly { w: Tensor; dw: Tensor }[],
  reg: number,
): number {
  if (reg === 0) return 0;
  let total = 0;
  for (const { w, dw } of weights) {
    const round = w.dtype === "float32" ? Math.fround : (n: number) => n;
    if (dw.dtype === w.dtype) {
      total = round(total + sumSquaresAddScaled(w, reg, dw));
    } else {
      total = round(total + sumSquares(w));
      const penalty = emptyTensor(w.shape, w.dtype);
      penalty.data.fill(0);
      addScaled(penalty, reg, w);
      addScaled(dw, 1, penalty);
    }
  }
  return 0.5 * reg * total;
}
