// Copyright 2026 the Convlab authors. MIT license.

/**
 * The L2 penalty of weights on the kernels.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import { addScaled } from "./elementwise.ts";
import { emptyTensor } from "./frame.ts";
import { sumSquares, sumSquaresAddScaled } from "./sum.ts";

/**
 * Adds `reg · w` to a gradient, in place, and returns `Σ w²`.
 *
 * The arithmetic is that of NumPy: squares and their sum are taken in the
 * weights' own dtype, and so is `reg · w` before it is added to a gradient of
 * another.
 */
export function addPenalty(w: Tensor, reg: number, dw: Tensor): number {
  if (dw.dtype === w.dtype) return sumSquaresAddScaled(w, reg, dw);
  const penalty = emptyTensor(w.shape, w.dtype);
  penalty.data.fill(0);
  addScaled(penalty, reg, w);
  addScaled(dw, 1, penalty);
  return sumSquares(w);
}
