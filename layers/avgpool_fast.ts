// Copyright 2026 the Convlab authors. MIT license.

/**
 * Average-pooling on the kernels: WebAssembly SIMD, the batch cut over worker
 * threads. Takes what the naive functions take and gives what they give, but
 * for rounding.
 *
 * @module
 */

import { avgPoolBackward, avgPoolForward } from "../kernels/avgpool.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import { poolGeometry } from "./geometry.ts";
import type { PoolCache, PoolOptions } from "./pool.ts";

/**
 * Average-pooling of each channel: what {@linkcode avgPoolForwardNaive}
 * computes, in float64 to the bit, for any window and stride.
 *
 * @param x Input, shape (N, C, H, W).
 * @returns `out`, shape (N, C, H', W') with
 * `H' = 1 + floor((H - poolHeight) / stride)` and W' likewise, in the dtype of
 * `x`; and the cache for {@linkcode avgPoolBackwardFast}.
 * @throws {TypeError} If `x` does not have four axes.
 * @throws {RangeError} If an option is out of range, or the window larger than
 * the input.
 *
 * @example
 * ```ts
 * import { avgPoolForwardFast, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([-1, -2, -3, -4], [1, 1, 2, 2]);
 * const { out } = avgPoolForwardFast(x, { poolHeight: 2, poolWidth: 2, stride: 2 });
 * assertEquals(out.data, new Float64Array([-2.5]));
 * ```
 */
export function avgPoolForwardFast(
  x: Tensor,
  options: PoolOptions,
): { out: Tensor; cache: PoolCache } {
  const { poolHeight, poolWidth, stride } = options;
  const { outShape, ...geometry } = poolGeometry(x, options);
  return {
    out: avgPoolForward(x, outShape, geometry),
    cache: { x, poolHeight, poolWidth, stride },
  };
}

/**
 * Gradient of an average-pooling: each element of `dout` is shared out evenly
 * over its window.
 *
 * @param dout Gradient of the output, shape (N, C, H', W').
 * @param cache What the forward pass returned.
 * @returns `dx` in the shape of `x`, float64 if `dout` or `x` is.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { avgPoolBackwardFast, avgPoolForwardFast, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([0, 7, 7, 0], [1, 1, 2, 2]);
 * const { cache } = avgPoolForwardFast(x, { poolHeight: 2, poolWidth: 2, stride: 2 });
 * const { dx } = avgPoolBackwardFast(tensor([8], [1, 1, 1, 1]), cache);
 * assertEquals(dx.data, new Float64Array([2, 2, 2, 2]));
 * ```
 */
export function avgPoolBackwardFast(
  dout: Tensor,
  cache: PoolCache,
): { dx: Tensor } {
  const { x } = cache;
  const { outShape, ...geometry } = poolGeometry(x, cache);
  checkShape("differentiate average-pooling", "dout", dout, outShape);
  const dtype = promoteDTypes(dout, x);
  return { dx: avgPoolBackward(dout, x.shape, geometry, dtype) };
}
