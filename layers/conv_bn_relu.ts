// Copyright 2026 the Convlab authors. MIT license.

/**
 * Sandwich layers of a convolution with spatial batch normalisation: with a
 * ReLU, and with a ReLU and a max-pooling.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type { BatchnormOptions } from "./batchnorm.ts";
import {
  bnReluBackward,
  type BnReluCache,
  bnReluForward,
  bnReluPoolBackward,
  type BnReluPoolCache,
  bnReluPoolForward,
} from "./bn_relu.ts";
import type { ConvCache, ConvGradients, ConvOptions } from "./conv.ts";
import {
  type BackwardOptions,
  convBackwardFast,
  convForwardFast,
} from "./conv_fast.ts";
import type { PoolOptions } from "./pool.ts";

/** What {@linkcode convBnReluBackward} needs from the forward pass. */
export interface ConvBnReluCache {
  /** Of the convolution. */
  readonly conv: ConvCache;
  /** Of the batch normalisation and the ReLU. */
  readonly bnRelu: BnReluCache;
}

/** What {@linkcode convBnReluPoolBackward} needs from the forward pass. */
export interface ConvBnReluPoolCache {
  /** Of the convolution. */
  readonly conv: ConvCache;
  /** Of the batch normalisation, the ReLU and the pooling. */
  readonly bnReluPool: BnReluPoolCache;
}

/** Gradients of a convolution followed by batch normalisation. */
export interface ConvBnGradients extends ConvGradients {
  /** Gradient of the scale, shape (F,). */
  dgamma: Tensor;
  /** Gradient of the shift, shape (F,). */
  dbeta: Tensor;
}

/**
 * A convolution, a spatial batch normalisation and a ReLU.
 *
 * @param x Input, shape (N, C, H, W).
 * @param w Filters, shape (F, C / groups, HH, WW).
 * @param b Bias, shape (F,).
 * @param gamma Scale, shape (F,).
 * @param beta Shift, shape (F,).
 * @param convOptions Stride, padding, dilation and groups.
 * @param bnOptions Mode and running averages.
 * @returns `out`, shape (N, F, OH, OW), and the cache for {@linkcode convBnReluBackward}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range.
 *
 * @example
 * ```ts
 * import { convBnReluForward, linspace, tensor, zeros } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = linspace(-1, 1, [2, 1, 4, 4]);
 * const w = linspace(-1, 1, [2, 1, 3, 3]);
 * const { out } = convBnReluForward(x, w, zeros([2]), tensor([1, 1]), zeros([2]), {
 *   stride: 1,
 *   pad: 1,
 * }, { mode: "train" });
 * assertEquals(out.shape, [2, 2, 4, 4]);
 * ```
 */
export function convBnReluForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  gamma: Tensor,
  beta: Tensor,
  convOptions: ConvOptions,
  bnOptions: BatchnormOptions,
): { out: Tensor; cache: ConvBnReluCache } {
  const conv = convForwardFast(x, w, b, convOptions);
  const { out, cache } = bnReluForward(conv.out, gamma, beta, bnOptions);
  return { out, cache: { conv: conv.cache, bnRelu: cache } };
}

/**
 * Gradients of {@linkcode convBnReluForward}.
 *
 * @param dout Gradient of the output, shape (N, F, OH, OW).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 */
export function convBnReluBackward(
  dout: Tensor,
  cache: ConvBnReluCache,
): ConvBnGradients;
/** The same, leaving out what the options say is not needed. */
export function convBnReluBackward(
  dout: Tensor,
  cache: ConvBnReluCache,
  options?: BackwardOptions,
): Omit<ConvBnGradients, "dx">;
export function convBnReluBackward(
  dout: Tensor,
  cache: ConvBnReluCache,
  options?: BackwardOptions,
): Omit<ConvBnGradients, "dx"> {
  const { dx, dgamma, dbeta } = bnReluBackward(dout, cache.bnRelu);
  const conv = convBackwardFast(dx, cache.conv, options);
  return { ...conv, dgamma, dbeta };
}

/**
 * A convolution, a spatial batch normalisation, a ReLU and a max-pooling.
 *
 * @param x Input, shape (N, C, H, W).
 * @param w Filters, shape (F, C / groups, HH, WW).
 * @param b Bias, shape (F,).
 * @param gamma Scale, shape (F,).
 * @param beta Shift, shape (F,).
 * @param convOptions Stride, padding, dilation and groups of the convolution.
 * @param bnOptions Mode and running averages.
 * @param poolOptions Window and stride of the pooling.
 * @returns `out`, shape (N, F, PH, PW), and the cache for {@linkcode convBnReluPoolBackward}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range.
 */
export function convBnReluPoolForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  gamma: Tensor,
  beta: Tensor,
  convOptions: ConvOptions,
  bnOptions: BatchnormOptions,
  poolOptions: PoolOptions,
): { out: Tensor; cache: ConvBnReluPoolCache } {
  const conv = convForwardFast(x, w, b, convOptions);
  const { out, cache } = bnReluPoolForward(
    ...[conv.out, gamma, beta, bnOptions, poolOptions] as const,
  );
  return { out, cache: { conv: conv.cache, bnReluPool: cache } };
}

/**
 * Gradients of {@linkcode convBnReluPoolForward}.
 *
 * @param dout Gradient of the output, shape (N, F, PH, PW).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 */
export function convBnReluPoolBackward(
  dout: Tensor,
  cache: ConvBnReluPoolCache,
): ConvBnGradients;
/** The same, leaving out what the options say is not needed. */
export function convBnReluPoolBackward(
  dout: Tensor,
  cache: ConvBnReluPoolCache,
  options?: BackwardOptions,
): Omit<ConvBnGradients, "dx">;
export function convBnReluPoolBackward(
  dout: Tensor,
  cache: ConvBnReluPoolCache,
  options?: BackwardOptions,
): Omit<ConvBnGradients, "dx"> {
  const { dx, dgamma, dbeta } = bnReluPoolBackward(dout, cache.bnReluPool);
  const conv = convBackwardFast(dx, cache.conv, options);
  return { ...conv, dgamma, dbeta };
}
