// Copyright 2026 the Convlab authors. MIT license.

/**
 * Colour images as grey ones and the other way round.
 *
 * @module
 */

import type { Image } from "./image.ts";

/**
 * The image in grey: 0.299 red + 0.587 green + 0.114 blue, with the weights in
 * 16 bits, so that the bytes are those of Pillow's `Image.convert("L")`. A grey
 * image is returned as it is.
 *
 * Source of the weights: ITU-R BT.601.
 *
 * @example Pure green
 * ```ts
 * import { toGrayscale } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const green = { width: 1, height: 1, channels: 3, pixels: new Uint8Array([0, 255, 0]) } as const;
 * assertEquals(toGrayscale(green).pixels, new Uint8Array([150]));
 * ```
 */
export function toGrayscale(image: Image): Image {
  const { width, height, channels, pixels } = image;
  if (channels === 1) return image;
  const grey = new Uint8Array(width * height);
  for (let i = 0, from = 0; i < grey.length; i++, from += 3) {
    const sum = 19595 * pixels[from]! + 38470 * pixels[from + 1]! +
      7471 * pixels[from + 2]!;
    grey[i] = (sum + 0x8000) >> 16;
  }
  return { width, height, channels: 1, pixels: grey };
}
