// Copyright 2026 the Convlab authors. MIT license.

/**
 * Sandwich layers of a convolution: with a ReLU, and with a ReLU and a
 * max-pooling.
 *
 * @module
 */

import { conv2dForward } from "../kernels/conv2d.ts";
import {
  conv2dReluPoolBackward,
  conv2dReluPoolForward,
} from "../kernels/conv2d_pool.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import type { ConvCache, ConvGradients, ConvOptions } from "./conv.ts";
import { type BackwardOptions, convBackwardFast } from "./conv_fast.ts";
import { convGeometry, resolveConvOptions } from "./geometry.ts";
import type { PoolOptions } from "./pool.ts";
import {
  type FastPoolCache,
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "./pool_fast.ts";
import { reluBackward, type ReluCache } from "./relu.ts";

/** What {@linkcode convReluBackward} needs from the forward pass. */
export interface ConvReluCache {
  /** Of the convolution. */
  readonly conv: ConvCache;
  /** Of the ReLU: its output, which is positive where its input is. */
  readonly relu: ReluCache;
}

/** What {@linkcode convReluPoolBackward} needs from the forward pass. */
export type ConvReluPoolCache =
  | FusedConvReluPoolCache
  | UnfusedConvReluPoolCache;

/** Of a pooling of 2 × 2 at stride 2, which is done with a convolution of dilation 1 and one group. */
export interface FusedConvReluPoolCache {
  /** Of the convolution. */
  readonly conv: ConvCache;
  /** For each output, which tap of its window was the maximum, row by row; 4 where none is positive. */
  readonly selected: Uint8Array;
}

/** Of any other pooling, which comes after. */
export interface UnfusedConvReluPoolCache extends ConvReluCache {
  /** Of the pooling. */
  readonly pool: FastPoolCache;
}

/**
 * A convolution and a ReLU.
 *
 * @param x Input, shape (N, C, H, W).
 * @param w Filters, shape (F, C / groups, HH, WW).
 * @param b Bias, shape (F,).
 * @param convOptions Stride, padding, dilation and groups.
 * @returns `out`, shape (N, F, OH, OW), and the cache for {@linkcode convReluBackward}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { convReluForward, linspace, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = linspace(-1, 1, [2, 3, 8, 8]);
 * const w = linspace(-1, 1, [4, 3, 3, 3]);
 * const { out } = convReluForward(x, w, zeros([4]), { stride: 1, pad: 1 });
 * assertEquals(out.shape, [2, 4, 8, 8]);
 * ```
 */
export function convReluForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  convOptions: ConvOptions,
): { out: Tensor; cache: ConvReluCache } {
  const geometry = convGeometry(x, w, b, convOptions);
  const out = conv2dForward(x, w, b, geometry, promoteDTypes(x, w, b), true);
  const conv = { x, w, b, ...resolveConvOptions(convOptions) };
  return { out, cache: { conv, relu: { x: out } } };
}

/**
 * Gradients of {@linkcode convReluForward}.
 *
 * @param dout Gradient of the output, shape (N, F, OH, OW).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 */
export function convReluBackward(
  dout: Tensor,
  cache: ConvReluCache,
): ConvGradients;
/** The same, leaving out what the options say is not needed. */
export function convReluBackward(
  dout: Tensor,
  cache: ConvReluCache,
  options?: BackwardOptions,
): Omit<ConvGradients, "dx">;
export function convReluBackward(
  dout: Tensor,
  cache: ConvReluCache,
  options?: BackwardOptions,
): Omit<ConvGradients, "dx"> {
  const { dx } = reluBackward(dout, cache.relu);
  return convBackwardFast(dx, cache.conv, options);
}

/**
 * A convolution, a ReLU and a max-pooling.
 *
 * @param x Input, shape (N, C, H, W).
 * @param w Filters, shape (F, C / groups, HH, WW).
 * @param b Bias, shape (F,).
 * @param convOptions Stride, padding, dilation and groups of the convolution.
 * @param poolOptions Window and stride of the pooling.
 * @returns `out`, shape (N, F, PH, PW), and the cache for {@linkcode convReluPoolBackward}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { convReluPoolForward, linspace, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = linspace(-1, 1, [2, 3, 8, 8]);
 * const w = linspace(-1, 1, [4, 3, 3, 3]);
 * const { out } = convReluPoolForward(x, w, zeros([4]), { stride: 1, pad: 1 }, {
 *   poolHeight: 2,
 *   poolWidth: 2,
 *   stride: 2,
 * });
 * assertEquals(out.shape, [2, 4, 4, 4]);
 * ```
 */
export function convReluPoolForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  convOptions: ConvOptions,
  poolOptions: PoolOptions,
): { out: Tensor; cache: ConvReluPoolCache } {
  const { poolHeight, poolWidth, stride: poolStride } = poolOptions;
  const geometry = convGeometry(x, w, b, convOptions);
  const { outHeight, outWidth, dilation, groups } = geometry;
  if (
    poolHeight !== 2 || poolWidth !== 2 || poolStride !== 2 ||
    outHeight < 2 || outWidth < 2 || dilation !== 1 || groups !== 1
  ) {
    const sandwich = convReluForward(x, w, b, convOptions);
    const pool = maxPoolForwardFast(sandwich.out, poolOptions);
    return { out: pool.out, cache: { ...sandwich.cache, pool: pool.cache } };
  }
  const dtype = promoteDTypes(x, w, b);
  const { out, selected } = conv2dReluPoolForward(x, w, b, geometry, dtype);
  const conv = { x, w, b, ...resolveConvOptions(convOptions) };
  return { out, cache: { conv, selected } };
}

/**
 * Gradients of {@linkcode convReluPoolForward}.
 *
 * @param dout Gradient of the output, shape (N, F, PH, PW).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 */
export function convReluPoolBackward(
  dout: Tensor,
  cache: ConvReluPoolCache,
): ConvGradients;
/** The same, leaving out what the options say is not needed. */
export function convReluPoolBackward(
  dout: Tensor,
  cache: ConvReluPoolCache,
  options?: BackwardOptions,
): Omit<ConvGradients, "dx">;
export function convReluPoolBackward(
  dout: Tensor,
  cache: ConvReluPoolCache,
  options?: BackwardOptions,
): Omit<ConvGradients, "dx"> {
  if ("pool" in cache) {
    const { dx } = maxPoolBackwardFast(dout, cache.pool);
    return convReluBackward(dx, cache, options);
  }
  const { x, w, b } = cache.conv;
  const g = convGeometry(x, w, b, cache.conv);
  checkShape("differentiate max-pooling", "dout", dout, [
    ...[g.images, g.filters, g.outHeight >> 1, g.outWidth >> 1],
  ]);
  return conv2dReluPoolBackward(
    ...[dout, cache.selected, x, w, g] as const,
    promoteDTypes(dout, x, w, b),
    options?.inputGradient ?? true,
  );
}
