// Copyright 2026 the Convlab authors. MIT license.

/**
 * Matrix products on the kernels, for any strides of both operands.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import type { Frame, Output } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import {
  bytesOf,
  roundUp,
  SPILL_BYTES,
  TILE_ROWS,
  tileColumns,
} from "./select.ts";

/** An operand in the shared memory: element (i, j) is number `row * i + column * j`. */
export interface Matrix {
  readonly address: number;
  readonly row: number;
  readonly column: number;
}

/** Rows of b in one packed panel; the kernel's own constant. */
const DEPTH = 256;
/** Rows of one block of the result: few enough that its part of `a` stays in the cache. */
const BLOCK_ROWS = 512;
/** Into how many blocks the columns are cut, if they are wide enough. */
const COLUMN_BLOCKS = 16;

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
  const step = tileColumns(dtype);
  const c = frame.output(shape, dtype);
  const blocks = Math.ceil(rows / TILE_ROWS);
  const packed = frame.scratch(blocks * TILE_ROWS * depth * size);
  if (bias || depth === 0) {
    const row = bias || frame.array(columns, dtype).fill(0).byteOffset;
    runKernel("fillRows", dtype, {
      args: [row, c.address, columns],
      items: rows,
      step: Math.max(1, Math.ceil(65536 / Math.max(1, columns))),
      cost: rows * columns * size / 10_000,
    });
  }
  runKernel("gemmPack", dtype, {
    args: [a.address, a.row, a.column, rows, depth, packed],
    items: blocks,
    step: Math.ceil(blocks / 64) || 1,
    cost: rows * depth / 1000,
  });
  const zeros = frame.array(TILE_ROWS, dtype).fill(0).byteOffset;
  const offsets = Int32Array.from({ length: DEPTH }, (_, k) => k * step * size);
  const blockColumns = roundUp(columns / COLUMN_BLOCKS, step) || step;
  runKernel("gemm", dtype, {
    args: [
      ...[packed, b.address, b.row, b.column],
      ...[bias ? 0 : zeros, c.address],
      ...[rows, columns, depth, BLOCK_ROWS, blockColumns],
      frame.table(offsets),
    ],
    items: Math.ceil(rows / BLOCK_ROWS) * Math.ceil(columns / blockColumns),
    step: 1,
    cost: rows * columns * depth * size / 80_000,
    scratchBytes: SPILL_BYTES + DEPTH * blockColumns * size + 64,
  });
  return c;
}
