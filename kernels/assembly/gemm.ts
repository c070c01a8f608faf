// Copyright 2026 the Convlab authors. MIT license.

// Matrix product c = a · b, or c += a · b, for any strides of a and b.
//
// `a` is packed once (pack.ts); then each work item takes a block of columns of
// c, as wide as the register tile and DEPTH deep at a time, and runs all rows of
// `a` over it. Where the rows of `b` are contiguous they may be read where they
// are; otherwise they are packed into panels first.

import { SPILL_BYTES, tileColumn } from "./correlate";
import { addScaled } from "./elementwise";
import { packRows, transpose } from "./pack";
import { bytes, lanes, tileColumns } from "./simd";
import { SUM_BLOCK, sumSquares } from "./sum";
import { VECTORS } from "./variant";

/** Rows of `b` that are done at a time: so few that a tile's stay in the first-level cache. */
export const DEPTH: i32 = 250;

/** Bytes between panels. */
const PANEL_GAP: usize = 192;

/** Rows of `a` that one work item runs over the panels, but for those of the last. */
export const GROUP_ROWS: i32 = 500;

/**
 * Packs a (rows × depth) DEPTH columns at a time: item `i` is block i % blocks
 * of the columns from DEPTH * (i / blocks) on. `padded` is the rows of all blocks.
 */
// kernel gemm_pack
export function gemmPack<T>(
  a: usize, rowStride: i32, depthStride: i32, rows: i32, fives: i32, blocks: i32, padded: i32,
  depth: i32, out: usize, scratch: usize, begin: i32, end: i32,
): void {
  for (let item = begin; item < end; item++) {
    const k = item / blocks * DEPTH, block = item % blocks;
    packRows<T>(
      a + bytes<T>(k * depthStride), rowStride, depthStride, rows, fives, min(DEPTH, depth - k),
      out + bytes<T>(k * padded), block, block + 1,
    );
  }
}

/**
 * Blocks `begin` to `end` of c (rows × columns, in C order): GROUP_ROWS rows by
 * `blockColumns` columns, counted row by row of blocks; the last of `groups`
 * has all rows that are left. With `zeros` (a pointer to as many as a group has
 * rows) c is overwritten, and without it (0) the product is added to c.
 * With `packs`, as it must be unless columnStride is 1, `b` is packed into panels.
 * `bandRows` rows, at least 20, are done across a block before the next. The
 * scratch memory holds the tile's spill and the panels of one block.
 */
// kernel gemm_{tile}
export function gemm<T>(
  packed: usize, b: usize, rowStride: i32, columnStride: i32, zeros: usize, c: usize,
  rows: i32, fives: i32, padded: i32, columns: i32, depth: i32, groups: i32, blockColumns: i32,
  packs: i32, bandRows: i32, scratch: usize, begin: i32, end: i32,
): void {
  const step = tileColumns<T>();
  const panels = scratch + SPILL_BYTES;
  const across = (columns + blockColumns - 1) / blockColumns;
  for (let block = begin; block < end; block++) {
    const group = block / across;
    const firstRow = group * GROUP_ROWS;
    const lastRow = group == groups - 1 ? rows : firstRow + GROUP_ROWS;
    const firstColumn = (block % across) * blockColumns;
    const lastColumn = min(columns, firstColumn + blockColumns);
    for (let k = 0; k < depth; k += DEPTH) {
      const count = min(DEPTH, depth - k);
      let source = b + bytes<T>(k * rowStride + firstColumn * columnStride);
      let advance = bytes<T>(step), stride = bytes<T>(rowStride);
      if (packs) {
        packPanels<T>(source, rowStride, columnStride, count, lastColumn - firstColumn, panels);
        source = panels;
        advance = panelBytes<T>(count);
        stride = bytes<T>(step);
      }
      for (let row = firstRow; row < lastRow;) {
        const high = bandHeight(row, lastRow, fives, bandRows);
        productBand<T>(
          source, advance, stride, count, packed + bytes<T>(k * padded + row * count), k == 0 ? zeros : 0,
          c + bytes<T>(row * columns + firstColumn), bytes<T>(columns), high, fives - row / 5,
          lastColumn - firstColumn, scratch,
        );
        row += high;
      }
    }
  }
}

/**
 * c = a · b + penalty * w, where sums are at most DEPTH long; `parts[i]` becomes
 * the sum of squares of block i of w (sum.ts). Items are groups of rows, done
 * `bandRows` at a time across all columns: a band of c is still in the cache when
 * w is added to it, and w is read from memory once for both.
 */
