// Copyright 2026 the Convlab authors. MIT license.

/**
 * Global average-pooling: one number for each channel of an image.
 *
 * @module
 */

import {
  globalAvgPoolBackward as backward,
  globalAvgPoolForward as forward,
} from "../kernels/avgpool.ts";
import { formatShape, promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** What {@linkcode globalAvgPoolBackward} needs from the forward pass: its input. */
export interface GlobalAvgPoolCache {
  /** Input, shape (N, C, H, W). */
  readonly x: Tensor;
}

/**
 * The mean of each channel of each image (Lin, Chen and Yan, 2013).
 *
 * @param x Input, shape (N, C, H, W) with at least one row and one column.
 * @returns `out`, shape (N, C), in the dtype of `x`; and the cache for
 * {@linkcode globalAvgPoolBackward}.
 * @throws {TypeError} If `x` is not of that form.
 *
 * @example
 * ```ts
 * import { globalAvgPoolForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4, 10, 20, 30, 40], [1, 2, 2, 2]);
 * const { out } = globalAvgPoolForward(x);
 * assertEquals(out.shape, [1, 2]);
 * assertEquals(out.data, new Float64Array([2.5, 25]));
 * ```
 */
export function globalAvgPoolForward(
  x: Tensor,
): { out: Tensor; cache: GlobalAvgPoolCache } {
  const [, , height = 0, width = 0] = x.shape;
  if (x.shape.length !== 4 || height * width === 0) {
    throw new TypeError(
      `Cannot pool: expected x of shape (N, C, H, W) with at least one row and one column but found ${
        formatShape(x.shape)
      }`,
    );
  }
  return { out: forward(x), cache: { x } };
}

/**
 * Gradient of {@linkcode globalAvgPoolForward}: each element of `dout` is shared
 * out evenly over its channel.
 *
 * @param dout Gradient of the output, shape (N, C).
 * @param cache What the forward pass returned.
 * @returns `dx` in the shape of `x`, float64 if `dout` or `x` is.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { globalAvgPoolBackward, globalAvgPoolForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { cache } = globalAvgPoolForward(tensor([1, 2, 3, 4], [1, 1, 2, 2]));
 * const { dx } = globalAvgPoolBackward(tensor([[8]]), cache);
 * assertEquals(dx.data, new Float64Array([2, 2, 2, 2]));
 * ```
 */
export function globalAvgPoolBackward(
  dout: Tensor,
  cache: GlobalAvgPoolCache,
): { dx: Tensor } {
  const { x } = cache;
  const shape = x.shape.slice(0, 2);
  checkShape("differentiate global average-pooling", "dout", dout, shape);
  return { dx: backward(dout, x.shape, promoteDTypes(dout, x)) };
}
