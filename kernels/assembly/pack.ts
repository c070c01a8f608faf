// Copyright 2026 the Convlab authors. MIT license.

// Packing of the rows of a matrix for the register tiles: blocks of five rows,
// then of four, then of three, each block column by column.

import { blockRow, foursOf } from "./correlate";
import { bytes, lanes, zero } from "./simd";

/**
 * Packs blocks `begin` to `end` of a (rows × depth). Block i begins at number
 * blockRow(i) * depth of `out`; where there are fewer than three rows, zeros fill up.
 */
export function packRows<T>(
  a: usize, rowStride: i32, depthStride: i32, rows: i32, fives: i32, depth: i32, out: usize,
  begin: i32, end: i32,
): void {
  const fours = foursOf(rows - 5 * fives);
  for (let block = begin; block < end; block++) {
    const row = blockRow(block, fives, fours);
    if (row >= rows) return;
    const width = block < fives ? 5 : block < fives + fours ? 4 : 3;
    const from = a + bytes<T>(row * rowStride), to = out + bytes<T>(row * depth);
    let done = 0;
    if (width > 3 && rowStride == 1) {
      packContiguousRows<T>(from, bytes<T>(depthStride), width, depth, to);
      continue;
    }
    if (width > 3 && depthStride == 1) {
      done = depth & ~(lanes<T>() - 1);
      packTransposed<T>(from, bytes<T>(rowStride), width, done, to);
    }
    for (let i = 0; i < width; i++) {
      let q = to + bytes<T>(done * width + i);
      let p = from + bytes<T>(i * rowStride + done * depthStride);
      const there = row + i < rows;
      for (let k = done; k < depth; k++) {
        store<T>(q, there ? load<T>(p) : <T>0);
        p += bytes<T>(depthStride);
        q += bytes<T>(width);
      }
    }
  }
}

/** The rows of one column lie side by side. */
function packContiguousRows<T>(from: usize, column: usize, width: i32, depth: i32, to: usize): void {
  const stored = bytes<T>(width);
  for (let k = 0; k < depth; k++) {
    v128.store(to, v128.load(from));
    if (sizeof<T>() == 8) v128.store(to, v128.load(from, 16), 16);
    if (width == 5) store<T>(to, load<T>(from, 4 * sizeof<T>()), 4 * sizeof<T>());
    from += column;
    to += stored;
  }
}

/** The numbers of one row lie side by side: blocks of them are transposed. */
function packTransposed<T>(from: usize, row: usize, width: i32, depth: i32, to: usize): void {
  const stored = bytes<T>(width);
  const fifth = from + 4 * row;
  for (let k = 0; k < depth; k += lanes<T>()) {
    const p = from + bytes<T>(k);
    transpose<T>(p, row, to, stored);
    if (sizeof<T>() == 8) transpose<T>(p + 2 * row, row, to + 16, stored);
    if (width == 5) {
      const q = fifth + bytes<T>(k);
      store<T>(to, load<T>(q), 4 * sizeof<T>());
      store<T>(to + stored, load<T>(q, sizeof<T>()), 4 * sizeof<T>());
      if (sizeof<T>() == 4) {
        store<T>(to + 2 * stored, load<T>(q, 2 * sizeof<T>()), 4 * sizeof<T>());
        store<T>(to + 3 * stored, load<T>(q, 3 * sizeof<T>()), 4 * sizeof<T>());
      }
    }
    to += <usize>lanes<T>() * stored;
  }
}

/** As many numbers of each of as many rows as a vector has lanes, columns becoming rows. */
// @ts-ignore: decorator
@inline
export function transpose<T>(from: usize, row: usize, to: usize, stored: usize): void {
  if (sizeof<T>() == 8) {
    transposeTwo(v128.load(from), v128.load(from + row), to, stored);
  } else {
    transposeFour(
      v128.load(from), v128.load(from + row), v128.load(from + 2 * row), v128.load(from + 3 * row),
      to, stored,
    );
  }
}

/** The same of the first `there` rows, fewer than all; the others are zeros. */
// @ts-ignore: decorator
@inline
export function transposeSome<T>(
  from: usize, row: usize, there: i32, to: usize, stored: usize,
): void {
  const a = there > 0 ? v128.load(from) : zero<T>();
  if (sizeof<T>() == 8) {
    transposeTwo(a, zero<T>(), to, stored);
  } else {
    const b = there > 1 ? v128.load(from + row) : zero<T>();
    const c = there > 2 ? v128.load(from + 2 * row) : zero<T>();
    transposeFour(a, b, c, zero<T>(), to, stored);
  }
}

// @ts-ignore: decorator
@inline
function transposeTwo(a: v128, b: v128, to: usize, stored: usize): void {
  v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
  v128.store(to + stored, v128.shuffle<f64>(a, b, 1, 3));
}

// @ts-ignore: decorator
@inline
function transposeFour(a: v128, b: v128, c: v128, d: v128, to: usize, stored: usize): void {
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
  v128.store(to + stored, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
  v128.store(to + 2 * stored, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
  v128.store(to + 3 * stored, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
}
