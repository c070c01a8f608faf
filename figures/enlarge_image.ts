// Copyright 2026 the Convlab authors. MIT license.

/**
 * Enlarges images without blending.
 *
 * @module
 */

import type { Image } from "../data/image.ts";

/**
 * The image with each pixel as a square.
 *
 * @param image The image.
 * @param factor Side of the squares, a positive integer.
 */
export function enlargeImage(image: Image, factor: number): Image {
  const { channels, pixels } = image;
  const width = image.width * factor;
  const height = image.height * factor;
  const out = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++) {
      const from = (row + Math.floor(x / factor)) * channels;
      for (let c = 0; c < channels; c++) out[to++] = pixels[from + c]!;
    }
  }
  return { width, height, channels, pixels: out };
}
