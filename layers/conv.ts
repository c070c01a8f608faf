// Copyright 2026 the Convlab authors. MIT license.

/**
 * Two-dimensional convolution (in the field's sense: cross-correlation, the
 * filter is not flipped).
 *
 * @module
 */

import type { Conv2dGeometry } from "../kernels/conv2d_tables.ts";
import { sum } from "../numerics/sum.ts";
import { promoteDTypes, type Tensor, zeros } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";
import { convGeometry, resolveConvOptions } from "./geometry.ts";
import { cropImages, padImages } from "./pad.ts";

/** Options of a convolution. */
export interface ConvOptions {
  /**
   * Pixels from one window to the next, down and across.
   *
   * @default {1}
   */
  readonly stride?: number;
  /**
   * Rows and columns of zeros around each image.
   *
   * @default {0}
   */
  readonly pad?: number;
  /**
   * Pixels from one tap of a filter to the next, down and across.
   *
   * @default {1}
   */
  readonly dilation?: number;
  /**
   * Groups that channels and filters are cut into, in order; the filters of a
   * group see its channels only. With as many groups as channels the
   * convolution is called depthwise.
   *
   * @default {1}
   */
  readonly groups?: number;
}

/** What the backward passes need from the forward pass. */
export interface ConvCache {
  /** Input, shape (N, C, H, W). */
  readonly x: Tensor;
  /** Filters, shape (F, C / groups, HH, WW). */
  readonly w: Tensor;
  /** Biases, shape (F,). */
  readonly b: Tensor;
  /** Pixels from one window to the next. */
  readonly stride: number;
  /** Rows and columns of zeros around each image. */
  readonly pad: number;
  /** Pixels from one tap to the next. */
  readonly dilation: number;
  /** Groups of channels and filters. */
  readonly groups: number;
}

/** Gradients of a convolution. */
export interface ConvGradients {
  /** Gradient of the input, shape (N, C, H, W). */
  dx: Tensor;
  /** Gradient of the filters, in their shape. */
  dw: Tensor;
  /** Gradient of the biases, shape (F,). */
  db: Tensor;
}

/**
 * Convolution by plain loops, the specification of {@linkcode convForwardFast}:
 * every output is the sum over a window of the padded input times a filter,
 * plus the filter's bias.
 *
 * The sum is taken in NumPy's pairwise order, and in float64 whatever the
 * dtypes; a float32 result is rounded once, when it is stored. So it is the
 * measure of any order of sums in float32.
 *
 * @param x Input, shape (N, C, H, W).
 * @param w Filters, shape (F, C / groups, HH, WW).
 * @param b Biases, shape (F,).
 * @returns `out`, shape (N, F, H', W') with
 * `H' = 1 + floor((H + 2 pad - dilation (HH - 1) - 1) / stride)` and W'
 * likewise, float64 if any argument is; and the cache for
 * {@linkcode convBackwardNaive}.
 * @throws {TypeError} If a shape does not fit.
 * @throws {RangeError} If an option is out of range, `groups` does not divide C
 * and F, or a filter does not fit into the padded input.
 *
 * @example Sums of neighbours
 * ```ts
 * import { convForwardNaive, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4], [1, 1, 1, 4]);
 * const w = tensor([1, 1], [1, 1, 1, 2]);
 * const { out } = convForwardNaive(x, w, tensor([10]));
 * assertEquals(out.data, new Float64Array([13, 15, 17]));
 * ```
 */
export function convForwardNaive(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  options: ConvOptions = {},
): { out: Tensor; cache: ConvCache } {
  const g = convGeometry(x, w, b, options);
  const { stride } = g;
  const padded = padImages(x, g.pad);
  const { image, group, row, taps } = windowsOf(g);
  const filtersOfGroup = g.filters / g.groups;
  const products = new Float64Array(taps.length);
  const out = zeros(
    [g.images, g.filters, g.outHeight, g.outWidth],
    promoteDTypes(x, w, b),
  );
  let at = 0;
  for (let n = 0; n < g.images; n++) {
    for (let f = 0; f < g.filters; f++) {
      const first = n * image + Math.floor(f / filtersOfGroup) * group;
      for (let i = 0; i < g.outHeight; i++) {
        for (let j = 0; j < g.outWidth; j++) {
          const corner = first + i * stride * row + j * stride;
          for (let k = 0; k < taps.length; k++) {
            products[k] = padded.data[corner + taps[k]!]! *
              w.data[f * taps.length + k]!;
          }
          out.data[at++] = sum(products) + b.data[f]!;
        }
      }
    }
  }
  return { out, cache: { x, w, b, ...resolveConvOptions(options) } };
}

