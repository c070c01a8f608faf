// Copyright 2026 the Convlab authors. MIT license.

/**
 * Puts many small images into one, to look at filters.
 *
 * @module
 */

import { formatShape, zeros } from "../numerics/tensor.ts";
import type { Tensor } from "../numerics/tensor.ts";

/** Options of {@linkcode visualizeGrid}. */
export interface VisualizeGridOptions {
  /** What the largest value of each image becomes; the smallest becomes 0. Default 255. */
  readonly upperBound?: number;
  /** Rows and columns of zeros between images. Default 1. */
  readonly padding?: number;
}

/**
 * Arranges images in a square grid, each stretched on its own so that its
 * smallest value becomes 0 and its largest `upperBound`.
 *
 * The grid has `g = ceil(sqrt(N))` rows and columns and is filled row by row.
 * What no image covers is 0, and so is an image whose values are all equal. An
 * image that holds NaN becomes NaN, as NumPy's minimum does.
 *
 * @param images Shape (N, H, W, C); filters (F, C, H, W) come into this order by `transpose([0, 2, 3, 1])`.
 * @returns Shape (g·H + padding·(g - 1), g·W + padding·(g - 1), C), of the same dtype.
 * @throws {TypeError} If `images` has not four axes.
 * @throws {RangeError} If there is no image, an image is empty, `upperBound` is not finite, or `padding` is no integer from 0.
 *
 * @example Two images side by side
 * ```ts
 * import { tensor, visualizeGrid } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = tensor([1, 3, -5, 5], [2, 1, 2, 1]);
 * const grid = visualizeGrid(images);
 * assertEquals(grid.shape, [3, 5, 1]);
 * assertEquals([...grid.data.subarray(0, 5)], [0, 255, 0, 0, 255]);
 * ```
 */
export function visualizeGrid(
  images: Tensor,
  { upperBound = 255, padding = 1 }: VisualizeGridOptions = {},
): Tensor {
  if (images.shape.length !== 4) {
    throw new TypeError(
      `Cannot arrange images: expected a tensor of shape (N, H, W, C) but found ${
        formatShape(images.shape)
      }`,
    );
  }
  if (images.size === 0) {
    throw new RangeError(
      `Cannot arrange images: expected at least one image with pixels but found shape ${
        formatShape(images.shape)
      }`,
    );
  }
  if (!Number.isFinite(upperBound)) {
    throw new RangeError(
      `Cannot arrange images: expected upperBound to be finite but found ${upperBound}`,
    );
  }
  if (!Number.isInteger(padding) || padding < 0) {
    throw new RangeError(
      `Cannot arrange images: expected padding to be an integer from 0 but found ${padding}`,
    );
  }
  const [count, height, width, channels] = images.shape as [
    number,
    number,
    number,
    number,
  ];
  const side = Math.ceil(Math.sqrt(count));
  const gridWidth = side * width + padding * (side - 1);
  const gridHeight = side * height + padding * (side - 1);
  const grid = zeros([gridHeight, gridWidth, channels], images.dtype);
  for (let n = 0; n < count; n++) {
    const image = stretch(images.slice(n, n + 1), upperBound);
    const top = Math.floor(n / side) * (height + padding);
    const left = (n % side) * (width + padding);
    const row = width * channels;
    for (let y = 0; y < height; y++) {
      grid.data.set(
        image.subarray(y * row, (y + 1) * row),
        ((top + y) * gridWidth + left) * channels,
      );
    }
  }
  return grid;
}

function stretch({ data }: Tensor, upperBound: number): Float64Array {
  let low = Infinity;
  let high = -Infinity;
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const span = low === high ? 1 : high - low;
  return Float64Array.from(
    data,
    (value) => upperBound * (value - low) / span,
  );
}
