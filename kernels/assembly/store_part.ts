// Copyright 2026 the Convlab authors. MIT license.

// The slow way out of a register tile: its numbers, one by one, from where it
// was spilled to.

import { bytes } from "./simd";

/**
 * Stores the first `columns` columns of a tile's first `rows` rows, which lie
 * `tileRow` bytes apart; adds where there is no bias.
 */
export function storePart<T>(
  tile: usize, tileRow: usize, bias: usize, out: usize, rowStride: usize, columnStride: usize,
  rows: i32, columns: i32,
): void {
  for (let i = 0; i < rows; i++) {
    const b = bias ? load<T>(bias + bytes<T>(i)) : <T>0;
    let from = tile, to = out;
    for (let j = 0; j < columns; j++) {
      const sum = load<T>(from);
      store<T>(to, sum + (bias ? b : load<T>(to)));
      to += columnStride;
      from += sizeof<T>();
    }
    tile += tileRow;
    out += rowStride;
  }
}