// kernel gemm_penalized_{tile}
export function gemmPenalized<T>(
  packed: usize, b: usize, rowStride: i32, columnStride: i32, zeros: usize, c: usize,
  rows: i32, fives: i32, columns: i32, depth: i32, groups: i32, bandRows: i32,
  w: usize, penalty: T, parts: usize, scratch: usize, begin: i32, end: i32,
): void {
  const panels = scratch + SPILL_BYTES;
  packPanels<T>(b, rowStride, columnStride, depth, columns, panels);
  for (let group = begin; group < end; group++) {
    const lastRow = group == groups - 1 ? rows : (group + 1) * GROUP_ROWS;
    for (let row = group * GROUP_ROWS; row < lastRow;) {
      const high = bandHeight(row, lastRow, fives, bandRows);
      productBand<T>(
        panels, panelBytes<T>(depth), bytes<T>(tileColumns<T>()), depth, packed + bytes<T>(row * depth), zeros,
        c + bytes<T>(row * columns), bytes<T>(columns), high, fives - row / 5, columns, scratch,
      );
      const first = row * columns, last = first + high * columns;
      addScaled<T>(penalty, w, c, scratch, first, last);
      // The blocks that begin here; a part of the last lies in the next band.
      sumSquares<T>(
        w, parts, rows * columns, scratch, (first + SUM_BLOCK - 1) / SUM_BLOCK, (last + SUM_BLOCK - 1) / SUM_BLOCK,
      );
      row += high;
    }
  }
}

/** Rows of the next band: whole tiles of five as long as there are such. */
// @ts-ignore: decorator
@inline
function bandHeight(row: i32, lastRow: i32, fives: i32, bandRows: i32): i32 {
  return (fives - row / 5) * 5 < bandRows ? lastRow - row : min(bandRows, lastRow - row);
}

/** `high` rows of c across `width` columns, of which `fives` tiles of five rows at most. */
// @ts-ignore: decorator
@inline
function productBand<T>(
  source: usize, advance: usize, stride: usize, depth: i32, rowsOfA: usize, zeros: usize,
  c: usize, rowStride: usize, high: i32, fives: i32, width: i32, scratch: usize,
): void {
  for (let j = 0; j < width; j += tileColumns<T>()) {
    tileColumn<T>(
      source, depth, stride, rowsOfA, zeros, c + bytes<T>(j), rowStride, high, min(fives, high / 5),
      width - j, scratch,
    );
    source += advance;
  }
}

/** From one panel to the next: not a power of two, or rows of several would want the same lines of the cache. */
// @ts-ignore: decorator
@inline
function panelBytes<T>(depth: i32): usize {
  return bytes<T>(depth * tileColumns<T>()) + PANEL_GAP;
}

/** Copies `depth` rows of `width` numbers into panels as wide as the tile. */
function packPanels<T>(
  b: usize, rowStride: i32, columnStride: i32, depth: i32, width: i32, panels: usize,
): void {
  const step = tileColumns<T>();
  if (columnStride == 1) {
    copyPanels<T>(b, bytes<T>(rowStride), depth, width, panels);
    return;
  }
  for (let j = 0; j < width; j += step) {
    packPanel<T>(
      b + bytes<T>(j * columnStride), rowStride, columnStride, depth, min(step, width - j), panels,
    );
    panels += panelBytes<T>(depth);
  }
}

/** The same, row by row, where the numbers of a row lie side by side. */
function copyPanels<T>(b: usize, row: usize, depth: i32, width: i32, panels: usize): void {
  const step = tileColumns<T>(), stored = bytes<T>(step);
  const panel = panelBytes<T>(depth);
  const whole = width - width % step;
  for (let k = 0; k < depth; k++) {
    let from = b, to = panels;
    for (const end = b + bytes<T>(whole); from < end; from += stored) {
      for (let v = 0; v < VECTORS; v++) v128.store(to + 16 * v, v128.load(from + 16 * v));
      to += panel;
    }
    if (whole < width) {
      for (let j = 0; j < step; j++) {
        store<T>(to + bytes<T>(j), whole + j < width ? load<T>(from + bytes<T>(j)) : <T>0);
      }
    }
    b += row;
    panels += stored;
  }
}

/** Copies `depth` rows of `width` numbers to the rows of one panel, filled up with zeros. */
function packPanel<T>(
  b: usize, rowStride: i32, columnStride: i32, depth: i32, width: i32, panel: usize,
): void {
  const step = tileColumns<T>(), row = bytes<T>(step), column = bytes<T>(columnStride);
  if (rowStride == 1 && width == step) {
    const whole = depth & ~(lanes<T>() - 1);
    for (let j = 0; j < VECTORS; j++) {
      const from = b + <usize>(j * lanes<T>()) * column, to = panel + <usize>(16 * j);
      for (let k = 0; k < whole; k += lanes<T>()) {
        transpose<T>(from + bytes<T>(k), column, to + <usize>k * row, row);
      }
    }
    b += bytes<T>(whole);
    panel += <usize>whole * row;
    depth -= whole;
  }
  for (let k = 0; k < depth; k++) {
    let from = b + bytes<T>(k * rowStride);
    for (let j = 0; j < step; j++) {
      store<T>(panel + bytes<T>(j), j < width ? load<T>(from) : <T>0);
      from += column;
    }
    panel += row;
  }
}
