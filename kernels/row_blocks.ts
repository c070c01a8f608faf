// Copyright 2026 the Convlab authors. MIT license.

/**
 * How rows (filters, or rows of a matrix product) are cut into blocks as high as
 * the register tiles, and packed.
 *
 * @module
 */

/** How the rows of a result are cut into blocks, each as high as a register tile. */
export interface RowBlocks {
  /** Blocks of five rows, which come first. */
  readonly fives: number;
  /** Blocks of four rows, which come next; those left have three. */
  readonly fours: number;
  /** All blocks. */
  readonly blocks: number;
  /** Rows of all blocks: 3 for fewer, and otherwise the rows that there are. */
  readonly padded: number;
}

/** As few blocks as there can be. */
export function rowBlocks(rows: number): RowBlocks {
  const fives = Math.max(0, (rows - 4 * ((5 - rows % 5) % 5)) / 5);
  const rest = rows - 5 * fives;
  const fours = Math.max(0, (rest - 3 * ((4 - rest % 4) % 4)) / 4);
  const threes = Math.ceil((rest - 4 * fours) / 3);
  return {
    fives,
    fours,
    blocks: fives + fours + threes,
    padded: 5 * fives + 4 * fours + 3 * threes,
  };
}

/** Where a row lies among packed blocks of `depth` columns: its first number, and the step to its next. */
export function packedRow(
  { fives, fours }: RowBlocks,
  row: number,
  depth: number,
): { first: number; step: number } {
  const four = row - 5 * fives, three = four - 4 * fours;
  const [i, step] = four < 0
    ? [row % 5, 5]
    : three < 0
    ? [four % 4, 4]
    : [three % 3, 3];
  return { first: (row - i) * depth + i, step };
}
