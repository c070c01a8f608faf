// Copyright 2026 the Convlab authors. MIT license.

/**
 * Crops images to squares.
 *
 * @module
 */

import type { Image } from "./image.ts";

/**
 * The largest centred square of an image. What is over is cut evenly from both
 * ends of the longer side; if it is odd, one row or column more at the end.
 * A square image is returned as it is.
 *
 * @example The middle of a wide image
 * ```ts
 * import { cropToSquare } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const wide = { width: 4, height: 1, channels: 1, pixels: new Uint8Array([1, 2, 3, 4]) } as const;
 * assertEquals(cropToSquare(wide).pixels, new Uint8Array([2]));
 * ```
 */
export function cropToSquare(image: Image): Image {
  const { width, height, channels, pixels } = image;
  if (width === height) return image;
  const side = Math.min(width, height);
  const left = (width - side) >> 1;
  const top = (height - side) >> 1;
  const cropped = new Uint8Array(side * side * channels);
  for (let y = 0; y < side; y++) {
    const from = ((top + y) * width + left) * channels;
    cropped.set(
      pixels.subarray(from, from + side * channels),
      y * side * channels,
    );
  }
  return { width: side, height: side, channels, pixels: cropped };
}
