// Copyright 2026 the Convlab authors. MIT license.

/**
 * Sums on the kernels, in NumPy's order.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf } from "./select.ts";

/** Numbers that NumPy adds pairwise before it goes on in sequence. */
const BLOCK = 8192;

/** Columns of one work chunk; a multiple of every vector's lanes. */
const COLUMNS = 2048;

/** Sums over the rows of a matrix in the shared memory, in sequence; both addresses are in it. */
export function sumRows(
  x: number,
  rows: number,
  columns: number,
  out: number,
  dtype: DType,
): void {
  runKernel("sumRows", dtype, {
    args: [x, out, rows, columns],
    items: columns,
    step: COLUMNS,
    cost: rows * columns / 4000,
  });
}

/** Sum of the squares of all elements, as `numpy.sum(x * x)` gives it in x's dtype. */
export function sumSquares(x: Tensor): number {
  const round = x.dtype === "float32" ? Math.fround : (n: number) => n;
  let total = 0;
  for (const part of sumBlocks("sumSquares", x)) total = round(total + part);
  return total;
}

/** Whether no element is infinite or NaN. */
export function allFinite(x: Tensor): boolean {
  return sumBlocks("sumOfZeros", x).every((part) => part === 0);
}

/** What a kernel makes of each block of x; overwritten by the next call of a layer. */
function sumBlocks(kernel: "sumSquares" | "sumOfZeros", x: Tensor) {
  return withFrame((frame) => {
    const items = Math.ceil(x.size / BLOCK);
    const parts = frame.array(items, x.dtype);
    runKernel(kernel, x.dtype, {
      args: [frame.input(x, x.dtype), parts.byteOffset, x.size],
      items,
      step: 4,
      cost: x.size * bytesOf(x.dtype) / 10_000,
    });
    return parts;
  });
}
