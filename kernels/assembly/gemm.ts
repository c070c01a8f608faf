// Copyright 2026 the Convlab authors. MIT license.

// Matrix product c = a · b, or c += a · b, for any strides of a and b.
//
// `a` is packed once, in blocks of 4 rows, k-major; then each work item takes a
// block of c, packs the panels of `b` that it needs (each as wide as the register
// tile and DEPTH deep, so that one stays in the first-level cache), and runs all
// its rows over each.

import { bytes, lanes, TILE_ROWS, tileColumns } from "./simd";
import { SPILL_BYTES, tile } from "./tile";

/** Rows of `b` in one packed panel. */
export const DEPTH: i32 = 256;

/** Packs blocks `begin` to `end` of 4 rows of a (rows × depth) as out[block][k][4]. */
// kernel gemm_pack
export function gemmPack<T>(
  a: usize, rowStride: i32, depthStride: i32, rows: i32, depth: i32, out: usize,
  scratch: usize, begin: i32, end: i32,
): void {
  const columnBytes = bytes<T>(depthStride);
  for (let block = begin; block < end; block++) {
    const row = block * TILE_ROWS;
    let to = out + bytes<T>(row * depth);
    let p = a + bytes<T>(row * rowStride);
    if (rowStride == 1 && rows - row >= TILE_ROWS) {
      for (let k = 0; k < depth; k++) {
        v128.store(to, v128.load(p));
        if (sizeof<T>() == 8) v128.store(to, v128.load(p, 16), 16);
        p += columnBytes;
        to += bytes<T>(TILE_ROWS);
      }
      continue;
    }
    for (let i = 0; i < TILE_ROWS; i++) {
      let q = to + bytes<T>(i);
      if (row + i < rows) {
        let from = p + bytes<T>(i * rowStride);
        for (let k = 0; k < depth; k++) {
          store<T>(q, load<T>(from));
          from += columnBytes;
          q += bytes<T>(TILE_ROWS);
        }
      } else {
        for (let k = 0; k < depth; k++) {
          store<T>(q, 0);
          q += bytes<T>(TILE_ROWS);
        }
      }
    }
  }
}

/**
 * Blocks `begin` to `end` of c (rows × columns, in C order). Blocks of
 * `blockRows` × `blockColumns` are counted row by row of blocks; both are
 * multiples of the tile's size. With `zeros` (a pointer to 4 of them) c is
 * overwritten, and without it (0) the product is added to c. `offsets` holds
 * k * tileColumns * sizeof(T) for k < DEPTH. The scratch memory holds the tile's
 * spill and the panels of one block.
 */
// kernel gemm_4x{columns}
export function gemm<T>(
  packed: usize, b: usize, rowStride: i32, columnStride: i32, zeros: usize, c: usize,
  rows: i32, columns: i32, depth: i32, blockRows: i32, blockColumns: i32, offsets: usize,
  scratch: usize, begin: i32, end: i32,
): void {
  const step = tileColumns<T>();
  const panels = scratch + SPILL_BYTES;
  const across = (columns + blockColumns - 1) / blockColumns;
  for (let block = begin; block < end; block++) {
    const firstRow = (block / across) * blockRows, lastRow = min(rows, firstRow + blockRows);
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
        for (let i = firstRow; i < lastRow; i += TILE_ROWS) {
          tile<T>(
            panel, offsets, count, packed + bytes<T>(i * depth + k * TILE_ROWS),
            k == 0 ? zeros : 0,
            c + bytes<T>(i * columns + j), bytes<T>(columns), sizeof<T>(),
            min(TILE_ROWS, rows - i), min(step, columns - j), scratch,
          );
        }
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
  const step = tileColumns<T>();
  if (rowStride == 1 && width == step) {
    const whole = depth & ~(lanes<T>() - 1);
    for (let k = 0; k < whole; k += lanes<T>()) {
      transposeBlock<T>(b, bytes<T>(columnStride), panel);
      transposeBlock<T>(b + bytes<T>(lanes<T>() * columnStride), bytes<T>(columnStride), panel + 16);
      b += 16;
      panel += 16 * <usize>step;
    }
    depth -= whole;
  }
  for (let k = 0; k < depth; k++) {
    let from = b + bytes<T>(k * rowStride);
    for (let j = 0; j < step; j++) {
      store<T>(panel + bytes<T>(j), j < width ? load<T>(from) : <T>0);
      from += bytes<T>(columnStride);
    }
    panel += bytes<T>(step);
  }
}

/** Columns of as many numbers as a vector has lanes, each contiguous, become rows of a panel. */
// @ts-ignore: decorator
@inline
function transposeBlock<T>(from: usize, column: usize, to: usize): void {
  const row = bytes<T>(tileColumns<T>());
  if (sizeof<T>() == 8) {
    const a = v128.load(from), b = v128.load(from + column);
    v128.store(to, v128.shuffle<f64>(a, b, 0, 2));
    v128.store(to + row, v128.shuffle<f64>(a, b, 1, 3));
  } else {
    const a = v128.load(from), b = v128.load(from + column);
    const c = v128.load(from + 2 * column), d = v128.load(from + 3 * column);
    const ab0 = v128.shuffle<f32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<f32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<f32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
    v128.store(to, v128.shuffle<f32>(ab0, cd0, 0, 1, 4, 5));
    v128.store(to + row, v128.shuffle<f32>(ab0, cd0, 2, 3, 6, 7));
    v128.store(to + 2 * row, v128.shuffle<f32>(ab1, cd1, 0, 1, 4, 5));
    v128.store(to + 3 * row, v128.shuffle<f32>(ab1, cd1, 2, 3, 6, 7));
  }
}
