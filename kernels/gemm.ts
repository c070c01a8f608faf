// Copyright 2026 the Convlab authors. MIT license.

/**
 * Matrix products on the kernels, for any strides of both operands.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import type { Frame, Output } from "./frame.ts";
import { rowBlocks } from "./row_blocks.ts";
import { runKernel, tileWidth } from "./runtime.ts";
import { bytesOf, roundUp, SPILL_BYTES, tileColumns } from "./select.ts";

/** An operand in the shared memory: element (i, j) is number `row * i + column * j`. */
export interface Matrix {
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

/** Rows of b that are done at a time; the kernel's own constant. */
const DEPTH = 250;
/** Rows of one block of the result, few enough that its part of `a` stays in the cache; the kernel's own constant. */
const GROUP_ROWS = 500;
/** Columns of one block: so few that their panels stay in the second-level cache. */
const BLOCK_COLUMNS = 128;
/** Blocks that the columns are cut into at least, so that there is work for several threads. */
const MIN_BLOCKS = 4;

/** Bytes between panels; the kernel's own constant. */
const PANEL_GAP = 192;

/** Rows that are so many bytes apart want the same few lines of the first-level cache. */
function sharesLines(stride: number): boolean {
  return stride % 4096 === 0;
}

/**
 * Rows of c, so many bytes apart, that are done across a whole block of columns
 * before the next. Where rows want the same lines, those that a tile fills in
 * part are lost until the tile beside it fills the rest, unless that comes soon.
 */
function bandRows(stride: number): number {
  return stride % 1024 === 0 ? 20 : GROUP_ROWS * 2;
}

/**
 * c = a · b + bias, with a (rows × depth) and b (depth × columns).
 *
 * @param bias Address of a row that is added to each row of the result; 0 for none.
 */
export function gemm(
  frame: Frame,
  a: Matrix,
  b: Matrix,
  bias: number,
  [rows, depth, columns]: readonly [number, number, number],
  shape: readonly number[],
  dtype: DType,
): Output {
  const size = bytesOf(dtype);
  const step = tileColumns(dtype, tileWidth());
  const c = frame.output(shape, dtype);
  const { fives, blocks, padded } = rowBlocks(rows);
  const packed = frame.scratch(padded * depth * size);
  if (bias || depth === 0) {
    const row = bias || frame.array(columns, dtype).fill(0).byteOffset;
    runKernel("fillRows", dtype, {
      args: [row, c.address, columns],
      items: rows,
      step: Math.max(1, Math.ceil(65536 / Math.max(1, columns))),
      cost: rows * columns * size / 10_000,
    });
  }
  const chunks = Math.ceil(depth / DEPTH);
  runKernel("gemmPack", dtype, {
    args: [
      ...[a.address, a.row, a.column, rows, fives, blocks, padded, depth],
      packed,
    ],
    items: chunks * blocks,
    step: Math.ceil(chunks * blocks / 64) || 1,
    cost: rows * depth / 1000,
  });
  const groups = Math.max(1, Math.floor(rows / GROUP_ROWS));
  const zeros = frame.array(2 * GROUP_ROWS, dtype).fill(0).byteOffset;
  // Rows of b that are contiguous are read where they are, unless copies pay.
  const copiedFrom = sharesLines(b.row * size) ? 16 : 200;
  const packs = b.column !== 1 || rows >= copiedFrom;
  const blockColumns = roundUp(
    Math.min(BLOCK_COLUMNS, Math.ceil(columns / MIN_BLOCKS)),
    step,
  ) || step;
  runKernel("gemm", dtype, {
    args: [
      ...[packed, b.address, b.row, b.column],
      ...[bias ? 0 : zeros, c.address],
      ...[rows, fives, padded, columns, depth, groups, blockColumns],
      ...[packs ? 1 : 0, bandRows(columns * size)],
    ],
    items: groups * Math.ceil(columns / blockColumns),
    step: 1,
    cost: rows * columns * depth * size / 80_000,
    scratchBytes: SPILL_BYTES +
      Math.min(depth, DEPTH) * (blockColumns + step) * size +
      (blockColumns / step + 1) * PANEL_GAP + 64,
  });
  return c;
}
