// Copyright 2026 the Convlab authors. MIT license.

/**
 * How training images are varied, so that a network sees each of them in many
 * forms.
 *
 * @module
 */

/**
 * Random changes to training images, drawn for each image of each batch. They
 * are made after normalisation and in this order: crop, flip, cutout.
 */
export interface Augmentation {
  /**
   * Whether to mirror an image left to right, with a probability of 1/2.
   *
   * @default {false}
   */
  readonly flip?: boolean;
  /**
   * By how many pixels at most to shift an image, up or down and left or
   * right. That is a random crop of the image after so many pixels of padding
   * on each side. What comes in from outside is 0, the mean of the data.
   *
   * @default {0}
   */
  readonly crop?: number;
  /**
   * The side of a square, in pixels, that is set to 0, the mean of the data. Its
   * centre is anywhere in the image, and what lies outside is cut off (DeVries
   * and Taylor, "Improved Regularization of Convolutional Neural Networks with
   * Cutout", 2017).
   *
   * @default {0}
   */
  readonly cutout?: number;
}

/**
 * The options with their defaults, checked for images of one shape.
 *
 * @param imageShape Channels, height and width.
 * @throws {TypeError} If `flip` is not a boolean.
 * @throws {RangeError} If `crop` is not an integer from 0 to less than the
 * image's shorter side, or `cutout` not one from 0 to that side.
 */
export function checkAugmentation(
  augmentation: Augmentation,
  imageShape: readonly [number, number, number],
): Required<Augmentation> {
  const { flip = false, crop = 0, cutout = 0 } = augmentation;
  if (typeof flip !== "boolean") {
    throw new TypeError(
      `Cannot augment images: expected flip to be a boolean but found ${flip}`,
    );
  }
  const [, height, width] = imageShape;
  const side = Math.min(height, width);
  checkPixels("crop", crop, side - 1, imageShape);
  checkPixels("cutout", cutout, side, imageShape);
  return { flip, crop, cutout };
}

function checkPixels(
  name: string,
  pixels: number,
  most: number,
  [, height, width]: readonly [number, number, number],
): void {
  if (Number.isInteger(pixels) && pixels >= 0 && pixels <= most) return;
  throw new RangeError(
    `Cannot augment images: expected ${name} to be an integer from 0 to ${most} for images of ${height} x ${width} pixels but found ${pixels}`,
  );
}
