// Copyright 2026 the Convlab authors. MIT license.

/**
 * Average-pooling: the mean of each window of an image.
 *
 * @module
 */

import type { PoolGeometry } from "../kernels/pool.ts";
import { promoteDTypes, type Tensor, zeros } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import { poolGeometry } from "./geometry.ts";
import type { PoolCache, PoolOptions } from "./pool.ts";

/**
 * Average-pooling by plain loops, the specification of
 * {@linkcode avgPoolForwardFast}. Windows may overlap; where they do not tile
 * the input, the last rows and columns go unused. Sums run over a window row by
 * row, in float64 whatever the dtype.
 *
 * @param x Input, shape (N, C, H, W).
 * @returns `out`, shape (N, C, H', W') with
 * `H' = 1 + floor((H - poolHeight) / stride)` and W' likewise, in the dtype of
 * `x`; and the cache for {@linkcode avgPoolBackwardNaive}.
 * @throws {TypeError} If `x` is not of that form.
 * @throws {RangeError} If an option is out of range, or the window larger than
 * the input.
 *
 * @example Two windows
 * ```ts
 * import { avgPoolForwardNaive, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2, -3, -4], [4, 3, -2, -1]]]]);
 * const { out } = avgPoolForwardNaive(x, {
 *   poolHeight: 2,
 *   poolWidth: 2,
 *   stride: 2,
 * });
 * assertEquals(out.data, new Float64Array([2.5, -2.5]));
 * ```
 */
export function avgPoolForwardNaive(
  x: Tensor,
  options: PoolOptions,
): { out: Tensor; cache: PoolCache } {
  const { poolHeight, poolWidth, stride } = options;
  const g = poolGeometry(x, options);
  const out = zeros(g.outShape, x.dtype);
  eachWindow(g, (at, taps) => {
    let total = 0;
    for (const tap of taps) total += x.data[tap]!;
    out.data[at] = total / taps.length;
  });
  return { out, cache: { x, poolHeight, poolWidth, stride } };
}

/**
 * Gradient of average-pooling by plain loops, the specification of
 * {@linkcode avgPoolBackwardFast}: each element of `dout`, divided by the size
 * of a window, is added to all of its window.
 *
 * @param dout Gradient of the output, shape (N, C, H', W').
 * @param cache What the forward pass returned.
 * @returns `dx` in the shape of `x`, float64 if `dout` or `x` is.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { avgPoolBackwardNaive, avgPoolForwardNaive, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const pool = { poolHeight: 1, poolWidth: 2, stride: 1 };
 * const { cache } = avgPoolForwardNaive(tensor([[[[1, 2, 3]]]]), pool);
 * const { dx } = avgPoolBackwardNaive(tensor([[[[4, 6]]]]), cache);
 * assertEquals(dx.data, new Float64Array([2, 5, 3]));
 * ```
 */
export function avgPoolBackwardNaive(
  dout: Tensor,
  cache: PoolCache,
): { dx: Tensor } {
  const { x } = cache;
  const g = poolGeometry(x, cache);
  checkShape("differentiate average-pooling", "dout", dout, g.outShape);
  const dx = zeros(x.shape);
  eachWindow(g, (at, taps) => {
    for (const tap of taps) dx.data[tap]! += dout.data[at]! / taps.length;
  });
  return { dx: dx.astype(promoteDTypes(dout, x)) };
}

/** Visits every window: the offset of its output, and those of its taps in x. */
function eachWindow(
  g: PoolGeometry,
  visit: (at: number, taps: readonly number[]) => void,
): void {
  let at = 0;
  for (let plane = 0; plane < g.planes; plane++) {
    for (let i = 0; i < g.outHeight; i++) {
      for (let j = 0; j < g.outWidth; j++) {
        const taps: number[] = [];
        for (let y = 0; y < g.poolHeight; y++) {
          const row = plane * g.height + i * g.stride + y;
          for (let x = 0; x < g.poolWidth; x++) {
            taps.push(row * g.width + j * g.stride + x);
          }
        }
        visit(at++, taps);
      }
    }
  }
}
