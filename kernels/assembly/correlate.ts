// Copyright 2026 the Convlab authors. MIT license.

// What convolutions and matrix products do with the register tiles (written by
// tile_source.ts of the folder above):
//
//   out[i][j] = bias[i] + sum over k of weights[k][i] * source[offset of k + j]
//
// for a few rows i and a few vectors of columns j. Where the taps k are is what
// makes one tile serve both: for a convolution they are those of the window in a
// padded image, so that no im2col matrix is ever written; for a matrix product
// they are rows of the other factor, or of a packed panel.
//
// The columns of a tile are neighbours in one row of outputs, or half as many of
// two or three rows: of two where a row is short and the tile is wide, and of three
// where there are three filters, which alone are too few for a tile.

import { STEPS_TURN, VECTORS, WINDOW_TURN } from "./variant";
import { bytes, tileColumns } from "./simd";
import { grid3, grid4, grid5, tile3, tile4, tile5 } from "./tile";

/** Bytes of one tile, where it is stored when not all of it is wanted. */
export const SPILL_BYTES: usize = 5 * 16 * VECTORS;

/** How many blocks of four rows there are among `rest` rows; those left have three. */
// @ts-ignore: decorator
@inline
export function foursOf(rest: i32): i32 {
  return max(0, rest - 3 * ((4 - (rest & 3)) & 3)) >> 2;
}

/** The first row of block `i`: blocks of five rows come first, then those of four, then of three. */
// @ts-ignore: decorator
@inline
export function blockRow(i: i32, fives: i32, fours: i32): i32 {
  return 5 * i - max(0, i - fives) - max(0, i - fives - fours);
}

/**
 * One column of tiles: all `rows` of the result, in blocks of five, four
 * and three, for the same columns. With `bias` (a pointer to a number a row) the
 * result is stored, and without it (0) it is added to what `out` holds.
 * From `source` on taps lie `stride` bytes apart, and are read for whole tiles,
 * however few `columns` are wanted.
 */
export function tileColumn<T>(
  source: usize, taps: i32, stride: usize, weights: usize, bias: usize,
  out: usize, rowStride: usize, rows: i32, fives: i32, columns: i32, spill: usize,
): void {
  columns = min(tileColumns<T>(), columns);
  const weightRow = bytes<T>(taps);
  const end = source + <usize>taps * stride;
  const unrolled = source + <usize>(taps / STEPS_TURN * STEPS_TURN) * stride;
  let i = 0;
  for (; i < 5 * fives; i += 5) {
    tile5<T>(
      source, unrolled, end, stride, weights, bias, out, rowStride, sizeof<T>(),
      5, columns, spill,
    );
    weights += 5 * weightRow;
    if (bias) bias += 5 * sizeof<T>();
    out += 5 * rowStride;
  }
  const last = 5 * fives + 4 * foursOf(rows - 5 * fives);
  for (; i < last; i += 4) {
    tile4<T>(
      source, unrolled, end, stride, weights, bias, out, rowStride, sizeof<T>(),
      4, columns, spill,
    );
    weights += 4 * weightRow;
    if (bias) bias += 4 * sizeof<T>();
    out += 4 * rowStride;
  }
  for (; i < rows; i += 3) {
    tile3<T>(
      source, unrolled, end, stride, weights, bias, out, rowStride, sizeof<T>(),
      min(3, rows - i), columns, spill,
    );
    weights += 3 * weightRow;
    if (bias) bias += 3 * sizeof<T>();
    out += 3 * rowStride;
  }
}

/**
 * A whole grid of outputs of one image, for all filters. Position (y, x) reads
 * `source + y * sourceRow + x` and is stored at `out + y * outRow + x *
 * outColumn` of each filter. `taps` is the table of the window's (tap_table.ts).
 * With `inThrees` three filters are faster, but the last bits of their sums depend
 * on how many rows are done at once.
 */
export function correlate<T>(
  source: usize, sourceRow: usize, taps: usize, weights: usize, bias: usize,
  filters: i32, fives: i32, out: usize, outPlane: usize, outRow: usize, outColumn: usize,
  height: i32, width: i32, inThrees: bool, spill: usize,
): void {
  const weightRow = bytes<T>(load<i32>(taps));
  const threes = load<i32>(taps, 4), stride = <usize>load<u32>(taps, 8);
  const singles = load<i32>(taps) - WINDOW_TURN * threes;
  taps += 12;
  const unrolled = taps + (<usize>threes << 2), end = unrolled + (<usize>singles << 2);
  const last = 5 * fives + 4 * foursOf(filters - 5 * fives);
  let i = 0;
  while (i < filters) {
    if (i < 5 * fives) {
      grid5<T>(
        source, sourceRow, taps, unrolled, end, stride, weights, bias, 5,
        out, outPlane, outRow, outColumn, height, width, spill,
      );
    } else if (i < last) {
      grid4<T>(
        source, sourceRow, taps, unrolled, end, stride, weights, bias, 4,
        out, outPlane, outRow, outColumn, height, width, spill,
      );
    } else {
      grid3<T>(
        source, sourceRow, taps, unrolled, end, stride, weights, bias, min(3, filters - i),
        out, outPlane, outRow, outColumn, height, width, inThrees, spill,
      );
    }
    const rows = i < 5 * fives ? 5 : i < last ? 4 : 3;
    i += rows;
    weights += <usize>rows * weightRow;
    if (bias) bias += bytes<T>(rows);
    out += <usize>rows * outPlane;
  }
}
