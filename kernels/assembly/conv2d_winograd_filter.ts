// Copyright 2026 the Convlab authors. MIT license.

// The gradient of filters by Winograd's minimal filtering, turned round: dout is
// transformed as the way back from the points is, transposed. For each point the
// sums over the tiles of dout times what the windows of tiles have of the image
// are again what correlate.ts does: the taps are tiles, and the columns the rows
// and channels of a window. For them to lie side by side, the transformed image has
// its tiles' columns first, then rows, then channels.

import { blockRow, correlate, foursOf, SPILL_BYTES } from "./correlate";
import { bytes } from "./simd";
import { pairwiseSum } from "./sum";
import { splitLine, storeTiles, transformGradient, transformRow } from "./winograd";

/**
 * Work item `g` is a group of `groupSize` images: the sums over them go to
 * dwParts[g] (points × filters × pieces × rows × channels of a filter), and the
 * sum over each image n of dout to dbParts[n]. `batch` images are done at a time,
 * or `bandRows` rows of outputs of one.
 *
 * `taps` is the table of the tiles of a batch (images × tiles × rows), and
 * `places` has where each of them is in it. The transformed image has `rows` rows:
 * those that a band reads. The other sizes are as in conv2d_winograd.ts.
 */
// kernel conv2d_winograd_backward_filter_{tile}
export function conv2dWinogradBackwardFilter(
  x: usize, dout: usize, taps: usize, places: usize, constants: usize, dwParts: usize, dbParts: usize,
  images: i32, groupSize: i32, batch: i32, channels: i32, height: i32, width: i32,
  filters: i32, fives: i32, padded: i32, filterHeight: i32, outHeight: i32, outWidth: i32,
  points: i32, pieces: i32, copies: i32, pieceWidth: i32, tiles: i32, pitch: i32, top: i32, left: i32, rows: i32, bandRows: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const size = outHeight * outWidth;
  const line = scratch + SPILL_BYTES, phaseBytes = bytes<f32>(pitch + copies + 4) + 64;
  const part = line + 4 * phaseBytes, partRow = bytes<f32>(pitch + 3 & ~3);
  const tileBytes = bytes<f32>(rows * channels), copyBytes = <usize>pitch * tileBytes;
  const plane = part + 5 * <usize>points * partRow, imageBytes = <usize>copies * copyBytes;
  const pointBytes = <usize>batch * imageBytes, planeBytes = <usize>points * pointBytes + 64;
  const weights = plane + planeBytes, positions = load<i32>(taps);
  const weightBytes = bytes<f32>(padded * positions);
  const row = bytes<f32>(filterHeight * channels);
  const dwBytes = <usize>(filters * pieces) * row;
  memory.fill(line, 0, 4 * phaseBytes);
  memory.fill(plane, 0, planeBytes);
  memory.fill(weights, 0, <usize>points * weightBytes);
  for (let g = begin; g < end; g++) {
    const dw = dwParts + <usize>(g * points) * dwBytes;
    memory.fill(dw, 0, <usize>points * dwBytes);
    const last = min(images, (g + 1) * groupSize);
    for (let image = g * groupSize; image < last; image += batch) {
      const count = min(batch, last - image);
      for (let i = 0; i < count; i++) {
        const grad = dout + bytes<f32>((image + i) * filters * size);
        for (let f = 0; f < filters; f++) {
          store<f32>(dbParts + bytes<f32>((image + i) * filters + f), pairwiseSum<f32>(grad + bytes<f32>(f * size), size));
        }
      }
      for (let y = 0; y < outHeight; y += bandRows) {
        const lines = min(bandRows, outHeight - y);
        // Rows of the image that the band reads; other bands leave theirs where this has none.
        const above = max(0, top - y), firstRow = max(0, y - top), lastRow = min(height, y + rows - top);
        if (bandRows < outHeight && (above || lastRow - firstRow + above < rows)) memory.fill(plane, 0, planeBytes);
        if (count < batch || lines < bandRows) memory.fill(weights, 0, <usize>points * weightBytes);
        for (let i = 0; i < count; i++) {
          transformImage(
            x + bytes<f32>((image + i) * channels * height * width + firstRow * width), channels,
            bytes<f32>(height * width), lastRow - firstRow, width,
            plane + <usize>i * imageBytes + <usize>above * bytes<f32>(channels), pointBytes, copies, copyBytes, tileBytes,
            points, pieceWidth, pitch, left, line, phaseBytes, part, partRow, constants,
          );
        }
        // Until here the line had the image's margin in front.
        memory.fill(line, 0, 4 * phaseBytes);
        for (let i = 0; i < count; i++) {
          packGradient(
            dout + bytes<f32>((image + i) * filters * size + y * outWidth), filters, fives, bytes<f32>(size), lines, outWidth,
            weights, weightBytes, positions, places + (<usize>(i * tiles * bandRows) << 2), bandRows,
            points, tiles, line, phaseBytes, part, partRow, constants,
          );
        }
        memory.fill(line, 0, 4 * phaseBytes);
        for (let point = 0; point < points; point++) {
          correlate<f32>(
            plane + <usize>point * pointBytes, copies == 1 ? tileBytes : copyBytes, taps,
            weights + <usize>point * weightBytes, 0, filters, fives,
            dw + <usize>point * dwBytes, <usize>pieces * row, row, sizeof<f32>(),
            pieces, filterHeight * channels, false, scratch,
          );
        }
      }
    }
  }
}