/**
 * Gradients of a convolution by plain loops, the specification of
 * {@linkcode convBackwardFast}: every element of `dout` adds its filter to the
 * gradient of its window, and its window to the gradient of its filter.
 *
 * Sums run over n, f, i, j in that order (`db`: over images in sequence,
 * pairwise over each), in float64 whatever the dtypes; float32 results are
 * rounded once, at the end.
 *
 * @param dout Gradient of the output, shape (N, F, H', W').
 * @param cache What the forward pass returned.
 * @returns `dx`, `dw` and `db` in the shapes of `x`, `w` and `b`, float64 if
 * any of `dout`, `x` and `w` is.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example Every input is seen by two windows, but for the ends
 * ```ts
 * import { convBackwardNaive, convForwardNaive, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const x = tensor([1, 2, 3, 4], [1, 1, 1, 4]);
 * const w = tensor([1, 1], [1, 1, 1, 2]);
 * const { cache } = convForwardNaive(x, w, tensor([10]));
 * const dout = tensor([1, 1, 1], [1, 1, 1, 3]);
 * const { dx, dw, db } = convBackwardNaive(dout, cache);
 * assertEquals(dx.data, new Float64Array([1, 2, 2, 1]));
 * assertEquals(dw.data, new Float64Array([6, 9]));
 * assertEquals(db.data, new Float64Array([3]));
 * ```
 */
export function convBackwardNaive(
  dout: Tensor,
  cache: ConvCache,
): ConvGradients {
  const { x, w, b, stride, pad } = cache;
  const g = convGeometry(x, w, b, cache);
  const outShape = [g.images, g.filters, g.outHeight, g.outWidth];
  checkShape("differentiate convolution", "dout", dout, outShape);
  const padded = padImages(x, pad);
  const { image, group, row, taps } = windowsOf(g);
  const filtersOfGroup = g.filters / g.groups;
  const grad = dout.astype("float64").data;
  const dxPadded = zeros(padded.shape);
  const dw = zeros(w.shape);
  const db = zeros(b.shape);
  const area = g.outHeight * g.outWidth;
  let at = 0;
  for (let n = 0; n < g.images; n++) {
    for (let f = 0; f < g.filters; f++) {
      db.data[f]! += sum(grad, at, area);
      const first = n * image + Math.floor(f / filtersOfGroup) * group;
      for (let i = 0; i < g.outHeight; i++) {
        for (let j = 0; j < g.outWidth; j++) {
          const corner = first + i * stride * row + j * stride;
          const d = grad[at++]!;
          for (let k = 0; k < taps.length; k++) {
            const filter = f * taps.length + k;
            const window = corner + taps[k]!;
            dxPadded.data[window]! += w.data[filter]! * d;
            dw.data[filter]! += padded.data[window]! * d;
          }
        }
      }
    }
  }
  const dtype = promoteDTypes(dout, x, w);
  return {
    dx: cropImages(dxPadded, pad).astype(dtype),
    dw: dw.astype(dtype),
    db: db.astype(dtype),
  };
}

/** Where the windows of padded images lie in their data. */
function windowsOf(g: Conv2dGeometry): {
  /** Elements from one image to the next. */
  image: number;
  /** Elements from one group of channels to the next. */
  group: number;
  /** Elements from one row to the next. */
  row: number;
  /** For each weight of a filter, in C order, the way from the window's corner. */
  taps: number[];
} {
  const height = g.height + 2 * g.pad;
  const row = g.width + 2 * g.pad;
  const channels = g.channels / g.groups;
  const taps: number[] = [];
  for (let c = 0; c < channels; c++) {
    for (let hh = 0; hh < g.filterHeight; hh++) {
      for (let ww = 0; ww < g.filterWidth; ww++) {
        taps.push((c * height + hh * g.dilation) * row + ww * g.dilation);
      }
    }
  }
  const group = channels * height * row;
  return { image: g.groups * group, group, row, taps };
}
