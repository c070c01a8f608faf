// Copyright 2026 the Convlab authors. MIT license.

/**
 * Images with a border of zeros, for the naive convolution.
 *
 * @module
 */

import { type Tensor, zeros } from "../numerics/tensor.ts";

/** A float64 copy of images (N, C, H, W) with `pad` rows and columns of zeros around each. */
export function padImages(x: Tensor, pad: number): Tensor {
  const [images, channels, height, width] = lengths(x);
  const padded = zeros([images, channels, height + 2 * pad, width + 2 * pad]);
  eachRow(x, padded, pad, (row, start) => {
    padded.data.set(x.data.subarray(row, row + width), start);
  });
  return padded;
}

/** A float64 copy of padded images without their border. */
export function cropImages(padded: Tensor, pad: number): Tensor {
  const [images, channels, height, width] = lengths(padded);
  const x = zeros([images, channels, height - 2 * pad, width - 2 * pad]);
  eachRow(x, padded, pad, (row, start, length) => {
    x.data.set(padded.data.subarray(start, start + length), row);
  });
  return x;
}

/** Visits each row of the images: its offset in x and in the padded images, and its length. */
function eachRow(
  x: Tensor,
  padded: Tensor,
  pad: number,
  visit: (row: number, start: number, length: number) => void,
): void {
  const [images, channels, height, width] = lengths(x);
  const [, , paddedHeight, paddedWidth] = lengths(padded);
  for (let plane = 0; plane < images * channels; plane++) {
    for (let i = 0; i < height; i++) {
      const start = (plane * paddedHeight + pad + i) * paddedWidth + pad;
      visit((plane * height + i) * width, start, width);
    }
  }
}

function lengths(x: Tensor): [number, number, number, number] {
  const [images = 0, channels = 0, height = 0, width = 0] = x.shape;
  return [images, channels, height, width];
}