/** Transforms an image, four channels at a time: those of a row of a tile lie side by side. */
function transformImage(
  image: usize, channels: i32, channelBytes: usize, height: i32, width: i32,
  plane: usize, pointBytes: usize, copies: i32, copyBytes: usize, tileBytes: usize,
  points: i32, pieceWidth: i32, pitch: i32, left: i32,
  line: usize, phaseBytes: usize, part: usize, partRow: usize, constants: usize,
): void {
  for (let c = 0; c < channels; c += 4) {
    const there = min(4, channels - c);
    for (let y = 0; y < height; y++) {
      for (let copy = 0; copy < copies; copy++) {
        for (let k = 0; k < there; k++) {
          splitLine(image + <usize>(c + k) * channelBytes + bytes<f32>(y * width), width, left, line, phaseBytes);
          const to = part + <usize>k * partRow, first = copy * pieceWidth;
          if (points == 7) transformRow(line, phaseBytes, first, to, 4 * partRow, pitch, constants, true);
          else transformRow(line, phaseBytes, first, to, 4 * partRow, pitch, constants, false);
        }
        let from = part, target = plane + <usize>copy * copyBytes + bytes<f32>(y * channels + c);
        for (let point = 0; point < points; point++) {
          for (let t = 0; t < pitch; t += 4) {
            const to = target + <usize>t * tileBytes;
            storeColumns(
              from + bytes<f32>(t), partRow, pitch - t, there,
              to, to + tileBytes, to + 2 * tileBytes, to + 3 * tileBytes,
            );
          }
          from += 4 * partRow;
          target += pointBytes;
        }
      }
    }
  }
}

/** Stores the first `count` columns of four rows, the first `there` numbers of each. */
// @ts-ignore: decorator
@inline
function storeColumns(from: usize, row: usize, count: i32, there: i32, to0: usize, to1: usize, to2: usize, to3: usize): void {
  const a = v128.load(from), b = v128.load(from + row), c = v128.load(from + 2 * row), d = v128.load(from + 3 * row);
  const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
  const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  storeTiles(to0, v128.shuffle<f64>(ab0, cd0, 0, 2), there);
  if (count > 1) storeTiles(to1, v128.shuffle<f64>(ab0, cd0, 1, 3), there);
  if (count > 2) storeTiles(to2, v128.shuffle<f64>(ab1, cd1, 0, 2), there);
  if (count > 3) storeTiles(to3, v128.shuffle<f64>(ab1, cd1, 1, 3), there);
}

