// Copyright 2026 the Convlab authors. MIT license.

/**
 * The rectified linear unit.
 *
 * @module
 */

import {
  reluBackward as backward,
  reluForward as forward,
} from "../kernels/elementwise.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** What {@linkcode reluBackward} needs from the forward pass: its input. */
export interface ReluCache {
  /** Input of the layer. */
  readonly x: Tensor;
}

/**
 * Computes `max(x, 0)` element by element. NaN stays NaN.
 *
 * @param x Input of any shape.
 * @returns `out` in the shape and dtype of `x`, and the cache for
 * {@linkcode reluBackward}.
 *
 * @example
 * ```ts
 * import { reluForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(reluForward(tensor([-1, 0, 2])).out.data, new Float64Array([0, 0, 2]));
 * ```
 */
export function reluForward(x: Tensor): { out: Tensor; cache: ReluCache } {
  return { out: forward(x), cache: { x } };
}

/**
 * Gradient of {@linkcode reluForward}: `dout` where the input was positive or
 * NaN, and 0 elsewhere.
 *
 * @param dout Gradient of the output, in the shape of the input.
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { reluBackward, reluForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { cache } = reluForward(tensor([-1, 0, 2]));
 * const { dx } = reluBackward(tensor([5, 6, 7]), cache);
 * assertEquals(dx.data, new Float64Array([0, 0, 7]));
 * ```
 */
export function reluBackward(dout: Tensor, cache: ReluCache): { dx: Tensor } {
  checkShape("differentiate ReLU", "dout", dout, cache.x.shape);
  return { dx: backward(dout, cache.x, promoteDTypes(dout, cache.x)) };
}
