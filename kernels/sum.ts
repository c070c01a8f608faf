// Copyright 2026 the Convlab authors. MIT license.

/**
 * Sums on the kernels, in NumPy's order.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { type Frame, withFrame } from "./frame.ts";
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
  return withFrame((frame) =>
    sumOfBlocks(sumBlocks(frame, "sumSquares", x), x.dtype)
  );
}

/** The same, and y += a · x in place, in one pass over x; both of x's dtype. */
export function sumSquaresAddScaled(x: Tensor, a: number, y: Tensor): number {
  return withFrame((frame) => {
    const target = frame.input(y, x.dtype);
    const parts = sumBlocks(frame, "sumSquaresAddScaled", x, [a, target]);
    frame.copyBack(y, target);
    return sumOfBlocks(parts, x.dtype);
  });
}

/** Whether no element is infinite or NaN. */
export function allFinite(x: Tensor): boolean {
  return withFrame((frame) =>
    sumBlocks(frame, "sumOfZeros", x).every((part) => part === 0)
  );
}

/** What a kernel makes of each block of x. */
function sumBlocks(
  frame: Frame,
  kernel: "sumSquares" | "sumSquaresAddScaled" | "sumOfZeros",
  x: Tensor,
  rest: readonly number[] = [],
): Float32Array | Float64Array {
  const parts = sumParts(frame, x.size, x.dtype);
  runKernel(kernel, x.dtype, {
    args: [frame.input(x, x.dtype), parts.byteOffset, x.size, ...rest],
    items: parts.length,
    step: 4,
    cost: (1 + rest.length) * x.size * bytesOf(x.dtype) / 10_000,
  });
  return parts;
}

/** Room for the sums of blocks of so many numbers. */
export function sumParts(
  frame: Frame,
  size: number,
  dtype: DType,
): Float32Array | Float64Array {
  return frame.array(Math.ceil(size / BLOCK), dtype);
}

/** Adds up sums of blocks, in sequence, in the dtype. */
export function sumOfBlocks(
  parts: Float32Array | Float64Array,
  dtype: DType,
): number {
  const round = dtype === "float32" ? Math.fround : (n: number) => n;
  let sum = 0;
  for (const part of parts) sum = round(sum + part);
  return sum;
}
