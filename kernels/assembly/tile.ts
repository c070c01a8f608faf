// Copyright 2026 the Convlab authors. MIT license.

// The register tile that convolutions and matrix products share:
//
//   out[i][j] = bias[i] + sum over k of weights[k][i] * source[offsets[k] + j]
//
// for 4 rows i and 2 vectors of columns j. The table of byte offsets is what
// makes one tile serve both: for a convolution it names the taps of the window
// within a padded image, so that no im2col matrix is ever written; for a matrix
// product it names the rows of a packed panel.
//
// The four weights of one k come in one load and are spread over the lanes by
// shuffles; loading each with a splat would cost Deno's bounds check four times
// (9.9 ms against 14.8 ms on 50×3×32×32 with 32 filters of 7×7).

import { bytes, lanes, madd, TILE_ROWS, tileColumns, zero } from "./simd";

/**
 * Computes one tile and stores `rows` × `columns` of it.
 *
 * With `bias` (a pointer to 4 values) the result is stored, and without it
 * (0) the result is added to what `out` holds. `source` is read for whole
 * vectors, whatever `columns` is.
 */
export function tile<T>(
  source: usize,
  offsets: usize,
  taps: i32,
  weights: usize,
  bias: usize,
  out: usize,
  rowStride: usize,
  columnStride: usize,
  rows: i32,
  columns: i32,
  spill: usize,
): void {
  let c00 = zero<T>(), c01 = c00, c10 = c00, c11 = c00;
  let c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  const end = offsets + (<usize>taps << 2);
  while (offsets < end) {
    const p = source + <usize>load<u32>(offsets);
    const b0 = v128.load(p);
    const b1 = v128.load(p, 16);
    const w = v128.load(weights);
    if (sizeof<T>() == 4) {
      let a = v128.shuffle<f32>(w, w, 0, 0, 0, 0);
      c00 = madd<T>(a, b0, c00);
      c01 = madd<T>(a, b1, c01);
      a = v128.shuffle<f32>(w, w, 1, 1, 1, 1);
      c10 = madd<T>(a, b0, c10);
      c11 = madd<T>(a, b1, c11);
      a = v128.shuffle<f32>(w, w, 2, 2, 2, 2);
      c20 = madd<T>(a, b0, c20);
      c21 = madd<T>(a, b1, c21);
      a = v128.shuffle<f32>(w, w, 3, 3, 3, 3);
      c30 = madd<T>(a, b0, c30);
      c31 = madd<T>(a, b1, c31);
    } else {
      const w1 = v128.load(weights, 16);
      let a = v128.shuffle<f64>(w, w, 0, 0);
      c00 = madd<T>(a, b0, c00);
      c01 = madd<T>(a, b1, c01);
      a = v128.shuffle<f64>(w, w, 1, 1);
      c10 = madd<T>(a, b0, c10);
      c11 = madd<T>(a, b1, c11);
      a = v128.shuffle<f64>(w1, w1, 0, 0);
      c20 = madd<T>(a, b0, c20);
      c21 = madd<T>(a, b1, c21);
      a = v128.shuffle<f64>(w1, w1, 1, 1);
      c30 = madd<T>(a, b0, c30);
      c31 = madd<T>(a, b1, c31);
    }
    weights += bytes<T>(TILE_ROWS);
    offsets += 4;
  }
  if (rows == TILE_ROWS && columns == tileColumns<T>() && columnStride == sizeof<T>()) {
    storeRow<T>(out, bias, 0, c00, c01);
    storeRow<T>(out + rowStride, bias, 1, c10, c11);
    storeRow<T>(out + 2 * rowStride, bias, 2, c20, c21);
    storeRow<T>(out + 3 * rowStride, bias, 3, c30, c31);
    return;
  }
  v128.store(spill, c00);
  v128.store(spill, c01, 16);
  v128.store(spill, c10, 32);
  v128.store(spill, c11, 48);
  v128.store(spill, c20, 64);
  v128.store(spill, c21, 80);
  v128.store(spill, c30, 96);
  v128.store(spill, c31, 112);
  for (let i = 0; i < rows; i++) {
    let to = out + <usize>i * rowStride;
    let from = spill + (<usize>i << 5);
    for (let j = 0; j < columns; j++) {
      const sum = load<T>(from);
      store<T>(to, sum + (bias ? load<T>(bias + bytes<T>(i)) : load<T>(to)));
      to += columnStride;
      from += sizeof<T>();
    }
  }
}

// @ts-ignore: decorator
@inline
function storeRow<T>(out: usize, bias: usize, row: i32, c0: v128, c1: v128): void {
  if (bias) {
    const b = v128.splat<T>(load<T>(bias + bytes<T>(row)));
    v128.store(out, v128.add<T>(c0, b));
    v128.store(out, v128.add<T>(c1, b), 16);
  } else {
    v128.store(out, v128.add<T>(c0, v128.load(out)));
    v128.store(out, v128.add<T>(c1, v128.load(out, 16)), 16);
  }
}

/** Bytes that `tile` may use at `spill`. */
export const SPILL_BYTES: usize = 128;

/**
 * A whole grid of outputs of one image: `filters` rows of the tile by
 * `height` × `width` positions. Position (y, x) reads `source + y * sourceRow
 * + x` and is stored at `out + y * outRow + x * outColumn` of each filter.
 */
export function correlate<T>(
  source: usize,
  sourceRow: usize,
  offsets: usize,
  taps: i32,
  weights: usize,
  bias: usize,
  filters: i32,
  out: usize,
  outPlane: usize,
  outRow: usize,
  outColumn: usize,
  height: i32,
  width: i32,
  spill: usize,
): void {
  const step = tileColumns<T>();
  const blockBytes = bytes<T>(taps * TILE_ROWS);
  for (let y = 0; y < height; y++) {
    const sourceY = source + <usize>y * sourceRow;
    const outY = out + <usize>y * outRow;
    for (let x = 0; x < width; x += step) {
      const columns = min(step, width - x);
      let w = weights;
      let b = bias;
      let to = outY + <usize>x * outColumn;
      for (let f = 0; f < filters; f += TILE_ROWS) {
        tile<T>(
          sourceY + bytes<T>(x), offsets, taps, w, b, to, outPlane, outColumn,
          min(TILE_ROWS, filters - f), columns, spill,
        );
        w += blockBytes;
        b += bytes<T>(TILE_ROWS);
        to += outPlane * TILE_ROWS;
      }
    }
  }
}
