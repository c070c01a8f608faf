// Copyright 2026 the Convlab authors. MIT license.

/**
 * Pictures as networks take them, as pictures again.
 *
 * @module
 */

import { fitImage } from "../data/fit_image.ts";
import type { Image } from "../data/image.ts";
import { formatShape } from "../numerics/tensor.ts";

/** What a network that takes images of a shape sees of a picture. */
export function seenImage(
  image: Image,
  shape: readonly [number, number, number],
): Image {
  return imageOfBytes(fitImage(image, shape), shape);
}

/**
 * C·H·W bytes, channel after channel, as a picture.
 *
 * @throws {RangeError} If there are neither one nor three channels.
 */
export function imageOfBytes(
  bytes: Uint8Array,
  shape: readonly [number, number, number],
): Image {
  const [channels, height, width] = shape;
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(
      `Cannot show images: expected 1 or 3 channels but found shape ${
        formatShape(shape)
      }`,
    );
  }
  const area = height * width;
  const pixels = new Uint8Array(channels * area);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) {
      pixels[i * channels + c] = bytes[c * area + i]!;
    }
  }
  return { width, height, channels, pixels };
}
