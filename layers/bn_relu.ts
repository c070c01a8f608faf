// Copyright 2026 the Convlab authors. MIT license.

/**
 * Spatial batch normalisation joined with a ReLU, and with a max-pooling too.
 *
 * What {@linkcode spatialBatchnormForward}, {@linkcode reluForward} and
 * {@linkcode maxPoolForwardFast} give one after the other, in fewer passes over
 * memory: most of the time that these layers take is that of the memory.
 *
 * @module
 */

import {
  bnReluBackward as backward,
  bnReluForward as forward,
  bnReluPoolBackward as poolBackward,
  bnReluPoolForward as poolForward,
} from "../kernels/bn_relu.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import {
  batchGeometry,
  batchStatistics,
  sourceOf,
} from "./batch_statistics.ts";
import type {
  BatchnormCache,
  BatchnormGradients,
  BatchnormOptions,
} from "./batchnorm.ts";
import { checkShape } from "./check.ts";
import { poolGeometry } from "./geometry.ts";
import type { PoolOptions } from "./pool.ts";
import {
  type FastPoolCache,
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "./pool_fast.ts";

/** What {@linkcode bnReluBackward} needs from the forward pass. */
export interface BnReluCache extends BatchnormCache {
  /** Shift of each channel. */
  readonly beta: Tensor;
  /** gamma · inverseStd, as the forward pass used it. */
  readonly scale: Tensor;
}

/** What {@linkcode bnReluPoolBackward} needs from the forward pass. */
export type BnReluPoolCache = FusedBnReluPoolCache | UnfusedBnReluPoolCache;

/** Of a pooling of 2 × 2 at stride 2, which is done with the normalisation. */
export interface FusedBnReluPoolCache extends BnReluCache {
  /** For each output, which tap of its window was the maximum, row by row; 4 where none is positive. */
  readonly selected: Uint8Array;
  /** For each output, how far the maximum's x lies from the mean; 0 where none is positive. */
  readonly distances: Tensor;
}

/** Of any other pooling, which comes after. */
export interface UnfusedBnReluPoolCache extends BnReluCache {
  /** Of the pooling. */
  readonly pool: FastPoolCache;
}

/**
 * A spatial batch normalisation and a ReLU, to the bit what the two give.
 *
 * @param x Input, shape (N, C, H, W).
 * @param gamma Scale, shape (C,).
 * @param beta Shift, shape (C,).
 * @param options Mode and running averages.
 * @returns `out` in the shape of `x`, float64 if any argument is; and the cache
 * for {@linkcode bnReluBackward}.
 * @throws {TypeError} If a shape does not fit, or running averages are missing
 * in `"test"` mode.
 * @throws {RangeError} If an option is out of range, or the batch is empty in
 * `"train"` mode.
 *
 * @example
 * ```ts
 * import { bnReluForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals, assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 3, 1, 3], [1, 1, 2, 2]);
 * const { out } = bnReluForward(x, tensor([2]), tensor([1]), { mode: "train" });
 * assertEquals(out.at(0, 0, 0, 0), 0);
 * assertAlmostEquals(out.at(0, 0, 0, 1), 3, 1e-4);
 * ```
 */
export function bnReluForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
): { out: Tensor; cache: BnReluCache } {
  const geometry = batchGeometry(x, 4);
  const cache = normalisation(x, gamma, beta, options);
  const dtype = promoteDTypes(x, gamma, beta);
  return { out: forward(x, kernelInputs(cache), geometry, dtype), cache };
}

/**
 * Gradients of {@linkcode bnReluForward}.
 *
 * @param dout Gradient of the output, shape (N, C, H, W).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { bnReluBackward, bnReluForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 3, 1, 3], [1, 1, 2, 2]);
 * const { cache } = bnReluForward(x, tensor([2]), tensor([1]), { mode: "train" });
 * const { dbeta } = bnReluBackward(tensor([1, 10, 100, 1000], x.shape), cache);
 * assertEquals(dbeta.data, new Float64Array([1010]));
 * ```
 */
