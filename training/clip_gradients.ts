// Copyright 2026 the Convlab authors. MIT license.

/**
 * Gradients made smaller where they are too large.
 *
 * @module
 */

import { clamp, scale } from "../kernels/elementwise.ts";
import { sumSquares } from "../kernels/sum.ts";
import type { Tensor } from "../numerics/tensor.ts";

/** Options of clipGradients; without any, gradients are only measured. */
export interface ClipGradientsOptions {
  /** The largest norm that all gradients together may have. */
  readonly maxNorm?: number;
  /** The largest absolute value that an element may have; elements are clipped before the norm is taken. */
  readonly maxValue?: number;
}

/** What PyTorch adds to the norm before it divides by it. */
const EPSILON = 1e-6;

/**
 * Makes gradients smaller, in place, as PyTorch's `clip_grad_value_` and
 * `clip_grad_norm_` do: elements are clipped to ±maxValue, and where the norm of
 * all gradients together, as one vector, is larger than maxNorm, they are
 * multiplied by `maxNorm / (norm + 1e-6)`.
 *
 * If the norm is NaN or infinite the gradients are not multiplied, so that one
 * can still see which of them it came from. (PyTorch makes all of them NaN or 0.)
 * Sums are taken in each gradient's dtype, in an order that follows from shapes
 * alone, and added up in the order of the names.
 *
 * @param grads The gradients by name, of any shapes and dtypes.
 * @param options The largest norm, or the largest value, or both.
 * @returns The norm before it was clipped.
 * @throws {RangeError} If maxNorm or maxValue is not positive.
 *
 * @example A norm of 5, clipped to 1
 * ```ts
 * import { clipGradients, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const grads = { W1: tensor([3, 0]), b1: tensor([-4]) };
 * assertEquals(clipGradients(grads, { maxNorm: 1 }), 5);
 * assertAlmostEquals(grads.b1.at(0), -0.8, 1e-6);
 * ```
 */
export function clipGradients(
  grads: Readonly<Record<string, Tensor>>,
  options: ClipGradientsOptions = {},
): number {
  const { maxNorm, maxValue } = options;
  checkLimits({ maxNorm, maxValue });
  const all = Object.values(grads);
  if (maxValue !== undefined) all.forEach((grad) => clamp(grad, maxValue));
  const norm = Math.sqrt(
    all.reduce((sum, grad) => sum + squares(grad), 0),
  );
  if (maxNorm === undefined || !Number.isFinite(norm)) return norm;
  const factor = maxNorm / (norm + EPSILON);
  if (factor < 1) all.forEach((grad) => scale(grad, factor));
  return norm;
}

/**
 * The sum of squares; in float64 where that of a float32 gradient is too large
 * for its dtype.
 */
function squares(grad: Tensor): number {
  const sum = sumSquares(grad);
  if (grad.dtype === "float64" || Number.isFinite(sum)) return sum;
  let exact = 0;
  for (const value of grad.data) exact += value * value;
  return exact;
}

function checkLimits(limits: Record<string, number | undefined>): void {
  for (const [name, limit] of Object.entries(limits)) {
    if (limit !== undefined && !(limit > 0)) {
      throw new RangeError(
        `Cannot clip gradients: expected ${name} to be positive but found ${limit}`,
      );
    }
  }
}
