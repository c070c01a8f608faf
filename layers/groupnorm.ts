// Copyright 2026 the Convlab authors. MIT license.

/**
 * Group normalisation of images, and layer normalisation of examples: each
 * example is normalised by its own statistics, in training and at test time.
 *
 * @module
 */

import {
  groupnormBackward as backward,
  groupnormForward as forward,
  type GroupnormGeometry,
} from "../kernels/groupnorm.ts";
import { formatShape, promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** Options of {@linkcode layernormForward}. */
export interface LayernormOptions {
  /**
   * Added to the variance.
   *
   * @default {1e-5}
   */
  readonly eps?: number;
}

/** Options of {@linkcode groupnormForward}. */
export interface GroupnormOptions extends LayernormOptions {
  /** Groups that the channels are cut into, in order. */
  readonly groups: number;
}

/** What the backward passes need from the forward pass. */
export interface GroupnormCache {
  /** Input of the layer. */
  readonly x: Tensor;
  /** Scale of each channel or feature. */
  readonly gamma: Tensor;
  /** The mean of each group of each example. */
  readonly mean: Tensor;
  /** 1 / sqrt(variance + eps) of each group of each example. */
  readonly inverseStd: Tensor;
  /** Groups of channels; 1 for a layer normalisation. */
  readonly groups: number;
}

/** Gradients of a layer or group normalisation. */
export interface GroupnormGradients {
  /** Gradient of the input, in its shape. */
  dx: Tensor;
  /** Gradient of gamma. */
  dgamma: Tensor;
  /** Gradient of beta. */
  dbeta: Tensor;
}

/**
 * Normalises each example over its D features, then scales each feature by
 * `gamma` and shifts it by `beta` (Ba, Kiros and Hinton, 2016). The variance is
 * divided by D.
 *
 * @param x Input, shape (N, D).
 * @param gamma Scale, shape (D,).
 * @param beta Shift, shape (D,).
 * @returns `out`, shape (N, D), float64 if any argument is; and the cache for
 * {@linkcode layernormBackward}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If `eps` is negative or no number.
 *
 * @example
 * ```ts
 * import { layernormForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { out } = layernormForward(tensor([[1, 3]]), tensor([1, 2]), tensor([0, 5]));
 * assertAlmostEquals(out.at(0, 0), -1, 1e-5);
 * assertAlmostEquals(out.at(0, 1), 7, 1e-4);
 * ```
 */
export function layernormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: LayernormOptions = {},
): { out: Tensor; cache: GroupnormCache } {
  return normalise(x, gamma, beta, options, 1, geometryOf(x, 2, 1));
}

/**
 * Gradients of {@linkcode layernormForward}.
 *
 * @param dout Gradient of the output, shape (N, D).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { layernormBackward, layernormForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const [gamma, beta] = [tensor([1, 1]), tensor([0, 0])];
 * const { cache } = layernormForward(tensor([[1, 3], [2, 8]]), gamma, beta);
 * const { dbeta } = layernormBackward(tensor([[1, 2], [3, 4]]), cache);
 * assertEquals(dbeta.data, new Float64Array([4, 6]));
 * ```
 */
export function layernormBackward(
  dout: Tensor,
  cache: GroupnormCache,
): GroupnormGradients {
  return differentiate(dout, cache, geometryOf(cache.x, 2, 1));
}

/**
 * Normalises each group of channels of each image, over its channels and
 * positions, then scales each channel by `gamma` and shifts it by `beta` (Wu and
 * He, 2018). The variance is divided by the size of a group. One group is layer
 * normalisation of images.
 *
 * @param x Input, shape (N, C, H, W).
 * @param gamma Scale, shape (C,).
 * @param beta Shift, shape (C,).
 * @returns `out` in the shape of `x`, float64 if any argument is; and the cache
 * for {@linkcode groupnormBackward}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If `groups` is not a positive integer that divides C, or
 * `eps` is negative or no number.
 *
 * @example Two groups of one channel
 * ```ts
 * import { groupnormForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([1, 3, 10, 30], [1, 2, 1, 2]);
 * const { out } = groupnormForward(x, tensor([1, 1]), tensor([0, 5]), { groups: 2 });
 * assertAlmostEquals(out.at(0, 0, 0, 0), -1, 1e-5);
 * assertAlmostEquals(out.at(0, 1, 0, 1), 6, 1e-5);
 * ```
 */
export function groupnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: GroupnormOptions,
): { out: Tensor; cache: GroupnormCache } {
  const { groups } = options;
  const geometry = geometryOf(x, 4, groups);
  return normalise(x, gamma, beta, options, groups, geometry);
}

/**
 * Gradients of {@linkcode groupnormForward}.
 *
 * @param dout Gradient of the output, shape (N, C, H, W).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { groupnormBackward, groupnormForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 3, 10, 30], [1, 2, 1, 2]);
 * const { cache } = groupnormForward(x, tensor([1, 1]), tensor([0, 0]), { groups: 1 });
 * const { dbeta } = groupnormBackward(x, cache);
 * assertEquals(dbeta.data, new Float64Array([4, 40]));
 * ```
 */
export function groupnormBackward(
  dout: Tensor,
  cache: GroupnormCache,
): GroupnormGradients {
  return differentiate(dout, cache, geometryOf(cache.x, 4, cache.groups));
}

function normalise(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  { eps = 1e-5 }: LayernormOptions,
  groups: number,
  geometry: GroupnormGeometry,
): { out: Tensor; cache: GroupnormCache } {
  const channels = groups * geometry.channels;
  checkShape("normalise", "gamma", gamma, [channels]);
  checkShape("normalise", "beta", beta, [channels]);
  if (!(eps >= 0)) {
    throw new RangeError(
      `Cannot normalise: expected eps of at least 0 but found ${eps}`,
    );
  }
  const dtype = promoteDTypes(x, gamma, beta);
  const result = forward(x, gamma, beta, eps, geometry, dtype);
  const { out, mean, inverseStd } = result;
  return { out, cache: { x, gamma, mean, inverseStd, groups } };
}

function differentiate(
  dout: Tensor,
  cache: GroupnormCache,
  geometry: GroupnormGeometry,
): GroupnormGradients {
  const { x, mean, inverseStd, gamma } = cache;
  checkShape("differentiate normalisation", "dout", dout, x.shape);
  const dtype = promoteDTypes(dout, x, gamma);
  return backward(dout, x, mean, inverseStd, gamma, geometry, dtype);
}

function geometryOf(
  x: Tensor,
  rank: number,
  groups: number,
): GroupnormGeometry {
  if (x.shape.length !== rank) {
    throw new TypeError(
      `Cannot normalise: expected x of ${rank} axes, ${
        rank === 2 ? "(N, D)" : "(N, C, H, W)"
      }, but found ${formatShape(x.shape)}`,
    );
  }
  const [images = 0, channels = 0, height = 1, width = 1] = x.shape;
  if (!(Number.isInteger(groups) && groups > 0 && channels % groups === 0)) {
    throw new RangeError(
      `Cannot normalise: expected groups to be a positive integer that divides x.shape[1] (${channels}) but found ${groups}`,
    );
  }
  return { images, groups, channels: channels / groups, size: height * width };
}
