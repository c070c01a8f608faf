// Copyright 2026 the Convlab authors. MIT license.

/**
 * Many small images as one, such as the filters of a network's first layer.
 *
 * @module
 */

import { formatShape, type Tensor, zeros } from "../numerics/tensor.ts";

/** Options of {@linkcode visualizeGrid}. */
export interface VisualizeGridOptions {
  /**
   * The value that each image's largest is scaled to; its smallest becomes 0.
   *
   * @default {255}
   */
  readonly upperBound?: number;
  /**
   * Pixels of 0 between two images.
   *
   * @default {1}
   */
  readonly padding?: number;
}

/**
 * Puts images into a square grid, row by row, each scaled on its own so that its
 * smallest value becomes 0 and its largest `upperBound`. The grid has
 * ⌈√N⌉ cells to a side; cells that are left over are 0, and so is an image whose
 * values are all equal.
 *
 * @param images Images, shape (N, H, W, C).
 * @returns The grid, shape (S, T, C) with S = H · g + padding · (g - 1) and T
 * likewise, where g is ⌈√N⌉; in the dtype of `images`.
 * @throws {TypeError} If `images` does not have four axes.
 * @throws {RangeError} If `padding` is not a non-negative integer, or there are no images.
 *
 * @example Four images of one pixel
 * ```ts
 * import { tensor, visualizeGrid } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = tensor([0, 1, 0, 3], [2, 1, 2, 1]);
 * const grid = visualizeGrid(images, { padding: 0 });
 * assertEquals(grid.shape, [2, 4, 1]);
 * assertEquals([...grid.data], [0, 255, 0, 255, 0, 0, 0, 0]);
 * ```
 */
export function visualizeGrid(
  images: Tensor,
  options: VisualizeGridOptions = {},
): Tensor {
  const { upperBound = 255, padding = 1 } = options;
  const [count = 0, height = 0, width = 0, channels = 0] = images.shape;
  if (images.shape.length !== 4) {
    throw new TypeError(
      `Cannot draw grid: expected images of shape (N, H, W, C) but found ${
        formatShape(images.shape)
      }`,
    );
  }
  if (count === 0 || !Number.isInteger(padding) || padding < 0) {
    throw new RangeError(
      `Cannot draw grid: expected at least one image and a padding of at least 0 but found ${count} and ${padding}`,
    );
  }
  const side = Math.ceil(Math.sqrt(count));
  const columns = width * side + padding * (side - 1);
  const rows = height * side + padding * (side - 1);
  const grid = zeros([rows, columns, channels], images.dtype);
  for (let n = 0; n < count; n++) {
    const { data } = images.slice(n, n + 1);
    let low = Infinity;
    let high = -Infinity;
    for (const value of data) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const scale = high > low ? upperBound / (high - low) : 0;
    const top = Math.floor(n / side) * (height + padding);
    const left = (n % side) * (width + padding);
    for (let y = 0; y < height; y++) {
      const to = ((top + y) * columns + left) * channels;
      const from = y * width * channels;
      for (let i = 0; i < width * channels; i++) {
        grid.data[to + i] = scale * (data[from + i]! - low);
      }
    }
  }
  return grid;
}
