// Copyright 2026 the Convlab authors. MIT license.

/**
 * Resizes images as Pillow does, and so as `scipy.misc.imresize` did.
 *
 * Each output sample is a weighted mean of the input samples around its place.
 * The weights are a triangle, as wide as two input pixels, or as two output
 * pixels where the image shrinks, which keeps fine patterns from aliasing.
 * Weights are rounded to 22 bits after the binary point and the result of each
 * pass, first along rows and then along columns, to 8 bits: the same bytes as
 * Pillow's `Image.resize(size, Image.BILINEAR)`.
 *
 * @module
 */

import type { Image } from "./image.ts";

/** Bits after the binary point of a weight. */
const PRECISION = 22;

/** For one output position: the first input position, and a weight for each from there on. */
interface Window {
  readonly begin: number;
  readonly weights: Int32Array;
}

/**
 * The image in another size, bilinear and antialiased.
 *
 * @param image The image to resize.
 * @param height Rows of the result.
 * @param width Pixels in a row of the result.
 * @throws {RangeError} If the height or the width is no positive integer.
 *
 * @example Halve a row of pixels
 * ```ts
 * import { resizeImage } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const row = { width: 4, height: 1, channels: 1, pixels: new Uint8Array([0, 0, 200, 200]) } as const;
 * assertEquals(resizeImage(row, 1, 2).pixels, new Uint8Array([29, 171]));
 * ```
 */
export function resizeImage(
  image: Image,
  height: number,
  width: number,
): Image {
  for (const [name, length] of Object.entries({ height, width })) {
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(
        `Cannot resize image: expected ${name} to be a positive integer but found ${length}`,
      );
    }
  }
  if (height === image.height && width === image.width) return image;
  return resizeColumns(resizeRows(image, width), height);
}

function resizeRows(image: Image, width: number): Image {
  const { height, channels, pixels } = image;
  const windows = windowsOf(image.width, width);
  const out = new Uint8Array(height * width * channels);
  let to = 0;
  for (let y = 0; y < height; y++) {
    for (const { begin, weights } of windows) {
      const from = (y * image.width + begin) * channels;
      for (let c = 0; c < channels; c++) {
        out[to++] = weightedMean(pixels, from + c, channels, weights);
      }
    }
  }
  return { width, height, channels, pixels: out };
}

function resizeColumns(image: Image, height: number): Image {
  const { width, channels, pixels } = image;
  const stride = width * channels;
  const out = new Uint8Array(height * stride);
  let to = 0;
  for (const { begin, weights } of windowsOf(image.height, height)) {
    for (let x = 0; x < stride; x++) {
      out[to++] = weightedMean(pixels, begin * stride + x, stride, weights);
    }
  }
  return { width, height, channels, pixels: out };
}

/** Weights sum to 1 within rounding and are not negative, so no sum leaves 32 bits or 0..255. */
function weightedMean(
  pixels: Uint8Array,
  from: number,
  stride: number,
  weights: Int32Array,
): number {
  let sum = 1 << (PRECISION - 1);
  for (let i = 0; i < weights.length; i++) {
    sum += pixels[from + i * stride]! * weights[i]!;
  }
  return Math.min(255, sum >> PRECISION);
}

function windowsOf(inputLength: number, outputLength: number): Window[] {
  const scale = inputLength / outputLength;
  const support = Math.max(scale, 1);
  return Array.from({ length: outputLength }, (_, i) => {
    const center = (i + 0.5) * scale;
    const begin = Math.max(0, Math.trunc(center - support + 0.5));
    const end = Math.min(inputLength, Math.trunc(center + support + 0.5));
    const triangle = Float64Array.from(
      { length: end - begin },
      (_, j) =>
        Math.max(0, 1 - Math.abs((j + begin - center + 0.5) * (1 / support))),
    );
    const total = triangle.reduce((sum, weight) => sum + weight, 0);
    return {
      begin,
      weights: Int32Array.from(
        triangle,
        (weight) => Math.trunc(0.5 + weight / total * (1 << PRECISION)),
      ),
    };
  });
}
