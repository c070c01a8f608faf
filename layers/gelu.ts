// Copyright 2026 the Convlab authors. MIT license.

/**
 * The Gaussian error linear unit.
 *
 * @module
 */

import {
  geluBackward as backward,
  geluForward as forward,
} from "../kernels/activation.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** What {@linkcode geluBackward} needs from the forward pass: its input. */
export interface GeluCache {
  /** Input of the layer. */
  readonly x: Tensor;
}

/**
 * Computes `x · Φ(x)`, where `Φ(x) = (1 + erf(x / √2)) / 2` is the probability
 * that a normal number is below x (Hendrycks and Gimpel, 2016): the exact form,
 * not the one with tanh. NaN stays NaN, and -Infinity becomes NaN, as in PyTorch.
 *
 * @param x Input of any shape.
 * @returns `out` in the shape and dtype of `x`, and the cache for
 * {@linkcode geluBackward}.
 *
 * @example
 * ```ts
 * import { geluForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { out } = geluForward(tensor([-1, 0, 1]));
 * assertAlmostEquals(out.at(0), -0.15865525393145707, 1e-15);
 * assertAlmostEquals(out.at(2), 0.8413447460685429, 1e-15);
 * ```
 */
export function geluForward(x: Tensor): { out: Tensor; cache: GeluCache } {
  return { out: forward(x), cache: { x } };
}

/**
 * Gradient of {@linkcode geluForward}: `dout · (Φ(x) + x · φ(x))`, where
 * `φ(x) = exp(-x² / 2) / √(2π)`.
 *
 * @param dout Gradient of the output, in the shape of the input.
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { geluBackward, geluForward, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const { cache } = geluForward(tensor([0]));
 * assertAlmostEquals(geluBackward(tensor([3]), cache).dx.at(0), 1.5, 1e-15);
 * ```
 */
export function geluBackward(dout: Tensor, cache: GeluCache): { dx: Tensor } {
  const { x } = cache;
  checkShape("differentiate GELU", "dout", dout, x.shape);
  return { dx: backward(dout, x, promoteDTypes(dout, x)) };
}
