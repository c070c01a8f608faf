// Copyright 2026 the Convlab authors. MIT license.

/**
 * Brings images of any size to the shape that a network takes.
 *
 * @module
 */

import { formatShape } from "../numerics/tensor.ts";
import { cropToSquare } from "./crop_to_square.ts";
import type { Image } from "./image.ts";
import { resizeImage } from "./resize_image.ts";
import { toGrayscale } from "./to_grayscale.ts";

/**
 * The pixels of an image in another shape, as {@linkcode loadImageFolder} makes
 * them: cropped to the largest centred square, resized by area averaging, and
 * made grey or of three equal channels where the shape asks for it. An image
 * that has the shape already stays as it is. Where the shape is not square, the
 * whole image is resized.
 *
 * @param image The image.
 * @param imageShape Channels (1 or 3), height and width.
 * @returns C·H·W bytes in the order channel, row, column.
 * @throws {RangeError} If the shape has another number of channels, or a length that is no positive integer.
 *
 * @example A grey image for a network that takes colours
 * ```ts
 * import { fitImage } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const pixels = Uint8Array.of(10, 20, 30, 40);
 * const image = { width: 2, height: 2, channels: 1, pixels } as const;
 * assertEquals(fitImage(image, [3, 1, 1]), Uint8Array.of(25, 25, 25));
 * ```
 */
export function fitImage(
  image: Image,
  imageShape: readonly [number, number, number],
): Uint8Array<ArrayBuffer> {
  const [channels, height, width] = imageShape;
  if (channels !== 1 && channels !== 3) {
    throw new RangeError(
      `Cannot fit image: expected a shape of 1 or 3 channels but found ${
        formatShape(imageShape)
      }`,
    );
  }
  const cut = height === width ? cropToSquare(image) : image;
  const resized = resizeImage(cut, height, width, { filter: "area" });
  const { pixels, channels: stored } = channels === 1
    ? toGrayscale(resized)
    : resized;
  const area = height * width;
  const out = new Uint8Array(channels * area);
  for (let c = 0; c < channels; c++) {
    const from = stored === 1 ? 0 : c;
    for (let i = 0; i < area; i++) {
      out[c * area + i] = pixels[from + i * stored]!;
    }
  }
  return out;
}
