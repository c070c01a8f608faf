// Copyright 2026 the Convlab authors. MIT license.

/**
 * Max-pooling on the kernels: WebAssembly SIMD, the batch cut over worker
 * threads. Takes what the naive functions take and gives the same bytes.
 *
 * @module
 */

import { maxPoolBackward, maxPoolForward } from "../kernels/pool.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import { poolGeometry } from "./geometry.ts";
import type { PoolCache, PoolOptions } from "./pool.ts";

/** What {@linkcode maxPoolBackwardFast} needs from the forward pass. */
export interface FastPoolCache extends PoolCache {
  /** For each output, which tap of its window was the maximum, row by row. */
  readonly argmax: Int32Array;
}

/**
 * Max-pooling of each channel: what {@linkcode maxPoolForwardNaive} computes,
 * to the bit, for any window and stride. A window that holds NaN gives NaN.
 *
 * @param x Input, shape (N, C, H, W).
 * @returns `out`, shape (N, C, H', W') with
 * `H' = 1 + floor((H - poolHeight) / stride)` and W' likewise, in the dtype of
 * `x`; and the cache for {@linkcode maxPoolBackwardFast}.
 * @throws {TypeError} If `x` does not have four axes.
 * @throws {RangeError} If an option is out of range, or the window larger than the input.
 *
 * @example
 * ```ts
 * import { maxPoolForwardFast, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1, -2, -3, -4], [1, 1, 2, 2]);
 * const { out } = maxPoolForwardFast(x, { poolHeight: 2, poolWidth: 2, stride: 2 });
 * assertEquals(out.data, new Float64Array([-1]));
 * ```
 */
export function maxPoolForwardFast(
  x: Tensor,
  options: PoolOptions,
): { out: Tensor; cache: FastPoolCache } {
  const { outShape, ...geometry } = poolGeometry(x, options);
  const { out, argmax } = maxPoolForward(x, outShape, geometry);
  const { poolHeight, poolWidth, stride } = geometry;
  return { out, cache: { x, poolHeight, poolWidth, stride, argmax } };
}

/**
 * Gradient of a max-pooling: each element of `dout` goes to the maximum of its
 * window, to the first in row-major order if there are several.
 *
 * @param dout Gradient of the output, shape (N, C, H', W').
 * @param cache What the forward pass returned.
 * @returns `dx` in the shape of `x`.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example The first of two equal maxima takes the gradient
 * ```ts
 * import { maxPoolBackwardFast, maxPoolForwardFast, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, 7, 7, 0], [1, 1, 2, 2]);
 * const { cache } = maxPoolForwardFast(x, { poolHeight: 2, poolWidth: 2, stride: 2 });
 * const { dx } = maxPoolBackwardFast(tensor([5], [1, 1, 1, 1]), cache);
 * assertEquals(dx.data, new Float64Array([0, 5, 0, 0]));
 * ```
 */
export function maxPoolBackwardFast(
  dout: Tensor,
  cache: FastPoolCache,
): { dx: Tensor } {
  const { x, argmax } = cache;
  const { outShape, ...geometry } = poolGeometry(x, cache);
  checkShape("differentiate max-pooling", "dout", dout, outShape);
  const dtype = promoteDTypes(dout, x);
  return { dx: maxPoolBackward(dout, argmax, x.shape, geometry, dtype) };
}
