// Copyright 2026 the Convlab authors. MIT license.

/**
 * The leaky rectified linear unit.
 *
 * @module
 */

import {
  leakyReluBackward as backward,
  leakyReluForward as forward,
} from "../kernels/activation.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** Options of {@linkcode leakyReluForward}. */
export interface LeakyReluOptions {
  /**
   * What numbers that are not positive are multiplied by.
   *
   * @default {0.01}
   */
  readonly slope?: number;
}

/** What {@linkcode leakyReluBackward} needs from the forward pass. */
export interface LeakyReluCache {
  /** Input of the layer. */
  readonly x: Tensor;
  /** The slope. */
  readonly slope: number;
}

/**
 * Computes `x` where it is positive, and `slope · x` elsewhere (Maas, Hannun and
 * Ng, 2013). NaN stays NaN.
 *
 * @param x Input of any shape.
 * @returns `out` in the shape and dtype of `x`, and the cache for
 * {@linkcode leakyReluBackward}.
 * @throws {RangeError} If the slope is not a finite number.
 *
 * @example
 * ```ts
 * import { leakyReluForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { out } = leakyReluForward(tensor([-2, 0, 3]), { slope: 0.5 });
 * assertEquals(out.data, new Float64Array([-1, 0, 3]));
 * ```
 */
export function leakyReluForward(
  x: Tensor,
  options: LeakyReluOptions = {},
): { out: Tensor; cache: LeakyReluCache } {
  const { slope = 0.01 } = options;
  if (!Number.isFinite(slope)) {
    throw new RangeError(
      `Cannot apply leaky ReLU: expected slope to be a finite number but found ${slope}`,
    );
  }
  return { out: forward(x, slope), cache: { x, slope } };
}

/**
 * Gradient of {@linkcode leakyReluForward}: `dout` where the input was positive,
 * and `slope · dout` elsewhere.
 *
 * @param dout Gradient of the output, in the shape of the input.
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { leakyReluBackward, leakyReluForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { cache } = leakyReluForward(tensor([-2, 0, 3]), { slope: 0.5 });
 * const { dx } = leakyReluBackward(tensor([2, 4, 6]), cache);
 * assertEquals(dx.data, new Float64Array([1, 2, 6]));
 * ```
 */
export function leakyReluBackward(
  dout: Tensor,
  cache: LeakyReluCache,
): { dx: Tensor } {
  const { x, slope } = cache;
  checkShape("differentiate leaky ReLU", "dout", dout, x.shape);
  return { dx: backward(dout, x, slope, promoteDTypes(dout, x)) };
}