export function bnReluBackward(
  dout: Tensor,
  cache: BnReluCache,
): BatchnormGradients {
  const { x, gamma } = cache;
  checkShape("differentiate batch normalisation", "dout", dout, x.shape);
  return backward(
    ...[dout, x, kernelInputs(cache), batchGeometry(x, 4)] as const,
    promoteDTypes(dout, x, gamma),
    sourceOf(cache),
  );
}

/**
 * A spatial batch normalisation, a ReLU and a max-pooling. A pooling of 2 × 2 at
 * stride 2 is done in the same pass.
 *
 * @param x Input, shape (N, C, H, W).
 * @param gamma Scale, shape (C,).
 * @param beta Shift, shape (C,).
 * @param bnOptions Mode and running averages.
 * @param poolOptions Window and stride of the pooling.
 * @returns `out`, shape (N, C, PH, PW), float64 if any argument is; and the
 * cache for {@linkcode bnReluPoolBackward}.
 * @throws {TypeError} If a shape does not fit, or running averages are missing
 * in `"test"` mode.
 * @throws {RangeError} If an option is out of range, the batch is empty in
 * `"train"` mode, or a window is larger than the input.
 *
 * @example
 * ```ts
 * import { bnReluPoolForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const x = tensor([1, 3, 1, 3], [1, 1, 2, 2]);
 * const { out } = bnReluPoolForward(x, tensor([2]), tensor([1]), { mode: "train" }, {
 *   poolHeight: 2,
 *   poolWidth: 2,
 *   stride: 2,
 * });
 * assertAlmostEquals(out.at(0, 0, 0, 0), 3, 1e-4);
 * ```
 */
export function bnReluPoolForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  bnOptions: BatchnormOptions,
  poolOptions: PoolOptions,
): { out: Tensor; cache: BnReluPoolCache } {
  const geometry = batchGeometry(x, 4);
  const { poolHeight, poolWidth, stride } = poolGeometry(x, poolOptions);
  if (poolHeight !== 2 || poolWidth !== 2 || stride !== 2) {
    const { out, cache } = bnReluForward(x, gamma, beta, bnOptions);
    const pool = maxPoolForwardFast(out, poolOptions);
    return { out: pool.out, cache: { ...cache, pool: pool.cache } };
  }
  const cache = normalisation(x, gamma, beta, bnOptions);
  const dtype = promoteDTypes(x, gamma, beta);
  const { out, windows } = poolForward(
    ...[x, kernelInputs(cache), geometry, dtype] as const,
  );
  return { out, cache: { ...cache, ...windows } };
}

/**
 * Gradients of {@linkcode bnReluPoolForward}: on ties the first maximum of a
 * window takes its gradient.
 *
 * @param dout Gradient of the output, shape (N, C, PH, PW).
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { bnReluPoolBackward, bnReluPoolForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 3, 1, 3], [1, 1, 2, 2]);
 * const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
 * const { cache } = bnReluPoolForward(x, tensor([2]), tensor([1]), { mode: "train" }, pool);
 * const { dbeta } = bnReluPoolBackward(tensor([7], [1, 1, 1, 1]), cache);
 * assertEquals(dbeta.data, new Float64Array([7]));
 * ```
 */
export function bnReluPoolBackward(
  dout: Tensor,
  cache: BnReluPoolCache,
): BatchnormGradients {
  if ("pool" in cache) {
    return bnReluBackward(maxPoolBackwardFast(dout, cache.pool).dx, cache);
  }
  const { x, gamma } = cache;
  const [images = 0, channels = 0, height = 0, width = 0] = x.shape;
  checkShape("differentiate max-pooling", "dout", dout, [
    ...[images, channels, height >> 1, width >> 1],
  ]);
  return poolBackward(
    ...[dout, cache, x, kernelInputs(cache), batchGeometry(x, 4)] as const,
    promoteDTypes(dout, x, gamma),
    sourceOf(cache),
  );
}

function normalisation(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
): BnReluCache {
  const { mean, inverseStd, scale } = batchStatistics(
    ...[x, gamma, beta, options, batchGeometry(x, 4)] as const,
  );
  const { mode, whole } = options;
  return { x, gamma, beta, mean, inverseStd, scale, mode, whole };
}

function kernelInputs({ mean, inverseStd, scale, beta }: BnReluCache) {
  return { mean, inverseStd, scale, shift: beta };
}
