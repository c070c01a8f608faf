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
 * Area averaging, which data sets are made with, weighs each input pixel by how
 * much of it an output pixel covers. Where an image grows, that would repeat
 * pixels; the triangle is used there.
 *
 * @module
 */

import type { Image } from "./image.ts";

/** Bits after the binary point of a weight. */
const PRECISION = 22;

/**
 * How input pixels are weighed: `"bilinear"` by a triangle around the output
 * pixel, `"area"` by the share of them that it covers.
 */
export type ResizeFilter = "bilinear" | "area";

/** Options of {@linkcode resizeImage}. */
export interface ResizeOptions {
  /** How input pixels are weighed. @default {"bilinear"} */
  readonly filter?: ResizeFilter | undefined;
}

/** For one output position: the first input position, and a weight for each from there on. */
interface Window {
  readonly begin: number;
  readonly weights: Int32Array;
}

/**
 * The image in another size, antialiased.
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
 * assertEquals(resizeImage(row, 1, 2, { filter: "area" }).pixels, new Uint8Array([0, 200]));
 * ```
 */
export function resizeImage(
  image: Image,
  height: number,
  width: number,
  options: ResizeOptions = {},
): Image {
  const { filter = "bilinear" } = options;
  for (const [name, length] of Object.entries({ height, width })) {
    if (!Number.isInteger(length) || length < 1) {
      throw new RangeError(
        `Cannot resize image: expected ${name} to be a positive integer but found ${length}`,
      );
    }
  }
  if (height === image.height && width === image.width) return image;
  return resizeColumns(resizeRows(image, width, filter), height, filter);
}

function resizeRows(image: Image, width: number, filter: ResizeFilter): Image {
  const { height, channels, pixels } = image;
  const windows = windowsOf(image.width, width, filter);
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

function resizeColumns(
  image: Image,
  height: number,
  filter: ResizeFilter,
): Image {
  const { width, channels, pixels } = image;
  const stride = width * channels;
  const out = new Uint8Array(height * stride);
  let to = 0;
  const windows = windowsOf(image.height, height, filter);
  for (const { begin, weights } of windows) {
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

function windowsOf(
  inputLength: number,
  outputLength: number,
  filter: ResizeFilter,
): Window[] {
  const weigh = filter === "area" && outputLength < inputLength
    ? coverage
    : triangle;
  return Array.from({ length: outputLength }, (_, i) => {
    const { begin, weights } = weigh(i, inputLength, outputLength);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return {
      begin,
      weights: Int32Array.from(
        weights,
        (weight) => Math.trunc(0.5 + weight / total * (1 << PRECISION)),
      ),
    };
  });
}

/** Weights, not yet summing to 1, of the input pixels from `begin` on. */
interface Weights {
  readonly begin: number;
  readonly weights: Float64Array;
}

function triangle(
  i: number,
  inputLength: number,
  outputLength: number,
): Weights {
  const scale = inputLength / outputLength;
  const support = Math.max(scale, 1);
  const center = (i + 0.5) * scale;
  const begin = Math.max(0, Math.trunc(center - support + 0.5));
  const end = Math.min(inputLength, Math.trunc(center + support + 0.5));
  const weights = Float64Array.from(
    { length: end - begin },
    (_, j) =>
      Math.max(0, 1 - Math.abs((j + begin - center + 0.5) * (1 / support))),
  );
  return { begin, weights };
}

/** How much of each input pixel lies within output pixel `i`. */
function coverage(
  i: number,
  inputLength: number,
  outputLength: number,
): Weights {
  const from = i * inputLength / outputLength;
  const to = (i + 1) * inputLength / outputLength;
  const begin = Math.floor(from);
  const end = Math.min(inputLength, Math.ceil(to));
  const weights = Float64Array.from(
    { length: end - begin },
    (_, j) => Math.min(to, begin + j + 1) - Math.max(from, begin + j),
  );
  return { begin, weights };
}
