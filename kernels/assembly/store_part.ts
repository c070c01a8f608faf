// Copyright 2026 the Convlab authors. MIT license.

// The slow way out of a register tile: its numbers, one by one, from where it
// was spilled to.

import { VECTORS } from "./variant";
import { bytes } from "./simd";

/**
 * Stores the first `first` columns of one half of the tile and the first
 * `second` of the other, of its first `rows` rows; adds where there is no bias.
 */
export function storePart<T>(
  tile: usize, bias: usize, out: usize, rowStride: usize, columnStride: usize, outPair: usize,
  rows: i32, first: i32, second: i32,
): void {
  for (let i = 0; i < rows; i++) {
    const b = bias ? load<T>(bias + bytes<T>(i)) : <T>0;
    storeRow<T>(tile, bias, b, out, columnStride, first);
    storeRow<T>(tile + 8 * VECTORS, bias, b, out + outPair, columnStride, second);
    tile += 16 * VECTORS;
    out += rowStride;
  }
}

function storeRow<T>(
  from: usize, bias: usize, b: T, to: usize, columnStride: usize, columns: i32,
): void {
  for (let j = 0; j < columns; j++) {
    const sum = load<T>(from);
    store<T>(to, sum + (bias ? b : load<T>(to)));
    to += columnStride;
    from += sizeof<T>();
  }
}
