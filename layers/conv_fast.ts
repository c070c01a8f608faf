// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolution on the kernels: WebAssembly SIMD, the batch cut over worker
 * threads. Takes what the naive functions take and gives what they give, but
 * for rounding.
 *
 * @module
 */

import { conv2dBackward, conv2dForward } from "../kernels/conv2d.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import type { ConvCache, ConvGradients, ConvOptions } from "./conv.ts";
import { convGeometry, resolveConvOptions } from "./geometry.ts";

/** Options of the backward passes of convolutions. */
export interface BackwardOptions {
  /** `false` leaves out the gradient of the input, which a first layer does not need. */
  readonly inputGradient: false;
}

/**
 * Convolution of `x` with the filters `w`, plus the bias of each: what
 * {@linkcode convForwardNaive} computes, many times faster. The two
 * agree to 1e-12 of the largest output in float64, for every stride, padding,
 * dilation and number of groups, and the bytes do not depend on the number of
 * threads. In float32 many products at stride 1 are done by Winograd's minimal
 * filtering (S. Winograd, 1980; A. Lavin and S. Gray, 2015), which rounds to
 * up to 1e-5 of the largest numbers nearby, whether a window has them or not.
 *
 * @param x Input, shape (N, C, H, W).
 * @param w Filters, shape (F, C / groups, HH, WW).
 * @param b Biases, shape (F,).
 * @returns `out`, shape (N, F, H', W') with
 * `H' = 1 + floor((H + 2 pad - dilation (HH - 1) - 1) / stride)` and W'
 * likewise, float64 if any argument is; and the cache for
 * {@linkcode convBackwardFast}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range, `groups` does not divide C
 * and F, or a filter does not fit into the padded input.
 *
 * @example Sums of neighbours
 * ```ts
 * import { convForwardFast, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4], [1, 1, 1, 4]);
 * const w = tensor([1, 1], [1, 1, 1, 2]);
 * const { out } = convForwardFast(x, w, tensor([10]));
 * assertEquals(out.data, new Float64Array([13, 15, 17]));
 * ```
 */
export function convForwardFast(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  options: ConvOptions = {},
): { out: Tensor; cache: ConvCache } {
  const geometry = convGeometry(x, w, b, options);
  return {
    out: conv2dForward(x, w, b, geometry, promoteDTypes(x, w, b)),
    cache: { x, w, b, ...resolveConvOptions(options) },
  };
}

/**
 * Gradients of a convolution: what {@linkcode convBackwardNaive} computes.
 *
 * @param dout Gradient of the output, shape (N, F, H', W').
 * @param cache What the forward pass returned.
 * @returns `dx`, `dw` and `db` in the shapes of `x`, `w` and `b`, float64 if
 * any of `dout`, `x` and `w` is.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example Every input is seen by two windows, but for the ends
 * ```ts
 * import { convBackwardFast, convForwardFast, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4], [1, 1, 1, 4]);
 * const w = tensor([1, 1], [1, 1, 1, 2]);
 * const { cache } = convForwardFast(x, w, tensor([10]));
 * const { dx, db } = convBackwardFast(tensor([1, 1, 1], [1, 1, 1, 3]), cache);
 * assertEquals(dx.data, new Float64Array([1, 2, 2, 1]));
 * assertEquals(db.data, new Float64Array([3]));
 * ```
 */
export function convBackwardFast(
  dout: Tensor,
  cache: ConvCache,
): ConvGradients;
/** The same, leaving out what the options say is not needed. */
export function convBackwardFast(
  dout: Tensor,
  cache: ConvCache,
  options?: BackwardOptions,
): Omit<ConvGradients, "dx">;
export function convBackwardFast(
  dout: Tensor,
  cache: ConvCache,
  options?: BackwardOptions,
): Omit<ConvGradients, "dx"> {
  const { x, w, b } = cache;
  const g = convGeometry(x, w, b, cache);
  checkShape("differentiate convolution", "dout", dout, [
    ...[g.images, g.filters, g.outHeight, g.outWidth],
  ]);
  const needsInput = options?.inputGradient ?? true;
  return conv2dBackward(dout, x, w, g, promoteDTypes(dout, x, w), needsInput);
}
