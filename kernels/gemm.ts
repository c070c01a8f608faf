// Copyright 2026 the Convlab authors. MIT license.

/**
 * Matrix products on the kernels, for any strides of both operands.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import type { Frame, Output } from "./frame.ts";
import { rowBlocks } from "./row_blocks.ts";
import { getThreads, runKernel, tileWidth } from "./runtime.ts";
import { bytesOf, roundUp, SPILL_BYTES, tileColumns } from "./select.ts";
import { sumOfBlocks, sumParts } from "./sum.ts";

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
/** Columns of one block of panels: so few that they stay in the second-level cache. */
const BLOCK_COLUMNS = 128;
/** Blocks that columns in panels are cut into at least, so that there is work for several threads. */
const MIN_BLOCKS = 4;

/** Bytes between panels; the kernel's own constant. */
const PANEL_GAP = 192;

/** The least rows of a band of c: four tiles. */
const MIN_BAND = 20;
/** Groups of rows from which on there is work for several threads in them alone. */
const MIN_GROUPS = 8;
/** What the panels of all columns may take of the second-level cache. */
const CACHE_BYTES = 300_000;
/** Bytes of a band of c that stays in it beside them. */
const BAND_BYTES = 98_304;

/** Rows, depth and columns of a product. */
type Size = readonly [rows: number, depth: number, columns: number];

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
  return stride % 1024 === 0 ? MIN_BAND : GROUP_ROWS * 2;
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
  size: Size,
  shape: readonly number[],
  dtype: DType,
): Output {
  const [rows, depth, columns] = size;
  const bytes = bytesOf(dtype);
  const step = tileColumns(dtype, tileWidth());
  const c = frame.output(shape, dtype);
  const { fives, padded } = rowBlocks(rows);
  const packed = pack(frame, a, size, dtype);
  if (bias || depth === 0) {
    const row = bias || frame.array(columns, dtype).fill(0).byteOffset;
    runKernel("fillRows", dtype, {
      args: [row, c.address, columns],
      items: rows,
      step: Math.max(1, Math.ceil(65536 / Math.max(1, columns))),
      cost: rows * columns * bytes / 10_000,
    });
  }
  const groups = groupsOf(rows);
  // Rows of b that are contiguous are read where they are, unless copies pay.
  const copiedFrom = sharesLines(b.row * bytes) ? 16 : 200;
  const packs = b.column !== 1 || rows >= copiedFrom;
  const blockColumns = roundUp(
    packs
      ? Math.min(BLOCK_COLUMNS, Math.ceil(columns / MIN_BLOCKS))
      // Each block takes all of `a` from the second-level cache.
      : Math.ceil(columns / getThreads()),
    step,
  ) || step;
  runKernel("gemm", dtype, {
    args: [
      ...[packed, b.address, b.row, b.column],
      ...[bias ? 0 : zeros(frame, dtype), c.address],
      ...[rows, fives, padded, columns, depth, groups, blockColumns],
      ...[packs ? 1 : 0, bandRows(columns * bytes)],
    ],
    items: groups * Math.ceil(columns / blockColumns),
    step: 1,
    cost: costOf(size, bytes),
    scratchBytes: packs
      ? panelBytes(Math.min(depth, DEPTH), blockColumns, dtype)
      : SPILL_BYTES,
  });
  return c;
}

/**
 * c = a · b + penalty · w, and the sum of squares of w, which is read only once
 * for both; `undefined` where that needs more cache than there is, or would leave
 * threads without work.
 *
 * @param w Address of as many numbers as c has.
 */
export function gemmPenalized(
  frame: Frame,
  a: Matrix,
  b: Matrix,
  w: number,
  penalty: number,
  size: Size,
  dtype: DType,
): { c: Output; sumSquares: number } | undefined {
  const [rows, depth, columns] = size;
  const groups = groupsOf(rows);
  const scratchBytes = panelBytes(depth, columns, dtype);
  if (
    depth === 0 || depth > DEPTH || groups < MIN_GROUPS ||
    scratchBytes > CACHE_BYTES
  ) return undefined;
  const bytes = bytesOf(dtype);
  const c = frame.output([rows, columns], dtype);
  const parts = sumParts(frame, rows * columns, dtype);
  const bands = Math.floor(BAND_BYTES / (columns * bytes) / MIN_BAND) || 1;
  runKernel("gemmPenalized", dtype, {
    args: [
      ...[pack(frame, a, size, dtype), b.address, b.row, b.column],
      ...[zeros(frame, dtype), c.address, rows, rowBlocks(rows).fives],
      ...[columns, depth, groups, bands * MIN_BAND],
      ...[w, penalty, parts.byteOffset],
    ],
    items: groups,
    step: 1,
    cost: costOf(size, bytes),
    scratchBytes,
  });
  return { c, sumSquares: sumOfBlocks(parts, dtype) };
}

/** Packs `a`, DEPTH columns at a time, and gives its address. */
function pack(
  frame: Frame,
  a: Matrix,
  [rows, depth]: Size,
  dtype: DType,
): number {
  const { fives, blocks, padded } = rowBlocks(rows);
  const packed = frame.scratch(padded * depth * bytesOf(dtype));
  const items = Math.ceil(depth / DEPTH) * blocks;
  runKernel("gemmPack", dtype, {
    args: [
      ...[a.address, a.row, a.column, rows, fives, blocks, padded, depth],
      packed,
    ],
    items,
    step: Math.ceil(items / 64) || 1,
    cost: rows * depth / 1000,
  });
  return packed;
}

/** Groups of rows, of which the last has all that are left. */
function groupsOf(rows: number): number {
  return Math.max(1, Math.floor(rows / GROUP_ROWS));
}

/** Address of as many zeros as a group has rows. */
function zeros(frame: Frame, dtype: DType): number {
  return frame.array(2 * GROUP_ROWS, dtype).fill(0).byteOffset;
}

/** Bytes of a tile's spill and of the panels of so many columns. */
function panelBytes(depth: number, columns: number, dtype: DType): number {
  const step = tileColumns(dtype, tileWidth());
  return SPILL_BYTES + depth * (columns + step) * bytesOf(dtype) +
    (Math.ceil(columns / step) + 1) * PANEL_GAP + 64;
}

/** What a product costs on one thread, in microseconds, roughly. */
function costOf([rows, depth, columns]: Size, bytes: number): number {
  return rows * columns * depth * bytes / 80_000;
}