/** Transforms some rows of the gradient of outputs, and packs it in blocks of five filters, four and three. */
function packGradient(
  grad: usize, filters: i32, fives: i32, filterBytes: usize, height: i32, width: i32,
  weights: usize, weightBytes: usize, positions: i32, places: usize, placesOfTile: i32,
  points: i32, tiles: i32, line: usize, phaseBytes: usize, part: usize, partRow: usize, constants: usize,
): void {
  const fours = foursOf(filters - 5 * fives);
  let block = 0;
  for (let f = blockRow(block, fives, fours); f < filters; f = blockRow(++block, fives, fours)) {
    const block5 = block < fives, filled = block5 ? 5 : block < fives + fours ? 4 : 3;
    const there = min(filled, filters - f), step = bytes<f32>(filled);
    for (let y = 0; y < height; y++) {
      for (let k = 0; k < there; k++) {
        splitLine(grad + <usize>(f + k) * filterBytes + bytes<f32>(y * width), width, 0, line, phaseBytes);
        const to = part + <usize>k * partRow;
        if (points == 7) transformGradient(line, phaseBytes, to, 5 * partRow, tiles, constants, true);
        else transformGradient(line, phaseBytes, to, 5 * partRow, tiles, constants, false);
      }
      for (let t = 0; t < tiles; t += 4) {
        const count = tiles - t, place = places + (<usize>(t * placesOfTile + y) << 2), next = <usize>placesOfTile << 2;
        let from = part + bytes<f32>(t), to = weights + bytes<f32>(f * positions);
        const p0 = <usize>load<i32>(place) * step;
        const p1 = count > 1 ? <usize>load<i32>(place + next) * step : p0;
        const p2 = count > 2 ? <usize>load<i32>(place + 2 * next) * step : p0;
        const p3 = count > 3 ? <usize>load<i32>(place + 3 * next) * step : p0;
        for (let point = 0; point < points; point++) {
          storeColumns(from, partRow, count, there, to + p0, to + p1, to + p2, to + p3);
          if (block5) {
            const e = v128.load(from + 4 * partRow);
            if (count > 3) v128.store32_lane(to + p3, e, 3, 16);
            if (count > 2) v128.store32_lane(to + p2, e, 2, 16);
            if (count > 1) v128.store32_lane(to + p1, e, 1, 16);
            v128.store32_lane(to + p0, e, 0, 16);
          }
          from += 5 * partRow;
          to += weightBytes;
        }
      }
    }
  }
}

/**
 * Filters `begin` to `end` of dw (filters × channels × rows × columns) from the
 * sums of the points (points × filters × pieces × rows × channels).
 */
// kernel conv2d_winograd_restore_filters
export function conv2dWinogradRestoreFilters(
  sums: usize, dw: usize, matrix: usize, filters: i32, channels: i32, filterHeight: i32, filterWidth: i32,
  points: i32, pieces: i32, pieceWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const pointBytes = bytes<f32>(filters * pieces * filterHeight * channels);
  for (let f = begin; f < end; f++) {
    let from = sums + bytes<f32>(f * pieces * filterHeight * channels);
    for (let piece = 0; piece < pieces; piece++) {
      const first = piece * pieceWidth, columns = min(pieceWidth, filterWidth - first);
      for (let y = 0; y < filterHeight; y++) {
        for (let c = 0; c < channels; c++) {
          let w0: f64 = 0, w1: f64 = 0, w2: f64 = 0, w3: f64 = 0;
          let p = from, m = matrix;
          for (let point = 0; point < points; point++) {
            const value = <f64>load<f32>(p);
            w0 += load<f64>(m) * value;
            w1 += load<f64>(m, 8) * value;
            w2 += load<f64>(m, 16) * value;
            w3 += load<f64>(m, 24) * value;
            p += pointBytes;
            m += 32;
          }
          const to = dw + bytes<f32>(((f * channels + c) * filterHeight + y) * filterWidth + first);
          store<f32>(to, <f32>w0);
          if (columns > 1) store<f32>(to, <f32>w1, 4);
          if (columns > 2) store<f32>(to, <f32>w2, 8);
          if (columns > 3) store<f32>(to, <f32>w3, 12);
          from += sizeof<f32>();
        }
      }
    }
  }
}
