// Copyright 2026 the Convlab authors. MIT license.

// Convolution by Winograd's minimal filtering (winograd.ts). Each row of an image
// is transformed to six or seven values for each tile of four outputs; for each of
// these points the sums over the taps of filters are what correlate.ts does, with
// tiles in place of pixels; and the points' sums are transformed back to outputs.

import { NONE } from "./conv2d_pool";
import { correlate, SPILL_BYTES } from "./correlate";
import { bytes, interleavedHigh, interleavedLow } from "./simd";
import { poolTiles, restoreRows, splitLine, transformRow } from "./winograd";

/** Bytes between the sums of two points, so that they do not lie on the same lines of the cache. */
const POINT_GAP: usize = 192;

/**
 * Images `begin` to `end` of out[n, f] = bias[f] + sum of w[f] * window of x[n];
 * with `relu` 0 where that is less; and where there is `selected`, of that the
 * maxima of windows of 2 × 2, and which of each it was. The vector of an image in
 * `nonFinite` becomes NaN where any sum is infinite or NaN, and zeros otherwise.
 * With `taken`, x is pooled, and each of its numbers belongs to that tap of its window
 * of 2 × 2 in an image of zeros: so are gradients behind a pooling.
 *
 * The transformed image has `copies` of each channel, of `rows` rows of `pitch`
 * tiles: one for each piece, `pieceWidth` numbers, of a filter's row; or a single
 * one whose rows are longer than those of the outputs, and serve all pieces.
 * `bandRows` rows of outputs are done at a time; the sums of one filter are
 * `bandWidth` numbers. `weights` are packed for each point, one after the other.
 */
// kernel conv2d_winograd_{tile}
export function conv2dWinograd(
  x: usize, weights: usize, zeros: usize, bias: usize, taps: usize, constants: usize,
  taken: usize, out: usize, selected: usize, nonFinite: usize,
  channels: i32, height: i32, width: i32,
  filters: i32, fives: i32, padded: i32, outHeight: i32, outWidth: i32,
  points: i32, copies: i32, pieceWidth: i32, tiles: i32, pitch: i32, top: i32, left: i32,
  rows: i32, bandRows: i32, bandWidth: i32, relu: bool,
  scratch: usize, begin: i32, end: i32,
): void {
  const extra = points == 7;
  const line = scratch + SPILL_BYTES, phaseBytes = bytes<f32>(pitch + copies + 4) + 64;
  const rowBytes = bytes<f32>(pitch), copyBytes = <usize>rows * rowBytes;
  const plane = line + 4 * phaseBytes, pointBytes = <usize>(channels * copies) * copyBytes;
  const planeBytes = <usize>points * pointBytes + 64;
  const sums = plane + planeBytes, sumRow = bytes<f32>(tiles), filterBytes = bytes<f32>(bandWidth);
  const sumBytes = <usize>filters * filterBytes + POINT_GAP;
  // Not where the results are: other threads write to the same line of the cache.
  const flag = sums + <usize>points * sumBytes, restored = flag + 64;
  const restoredRow = bytes<f32>(outWidth + 15 & ~15) + 64, outRow = bytes<f32>(outWidth);
  const spread = restored + <usize>bandRows * restoredRow;
  const weightBytes = bytes<f32>(padded * load<i32>(taps));
  const halfWidth = outWidth >> 1;
  const size = selected ? (outHeight >> 1) * halfWidth : outHeight * outWidth;
  const wanted = selected ? outHeight & ~1 : outHeight;
  memory.fill(line, 0, 4 * phaseBytes);
  memory.fill(plane, 0, planeBytes);
  for (let n = begin; n < end; n++) {
    v128.store(flag, f32x4.splat(0));
    let next = 0;
    for (let y = 0; y < wanted; y += bandRows) {
      const lines = min(bandRows, wanted - y);
      // Rows of the image that no band before has read.
      const last = min(height, y + lines + rows - outHeight - top);
      for (let c = 0; c < channels; c++) {
        for (let row = next; row < last; row++) {
          let from = x + bytes<f32>(((n * channels + c) * height + row) * width);
          if (taken) {
            const place = ((n * channels + c) * (height >> 1) + (row >> 1)) * (width >> 1);
            const count = row >> 1 < height >> 1 ? width >> 1 : 0;
            from = spread;
            spreadRow(x + bytes<f32>(place), taken + place, count, row & 1, from, width);
          }
          splitLine(from, width, left, line, phaseBytes);
          let to = plane + <usize>(c * copies * rows + row + top) * rowBytes;
          for (let copy = 0; copy < copies; copy++) {
            const first = copy * pieceWidth;
            if (extra) transformRow(line, phaseBytes, first, to, pointBytes, pitch, constants, true);
            else transformRow(line, phaseBytes, first, to, pointBytes, pitch, constants, false);
            to += copyBytes;
          }
        }
      }
      next = max(next, last);
      for (let point = 0; point < points; point++) {
        const joined = pitch == tiles;
        correlate<f32>(
          plane + <usize>point * pointBytes + <usize>y * rowBytes, rowBytes, taps,
          weights + <usize>point * weightBytes, zeros, filters, fives,
          sums + <usize>point * sumBytes, filterBytes, sumRow, sizeof<f32>(),
          joined ? 1 : lines, joined ? bandWidth : tiles, false, scratch,
        );
      }
      for (let f = 0; f < filters; f++) {
        const from = sums + <usize>f * filterBytes, b = bias + bytes<f32>(f), at = (n * filters + f) * size;
        if (selected) {
          if (extra) restoreRows(from, sumRow, sumBytes, b, false, restored, restoredRow, outWidth, lines, constants, flag, true, true);
          else restoreRows(from, sumRow, sumBytes, b, false, restored, restoredRow, outWidth, lines, constants, flag, false, true);
          for (let row = 0; row < lines; row += 2) {
            const place = at + (y + row >> 1) * halfWidth, upper = restored + <usize>row * restoredRow;
            poolTiles(upper, upper + restoredRow, halfWidth, out + bytes<f32>(place), selected + place, NONE);
          }
        } else {
          const to = out + bytes<f32>(at) + <usize>y * outRow;
          if (extra) restoreRows(from, sumRow, sumBytes, b, relu, to, outRow, outWidth, lines, constants, flag, true, false);
          else restoreRows(from, sumRow, sumBytes, b, relu, to, outRow, outWidth, lines, constants, flag, false, false);
        }
      }
    }
    v128.store(nonFinite + 16 * <usize>n, v128.load(flag));
  }
}

