// Copyright 2026 the Convlab authors. MIT license.

/**
 * The affine (fully connected) layer.
 *
 * @module
 */

import {
  affineBackward as backward,
  affineForward as forward,
} from "../kernels/affine.ts";
import {
  formatShape,
  promoteDTypes,
  sizeOf,
  type Tensor,
} from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** What {@linkcode affineBackward} needs from the forward pass. */
export interface AffineCache {
  /** Input of the layer. */
  readonly x: Tensor;
  /** Weights, shape (D, M). */
  readonly w: Tensor;
}

/** Gradients of an affine layer. */
export interface AffineGradients {
  /** Gradient of the input, in its shape. */
  dx: Tensor;
  /** Gradient of the weights, shape (D, M). */
  dw: Tensor;
  /** Gradient of the bias, shape (M,). */
  db: Tensor;
  /** `Σ w²`, in the dtype of `w`; only where there is a penalty. */
  sumSquares?: number;
}

/** Options of {@linkcode affineBackward}. */
export interface AffineBackwardOptions {
  /**
   * Strength of an L2 penalty of the weights: `reg · w`, the gradient of
   * `reg / 2 · Σ w²`, is added to `dw`, in the pass that writes it where `w` is
   * large. 0 by default.
   */
  readonly reg?: number | undefined;
}

/**
 * Computes `out = x · w + b`, each example of `x` flattened to a row.
 *
 * @param x Input, shape (N, d1, …, dk) with d1 · … · dk = D.
 * @param w Weights, shape (D, M).
 * @param b Bias, shape (M,).
 * @returns `out`, shape (N, M), float64 if any argument is, and the cache for
 * {@linkcode affineBackward}.
 * @throws {TypeError} If a shape does not fit.
 *
 * @example Two examples, three features, two outputs
 * ```ts
 * import { affineForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * const w = tensor([[1, 0], [0, 1], [1, 1]]);
 * const { out } = affineForward(x, w, tensor([10, 20]));
 * assertEquals(out.data, new Float64Array([14, 25, 20, 31]));
 * ```
 */
export function affineForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
): { out: Tensor; cache: AffineCache } {
  const features = sizeOf(x.shape.slice(1));
  if (w.shape.length !== 2 || x.shape.length < 1 || w.shape[0] !== features) {
    throw new TypeError(
      `Cannot apply affine layer: expected w of shape (${features}, M) for x of shape ${
        formatShape(x.shape)
      } but found ${formatShape(w.shape)}`,
    );
  }
  checkShape("apply affine layer", "b", b, [w.shape[1]!]);
  return { out: forward(x, w, b, promoteDTypes(x, w, b)), cache: { x, w } };
}

/**
 * Gradients of {@linkcode affineForward}: `dx = dout · wᵀ`, `dw = xᵀ · dout`,
 * and `db` the sum of the rows of `dout`.
 *
 * @param dout Gradient of the output, shape (N, M).
 * @param cache What the forward pass returned.
 * @param options An L2 penalty of the weights.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { affineBackward, affineForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { cache } = affineForward(tensor([[1, 2]]), tensor([[3], [4]]), tensor([0]));
 * const { dx, dw, db } = affineBackward(tensor([[10]]), cache);
 * assertEquals(dx.data, new Float64Array([30, 40]));
 * assertEquals(dw.data, new Float64Array([10, 20]));
 * assertEquals(db.data, new Float64Array([10]));
 * ```
 */
export function affineBackward(
  dout: Tensor,
  cache: AffineCache,
  { reg = 0 }: AffineBackwardOptions = {},
): AffineGradients {
  const { x, w } = cache;
  checkShape("differentiate affine layer", "dout", dout, [
    x.shape[0]!,
    w.shape[1]!,
  ]);
  return backward(dout, x, w, promoteDTypes(dout, x, w), reg);
}
