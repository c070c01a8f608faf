// Copyright 2026 the Convlab authors. MIT license.

/**
 * Max-pooling: the largest value of each window of an image.
 *
 * A window that holds NaN gives NaN. The gradient goes to one input of each
 * window: the first maximum in row-major order, or the first NaN.
 *
 * @module
 */

import type { PoolGeometry } from "../kernels/pool.ts";
import {
  promoteDTypes,
  type Tensor,
  type TensorData,
  zeros,
} from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import { poolGeometry } from "./geometry.ts";

/** Options of a pooling. */
export interface PoolOptions {
  /** Rows of a window. */
  readonly poolHeight: number;
  /** Columns of a window. */
  readonly poolWidth: number;
  /** Pixels from one window to the next, down and across. */
  readonly stride: number;
}

/** What the backward passes need from the forward pass. */
export interface PoolCache extends PoolOptions {
  /** Input, shape (N, C, H, W). */
  readonly x: Tensor;
}

/**
 * Max-pooling by plain loops, the specification of
 * {@linkcode maxPoolForwardFast}. Windows may overlap; where they do not tile
 * the input, the last rows and columns go unused.
 *
 * @param x Input, shape (N, C, H, W).
 * @returns `out`, shape (N, C, H', W') with
 * `H' = 1 + floor((H - poolHeight) / stride)` and W' likewise, in the dtype of
 * `x`; and the cache for {@linkcode maxPoolBackwardNaive}.
 * @throws {TypeError} If `x` is not of that form.
 * @throws {RangeError} If an option is out of range, or the window larger than
 * the input.
 *
 * @example Two windows
 * ```ts
 * import { maxPoolForwardNaive, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 2, -3, -4], [4, 3, -2, -1]]]]);
 * const { out } = maxPoolForwardNaive(x, {
 *   poolHeight: 2,
 *   poolWidth: 2,
 *   stride: 2,
 * });
 * assertEquals(out.data, new Float64Array([4, -1]));
 * ```
 */
export function maxPoolForwardNaive(
  x: Tensor,
  options: PoolOptions,
): { out: Tensor; cache: PoolCache } {
  const { poolHeight, poolWidth, stride } = options;
  const g = poolGeometry(x, options);
  const out = zeros(g.outShape, x.dtype);
  eachWindow(g, (corner, at) => {
    out.data[at] = x.data[findMax(x.data, corner, g)]!;
  });
  return { out, cache: { x, poolHeight, poolWidth, stride } };
}

/**
 * Gradient of max-pooling by plain loops, the specification of
 * {@linkcode maxPoolBackwardFast}: each element of `dout`, in row-major
 * order, is added where its window's maximum was.
 *
 * @param dout Gradient of the output, shape (N, C, H', W').
 * @param cache What the forward pass returned.
 * @returns `dx` in the shape of `x`, float64 if `dout` or `x` is.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example On a tie the first maximum takes all
 * ```ts
 * import {
 *   maxPoolBackwardNaive,
 *   maxPoolForwardNaive,
 *   tensor,
 * } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[[[1, 7], [7, 7]]]]);
 * const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
 * const { cache } = maxPoolForwardNaive(x, pool);
 * const { dx } = maxPoolBackwardNaive(tensor([[[[5]]]]), cache);
 * assertEquals(dx.data, new Float64Array([0, 5, 0, 0]));
 * ```
 */
export function maxPoolBackwardNaive(
  dout: Tensor,
  cache: PoolCache,
): { dx: Tensor } {
  const { x } = cache;
  const g = poolGeometry(x, cache);
  checkShape("differentiate max-pooling", "dout", dout, g.outShape);
  const dx = zeros(x.shape, promoteDTypes(dout, x));
  eachWindow(g, (corner, at) => {
    dx.data[findMax(x.data, corner, g)]! += dout.data[at]!;
  });
  return { dx };
}

/** Visits every window: the offset of its corner in x, and of its output. */
function eachWindow(
  g: PoolGeometry,
  visit: (corner: number, at: number) => void,
): void {
  let at = 0;
  for (let plane = 0; plane < g.planes; plane++) {
    for (let i = 0; i < g.outHeight; i++) {
      for (let j = 0; j < g.outWidth; j++) {
        const row = plane * g.height + i * g.stride;
        visit(row * g.width + j * g.stride, at++);
      }
    }
  }
}

/** Offset of the first maximum of a window, or of its first NaN. */
function findMax(data: TensorData, corner: number, g: PoolGeometry): number {
  let best = corner;
  for (let i = 0; i < g.poolHeight; i++) {
    for (let j = 0; j < g.poolWidth; j++) {
      const at = corner + i * g.width + j;
      if (Number.isNaN(data[at])) return at;
      if (data[at]! > data[best]!) best = at;
    }
  }
  return best;
}