/** Row 0 or 1 of windows of 2 × 2 in which each of `count` numbers belongs to one tap. */
function spreadRow(from: usize, taken: usize, count: i32, row: i32, to: usize, width: i32): void {
  const even = i32x4.splat(2 * row), odd = i32x4.splat(2 * row + 1);
  for (let x = 0; x < count; x += 4) {
    const v = v128.load(from);
    const tap = i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(taken)));
    const a = v128.and(v, i32x4.eq(tap, even)), b = v128.and(v, i32x4.eq(tap, odd));
    v128.store(to + bytes<f32>(2 * x), interleavedLow<f32>(a, b));
    v128.store(to + bytes<f32>(2 * x), interleavedHigh<f32>(a, b), 16);
    from += 16;
    taken += 4;
  }
  for (let x = 2 * count; x < width; x++) store<f32>(to + bytes<f32>(x), 0);
}

/**
 * Rows `begin` to `end` of the points' weights, packed for tiles in blocks of
 * five, four and three: those of point p begin at `packed + p * weightBytes`.
 * Row r has a weight for each of `channels`, filter row and piece; its filters
 * begin at `w + r * rowStep`, and of channel c at c * channelStep further;
 * neighbours in a filter lie `step` apart, which is 1, or -1 for filters turned
 * round. `order` has the place of each tap, and `matrix` the transform.
 */
// kernel conv2d_winograd_filters
export function conv2dWinogradFilters(
  w: usize, packed: usize, order: usize, matrix: usize, weightBytes: usize,
  rowStep: i32, channelStep: i32, step: i32, channels: i32, filterHeight: i32, filterWidth: i32,
  points: i32, pieces: i32, pieceWidth: i32, fives: i32, fours: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const taps = channels * filterHeight * pieces;
  for (let row = begin; row < end; row++) {
    const inFours = row - 5 * fives, inThrees = inFours - 4 * fours;
    const block = inFours < 0 ? 5 : inThrees < 0 ? 4 : 3;
    const within = (inFours < 0 ? row : inThrees < 0 ? inFours : inThrees) % block;
    const first = packed + bytes<f32>((row - within) * taps + within);
    let place = order;
    for (let c = 0; c < channels; c++) {
      let from = w + bytes<f32>(row * rowStep + c * channelStep);
      for (let y = 0; y < filterHeight; y++) {
        for (let piece = 0; piece < pieces; piece++) {
          const left = filterWidth - piece * pieceWidth;
          const p = from + bytes<f32>(piece * pieceWidth * step);
          const g0 = <f64>load<f32>(p);
          const g1 = left > 1 ? <f64>load<f32>(p + bytes<f32>(step)) : 0;
          const g2 = left > 2 ? <f64>load<f32>(p + bytes<f32>(2 * step)) : 0;
          const g3 = left > 3 && pieceWidth > 3 ? <f64>load<f32>(p + bytes<f32>(3 * step)) : 0;
          let to = first + bytes<f32>(load<i32>(place) * block), m = matrix;
          for (let point = 0; point < points; point++) {
            store<f32>(to, <f32>(load<f64>(m) * g0 + load<f64>(m, 8) * g1 + load<f64>(m, 16) * g2 + load<f64>(m, 24) * g3));
            to += weightBytes;
            m += 32;
          }
          place += 4;
        }
        from += bytes<f32>(filterWidth * step);
      }
    }
  }
}
