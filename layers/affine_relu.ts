// Copyright 2026 the Convlab authors. MIT license.

/**
 * The affine layer and a ReLU as one sandwich layer.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import {
  affineBackward,
  type AffineBackwardOptions,
  type AffineCache,
  affineForward,
  type AffineGradients,
} from "./affine.ts";
import { reluBackward, type ReluCache, reluForward } from "./relu.ts";

/** What {@linkcode affineReluBackward} needs from the forward pass. */
export interface AffineReluCache {
  /** Of the affine layer. */
  readonly affine: AffineCache;
  /** Of the ReLU. */
  readonly relu: ReluCache;
}

/**
 * An affine layer and a ReLU.
 *
 * @param x Input, shape (N, d1, …, dk).
 * @param w Weights, shape (D, M) with D = d1 · … · dk.
 * @param b Bias, shape (M,).
 * @returns `out`, shape (N, M), and the cache for {@linkcode affineReluBackward}.
 * @throws {TypeError} If a shape does not fit.
 *
 * @example
 * ```ts
 * import { affineReluForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { out } = affineReluForward(tensor([[1, 2]]), tensor([[3, -3], [4, -4]]), tensor([0, 0]));
 * assertEquals(out.data, new Float64Array([11, 0]));
 * ```
 */
export function affineReluForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
): { out: Tensor; cache: AffineReluCache } {
  const affine = affineForward(x, w, b);
  const relu = reluForward(affine.out);
  return {
    out: relu.out,
    cache: { affine: affine.cache, relu: relu.cache },
  };
}

/**
 * Gradients of {@linkcode affineReluForward}.
 *
 * @param dout Gradient of the output, shape (N, M).
 * @param cache What the forward pass returned.
 * @param options An L2 penalty of the weights.
 * @throws {TypeError} If the shape of `dout` does not fit.
 */
export function affineReluBackward(
  dout: Tensor,
  cache: AffineReluCache,
  options: AffineBackwardOptions = {},
): AffineGradients {
  const { dx } = reluBackward(dout, cache.relu);
  return affineBackward(dx, cache.affine, options);
}
