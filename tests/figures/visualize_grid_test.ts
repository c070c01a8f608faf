// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { visualizeGrid } from "../../figures/visualize_grid.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor } from "../../numerics/tensor.ts";

const sizes = fc.record({
  count: fc.integer({ min: 1, max: 11 }),
  height: fc.integer({ min: 1, max: 4 }),
  width: fc.integer({ min: 1, max: 4 }),
  channels: fc.integer({ min: 1, max: 3 }),
  padding: fc.integer({ min: 0, max: 3 }),
  upperBound: fc.constantFrom(1, 255),
});

describe("visualizeGrid()", () => {
  it("puts every value where it belongs, and 0 everywhere else", () => {
    fc.assert(fc.property(sizes, (size) => {
      const { count, height, width, channels, padding, upperBound } = size;
      const images = new RandomState(count).randn([
        ...[count, height, width, channels],
      ]);
      const grid = visualizeGrid(images, { padding, upperBound });
      const side = Math.ceil(Math.sqrt(count));
      assertEquals([...grid.shape], [
        side * (height + padding) - padding,
        side * (width + padding) - padding,
        channels,
      ]);
      // Reads the grid pixel by pixel: which image covers it, and where.
      for (let y = 0; y < grid.shape[0]!; y++) {
        for (let x = 0; x < grid.shape[1]!; x++) {
          const row = Math.floor(y / (height + padding));
          const column = Math.floor(x / (width + padding));
          const n = row * side + column;
          const v = y - row * (height + padding);
          const u = x - column * (width + padding);
          const isCovered = n < count && v < height && u < width;
          const values = isCovered ? [...images.slice(n, n + 1).data] : [];
          const low = Math.min(...values);
          const high = Math.max(...values);
          for (let c = 0; c < channels; c++) {
            const expected = isCovered && high > low
              ? upperBound * (images.at(n, v, u, c) - low) / (high - low)
              : 0;
            assertAlmostEquals(grid.at(y, x, c), expected, 1e-12 * upperBound);
          }
        }
      }
    }));
  });

  it("stretches each image on its own, from exactly 0 to exactly the upper bound", () => {
    const images = tensor([1, 1.1, 1.3, -7, 900, 3], [2, 1, 3, 1]);
    const { data, shape } = visualizeGrid(images, { padding: 0 });
    assertEquals([...shape], [2, 6, 1]);
    assertEquals([data[0], data[2], data[3], data[4]], [0, 255, 0, 255]);
    assert(data.subarray(6).every((value: number) => value === 0));
  });

  it("shows an image that holds NaN as NaN, and the others as they are", () => {
    const grid = visualizeGrid(tensor([NaN, 2, 3, 5], [2, 1, 2, 1]));
    assertEquals([...grid.data.subarray(0, 5)], [NaN, NaN, 0, 0, 255]);
  });
});
