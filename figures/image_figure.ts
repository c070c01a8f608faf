// Copyright 2026 the Convlab authors. MIT license.

/**
 * Describes figures made of images, in rows and columns.
 *
 * @module
 */

import type { Image } from "../data/image.ts";

/** Images in a grid, row by row. */
export interface ImageFigure {
  /** Tells images from other figures. */
  readonly kind: "images";
  /** What the figure shows, above everything. */
  readonly title?: string;
  /** A second, quieter line, such as the network that the images are of. */
  readonly subtitle?: string;
  /** Images in a row. Default: as many as there are rows, or one more. */
  readonly columns?: number;
  /**
   * Space between images, in pixels of a figure 720 wide. Default 14. A grid with
   * a space of its own counts as one picture: it is no wider than one may be,
   * as fits filters.
   */
  readonly gap?: number;
  /** The images, row by row; the last row may be shorter. */
  readonly images: readonly FigureImage[];
  /** The largest width of an image, in the same pixels. Default 480; images of a figure that has it count each for itself, whatever the gap. */
  readonly imageWidth?: number;
  /**
   * What to do with images that are enlarged: `"nearest"` shows each pixel as a
   * square and enlarges by whole numbers, as fits filters and small pictures;
   * `"smooth"` blends, as fits photos. Default `"nearest"`.
   */
  readonly interpolation?: "nearest" | "smooth";
}

/** An image of a figure. */
export interface FigureImage {
  /** The image. */
  readonly image: Image;
  /** What it is, above it. */
  readonly title?: string;
  /** A second, quieter line between its title and it. */
  readonly subtitle?: string;
}

const MAX_GAP = 100;

/**
 * The number of columns of a figure.
 *
 * @throws {RangeError} If the figure has no images, columns are no positive integer, the gap is not from 0 to 100, or the width of images not positive.
 */
export function columnsOf(
  { columns, gap = 0, imageWidth = 1, images }: ImageFigure,
): number {
  if (images.length === 0) {
    throw new RangeError(
      "Cannot draw images: expected at least one image but found none",
    );
  }
  if (!(gap >= 0 && gap <= MAX_GAP)) {
    throw new RangeError(
      `Cannot draw images: expected gap to be from 0 to ${MAX_GAP} but found ${gap}`,
    );
  }
  if (!(imageWidth > 0)) {
    throw new RangeError(
      `Cannot draw images: expected imageWidth to be positive but found ${imageWidth}`,
    );
  }
  const count = columns ?? Math.ceil(Math.sqrt(images.length));
  if (!Number.isInteger(count) || count < 1) {
    throw new RangeError(
      `Cannot draw images: expected columns to be a positive integer but found ${count}`,
    );
  }
  return Math.min(count, images.length);
}
