// Copyright 2026 the Convlab authors. MIT license.

// Matrix product c = a · b, or c += a · b, for any strides of a and b.
//
// `a` is packed once (pack.ts); then each work item takes a block of columns of
// c, packs the panels of `b` that it needs (each as wide as the register tile and
// DEPTH deep, so that one stays in the first-level cache), and runs all rows of
// `a` over each.

import { SPILL_BYTES, tileColumn } from "./correlate";
import { packRows, transpose } from "./pack";
import { bytes, lanes, tileColumns } from "./simd";
import { VECTORS } from "./variant";

/** Rows of `b` in one packed panel. */
export const DEPTH: i32 = 255;

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
 * `offsets` holds k * tileColumns * sizeof(T) for k < DEPTH. The scratch memory
 * holds the tile's spill and the panels of one block.
 */
// kernel gemm_{tile}
export function gemm<T>(
  packed: usize, b: usize, rowStride: i32, columnStride: i32, zeros: usize, c: usize,
  rows: i32, fives: i32, padded: i32, columns: i32, depth: i32, groups: i32, blockColumns: i32,
  offsets: usize, scratch: usize, begin: i32, end: i32,
): void {
  const half = VECTORS / 2 * lanes<T>(), step = 2 * half;
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
      const panelBytes = bytes<T>(count * step);
      packPanels<T>(
        b + bytes<T>(k * rowStride + firstColumn * columnStride), rowStride, columnStride,
        count, lastColumn - firstColumn, panels,
      );
      let panel = panels;
      for (let j = firstColumn; j < lastColumn; j += step) {
        const wanted = lastColumn - j;
        tileColumn<T>(
          panel, bytes<T>(half), offsets, count,
          packed + bytes<T>(k * padded + firstRow * count), bytes<T>(count), k == 0 ? zeros : 0,
          c + bytes<T>(firstRow * columns + j), bytes<T>(columns), sizeof<T>(), bytes<T>(half),
          lastRow - firstRow, min(fives - firstRow / 5, (lastRow - firstRow) / 5),
          min(half, wanted), min(half, max(0, wanted - half)), scratch,
        );
        panel += panelBytes;
      }
    }
  }
}

/**
 * Copies `depth` rows of `width` numbers into panels as wide as the tile. Rows
 * that are contiguous are read whole, one after the other, which the
 * processor foresees; columns that are contiguous, in blocks that are transposed.
 */
function packPanels<T>(
  b: usize, rowStride: i32, columnStride: i32, depth: i32, width: i32, panels: usize,
): void {
  const step = tileColumns<T>();
  const whole = width - width % step;
  const panelBytes = bytes<T>(depth * step);
  if (columnStride == 1) {
    for (let k = 0; k < depth; k++) {
      let from = b + bytes<T>(k * rowStride);
      let to = panels + bytes<T>(k * step);
      for (let j = 0; j < whole; j += step) {
        v128.store(to, v128.load(from));
        v128.store(to, v128.load(from, 16), 16);
        if (VECTORS == 4) {
          v128.store(to, v128.load(from, 32), 32);
          v128.store(to, v128.load(from, 48), 48);
        }
        from += bytes<T>(step);
        to += panelBytes;
      }
    }
  } else {
    let to = panels;
    for (let j = 0; j < whole; j += step) {
      packPanel<T>(b + bytes<T>(j * columnStride), rowStride, columnStride, depth, step, to);
      to += panelBytes;
    }
  }
  if (whole < width) {
    packPanel<T>(
      b + bytes<T>(whole * columnStride), rowStride, columnStride, depth, width - whole,
      panels + <usize>(whole / step) * panelBytes,
    );
  }
}

/** Copies `depth` rows of `width` numbers to the rows of one panel, filled up with zeros. */
function packPanel<T>(
  b: usize, rowStride: i32, columnStride: i32, depth: i32, width: i32, panel: usize,
): void {
  const step = tileColumns<T>(), row = bytes<T>(step), column = bytes<T>(columnStride);
  if (rowStride == 1 && width == step) {
    const whole = depth & ~(lanes<T>() - 1);
    for (let k = 0; k < whole; k += lanes<T>()) {
      for (let j = 0; j < VECTORS; j++) {
        transpose<T>(b + <usize>(j * lanes<T>()) * column, column, panel + <usize>(16 * j), row);
      }
      b += 16;
      panel += <usize>lanes<T>() * row;
    }
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
