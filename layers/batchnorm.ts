// Copyright 2026 the Convlab authors. MIT license.

/**
 * Batch normalisation of features, and of the channels of images (spatial).
 *
 * @module
 */

import {
  batchnormApply,
  batchnormBackward as backward,
  type BatchnormGeometry,
  type WholeBatch,
} from "../kernels/batchnorm.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import {
  batchGeometry,
  batchStatistics,
  sourceOf,
} from "./batch_statistics.ts";
import { checkShape } from "./check.ts";

export type { WholeBatch };

/** Options of {@linkcode batchnormForward} and {@linkcode spatialBatchnormForward}. */
export interface BatchnormOptions {
  /** `"train"` uses the statistics of the batch, `"test"` the running averages. */
  readonly mode: "train" | "test";
  /** Added to the variance; 1e-5 by default. */
  readonly eps?: number;
  /** How much of the running averages stays at each step; 0.9 by default. */
  readonly momentum?: number;
  /** Running mean of each feature, updated in place in `"train"`; needed in `"test"`. */
  readonly runningMean?: Tensor;
  /** Running variance of each feature, updated in place in `"train"`; needed in `"test"`. */
  readonly runningVar?: Tensor;
  /** The batch whose statistics are used in `"train"`, where `x` is a part of it; by default `x` itself. */
  readonly whole?: WholeBatch | undefined;
}

/** What the backward passes need from the forward pass. */
export interface BatchnormCache {
  /** Input of the layer. */
  readonly x: Tensor;
  /** Scale of each feature. */
  readonly gamma: Tensor;
  /** The mean that was subtracted. */
  readonly mean: Tensor;
  /** 1 / sqrt(variance + eps), of the variance that was divided by. */
  readonly inverseStd: Tensor;
  /** The mode of the forward pass. */
  readonly mode: "train" | "test";
  /** The batch that the input is a part of, if it is. */
  readonly whole?: WholeBatch | undefined;
}

/** Gradients of a batch normalisation. */
export interface BatchnormGradients {
  /** Gradient of the input, in its shape. */
  dx: Tensor;
  /** Gradient of gamma. */
  dgamma: Tensor;
  /** Gradient of beta. */
  dbeta: Tensor;
}

/**
 * Normalises each of D features over the batch, then scales it by `gamma` and
 * shifts it by `beta` (Ioffe and Szegedy, 2015). The variance is that of the
 * batch, divided by N. In `"train"` mode the running averages, where they are
 * given, become `momentum · running + (1 - momentum) · batch`.
 *
 * @param x Input, shape (N, D).
 * @param gamma Scale, shape (D,).
 * @param beta Shift, shape (D,).
 * @returns `out`, shape (N, D), and the cache for {@linkcode batchnormBackward}.
 * @throws {TypeError} If a shape does not fit, or running averages are missing
 * in `"test"` mode.
 * @throws {RangeError} If the mode, `eps` or `momentum` is out of range, or the
 * batch is empty in `"train"` mode.
 *
 * @example
 * ```ts
 * import { batchnormForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([[1, 10], [3, 30]]);
 * const { out } = batchnormForward(x, tensor([1, 1]), tensor([0, 5]), { mode: "train" });
 * assertAlmostEquals(out.at(0, 0), -1, 1e-5);
 * assertAlmostEquals(out.at(1, 1), 6, 1e-5);
 * ```
 */
export function batchnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
): { out: Tensor; cache: BatchnormCache } {
  return normalise(x, gamma, beta, options, batchGeometry(x, 2));
}

/**
 * Gradients of {@linkcode batchnormForward}.
 *
 * @param dout Gradient of the output, shape (N, D).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { batchnormBackward, batchnormForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1], [3]]);
 * const { cache } = batchnormForward(x, tensor([1]), tensor([0]), { mode: "train" });
 * const { dbeta } = batchnormBackward(tensor([[1], [2]]), cache);
 * assertEquals(dbeta.data, new Float64Array([3]));
 * ```
 */
export function batchnormBackward(
  dout: Tensor,
  cache: BatchnormCache,
): BatchnormGradients {
  return differentiate(dout, cache, batchGeometry(cache.x, 2));
}

/**
 * Normalises each of C channels over the batch and all positions: what
 * {@linkcode batchnormForward} does to features, done to the channels of images.
 *
 * @param x Input, shape (N, C, H, W).
 * @param gamma Scale, shape (C,).
 * @param beta Shift, shape (C,).
 * @returns `out`, shape (N, C, H, W), and the cache for
 * {@linkcode spatialBatchnormBackward}.
 * @throws {TypeError} If a shape does not fit, or running averages are missing
 * in `"test"` mode.
 * @throws {RangeError} If the mode, `eps` or `momentum` is out of range, or the
 * batch is empty in `"train"` mode.
 *
 * @example Running averages for test time
 * ```ts
 * import { spatialBatchnormForward, tensor, zeros } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 6], [1, 1, 2, 2]);
 * const runningMean = zeros([1]);
 * const runningVar = zeros([1]);
 * const [gamma, beta] = [tensor([1]), tensor([0])];
 * spatialBatchnormForward(x, gamma, beta, { mode: "train", runningMean, runningVar });
 * assertAlmostEquals(runningMean.at(0), 0.1 * 3);
 * spatialBatchnormForward(x, gamma, beta, { mode: "test", runningMean, runningVar });
 * ```
 */
export function spatialBatchnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
): { out: Tensor; cache: BatchnormCache } {
  return normalise(x, gamma, beta, options, batchGeometry(x, 4));
}

/**
 * Gradients of {@linkcode spatialBatchnormForward}.
 *
 * @param dout Gradient of the output, shape (N, C, H, W).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { spatialBatchnormBackward, spatialBatchnormForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 6], [1, 1, 2, 2]);
 * const { cache } = spatialBatchnormForward(x, tensor([1]), tensor([0]), { mode: "train" });
 * const { dbeta } = spatialBatchnormBackward(tensor([1, 1, 1, 2], [1, 1, 2, 2]), cache);
 * assertEquals(dbeta.data, new Float64Array([5]));
 * ```
 */
export function spatialBatchnormBackward(
  dout: Tensor,
  cache: BatchnormCache,
): BatchnormGradients {
  return differentiate(dout, cache, batchGeometry(cache.x, 4));
}

function normalise(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
  geometry: BatchnormGeometry,
): { out: Tensor; cache: BatchnormCache } {
  const { mean, inverseStd, scale, dtype } = batchStatistics(
    ...[x, gamma, beta, options, geometry] as const,
  );
  const { mode, whole } = options;
  return {
    out: batchnormApply(x, mean, scale, beta, geometry, dtype),
    cache: { x, gamma, mean, inverseStd, mode, whole },
  };
}

function differentiate(
  dout: Tensor,
  cache: BatchnormCache,
  geometry: BatchnormGeometry,
): BatchnormGradients {
  const { x, gamma, mean, inverseStd } = cache;
  checkShape("differentiate batch normalisation", "dout", dout, x.shape);
  const dtype = promoteDTypes(dout, x, gamma);
  const source = sourceOf(cache);
  return backward(dout, x, mean, inverseStd, gamma, geometry, dtype, source);
}
