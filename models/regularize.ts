// Copyright 2026 the Convlab authors. MIT license.

/**
 * L2 regularisation of weights.
 *
 * @module
 */

import { addPenalty } from "../kernels/penalty.ts";
import type { Tensor } from "../numerics/tensor.ts";

/** Weights and their gradient. */
export interface WeightGradient {
  readonly w: Tensor;
  readonly dw: Tensor;
  /** `Σ w²`, where `reg · w` is in dw already. */
  readonly sumSquares?: number | undefined;
}

/**
 * Adds `reg · w` to each gradient, in place, unless it is in there, and returns
 * `reg / 2 · Σ w²` over all weights. The sum is taken in the weights' dtype.
 */
export function regularize(
  weights: readonly WeightGradient[],
  reg: number,
): number {
  if (reg === 0) return 0;
  let total = 0;
  for (const { w, dw, sumSquares = addPenalty(w, reg, dw) } of weights) {
    total += sumSquares;
    if (w.dtype === "float32") total = Math.fround(total);
  }
  return 0.5 * reg * total;
}
