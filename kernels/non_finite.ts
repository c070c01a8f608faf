// Copyright 2026 the Convlab authors. MIT license.

/**
 * Weights that are infinite or NaN, in the gradient of a convolution's input.
 *
 * The kernel sees dout within a border of zeros, and 0 times such a weight is
 * NaN, where by the definition nothing is added. So it takes an infinite weight
 * for 1 of its sign (and NaN for any number), and what these weights give by
 * the definition is added here. The 1 changes nothing: where it counts, the sum
 * is infinite in the same direction, or NaN, already.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type { Conv2dGeometry } from "./conv2d_tables.ts";

/** Adds to dx what the weights that are not finite contribute, in place. */
export function addNonFinite(
  dx: Tensor,
  dout: Tensor,
  w: Tensor,
  g: Conv2dGeometry,
): void {
  const taps = g.channels / g.groups * g.filterHeight * g.filterWidth;
  for (let k = 0; k < taps; k++) {
    for (let f = 0; f < g.filters; f++) {
      const weight = w.data[f * taps + k]!;
      if (Number.isFinite(weight)) continue;
      addTap(dx, dout, weight, f, k, g);
      // Whatever the other filters add there, it stays NaN.
      if (Number.isNaN(weight) && g.groups === 1) break;
    }
  }
}

/** dx += weight * dout[f], at the pixels that tap `k` of a filter reads. */
function addTap(
  dx: Tensor,
  dout: Tensor,
  weight: number,
  f: number,
  k: number,
  g: Conv2dGeometry,
): void {
  const { dilation, pad } = g;
  const column = dilation * (k % g.filterWidth) - pad;
  const row = dilation * (Math.floor(k / g.filterWidth) % g.filterHeight) - pad;
  const group = Math.floor(f / (g.filters / g.groups));
  const channel = group * (g.channels / g.groups) +
    Math.floor(k / (g.filterWidth * g.filterHeight));
  for (let n = 0; n < g.images; n++) {
    for (let i = 0; i < g.outHeight; i++) {
      const y = i * g.stride + row;
      if (y < 0 || y >= g.height) continue;
      const to = ((n * g.channels + channel) * g.height + y) * g.width;
      const from = ((n * g.filters + f) * g.outHeight + i) * g.outWidth;
      for (let j = 0; j < g.outWidth; j++) {
        const x = j * g.stride + column;
        if (x < 0 || x >= g.width) continue;
        dx.data[to + x]! += weight * dout.data[from + j]!;
      }
    }
  }
}
