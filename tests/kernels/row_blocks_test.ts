// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { packedRow, rowBlocks } from "../../kernels/row_blocks.ts";

const MOST = 2000;

/** For each number of rows, as few blocks of five, four and three as make it, or Infinity. */
const fewest = [0];
for (let rows = 1; rows <= MOST; rows++) {
  fewest.push(
    1 + Math.min(...[5, 4, 3].map((size) => fewest[rows - size] ?? Infinity)),
  );
}

/** The height of each block, in their order. */
function heights(rows: number): number[] {
  const { fives, fours, blocks } = rowBlocks(rows);
  return Array.from(
    { length: blocks },
    (_, i) => i < fives ? 5 : i < fives + fours ? 4 : 3,
  );
}

describe("rowBlocks()", () => {
  it("covers 3 to 2000 rows exactly, and 1 and 2 with a block of three", () => {
    for (let rows = 0; rows <= MOST; rows++) {
      const { fives, fours, blocks, padded } = rowBlocks(rows);
      for (const count of [fives, fours, blocks - fives - fours]) {
        assert(Number.isInteger(count) && count >= 0, `${rows} rows`);
      }
      const covered = heights(rows).reduce((sum, height) => sum + height, 0);
      assertEquals(covered, padded, `${rows} rows`);
      assertEquals(padded, rows === 0 ? 0 : Math.max(3, rows));
    }
  });

  it("takes as few blocks as there can be", () => {
    for (let rows = 3; rows <= MOST; rows++) {
      assertEquals(rowBlocks(rows).blocks, fewest[rows], `${rows} rows`);
    }
  });

  it("puts blocks of five rows first, then of four, then of three", () => {
    assertEquals(heights(1), [3]);
    assertEquals(heights(3), [3]);
    assertEquals(heights(4), [4]);
    assertEquals(heights(5), [5]);
    assertEquals(heights(6), [3, 3]);
    assertEquals(heights(7), [4, 3]);
    assertEquals(heights(8), [4, 4]);
    assertEquals(heights(9), [5, 4]);
    assertEquals(heights(11), [4, 4, 3]);
    assertEquals(heights(12), [4, 4, 4]);
    assertEquals(heights(13), [5, 4, 4]);
    assertEquals(heights(32), [5, 5, 5, 5, 4, 4, 4]);
  });
});

describe("packedRow()", () => {
  /** Asserts that each element of the rows has a place of its own, and which. */
  function assertPlaces(rows: number, depth: number): void {
    const blocks = rowBlocks(rows);
    const taken = new Uint8Array(blocks.padded * depth);
    // The rows of a block lie side by side, column after column.
    let row = 0, start = 0;
    for (const height of heights(rows)) {
      for (let i = 0; i < height && row < rows; i++, row++) {
        const { first, step } = packedRow(blocks, row, depth);
        assertEquals({ first, step }, { first: start + i, step: height });
        for (let k = 0; k < depth; k++) taken[first + k * step]!++;
      }
      start += height * depth;
    }
    assertEquals(row, rows);
    const missing = (blocks.padded - rows) * depth;
    assertEquals(taken.filter((times) => times === 1).length, rows * depth);
    assertEquals(taken.filter((times) => times === 0).length, missing);
  }

  it("takes the rows one to one to the places from 0 to padded · depth, for 1 to 100 rows", () => {
    for (let rows = 1; rows <= 100; rows++) {
      for (const depth of [1, 2, 7]) assertPlaces(rows, depth);
    }
  });

  it("takes the rows one to one to the places from 0 to padded · depth, for any number of rows", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: MOST }),
        fc.integer({ min: 1, max: 40 }),
        assertPlaces,
      ),
      { numRuns: 20 },
    );
  });
});
