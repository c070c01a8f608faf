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

/** Sums over the rows of a matrix in the shared memory, in sequence. */
export function sumRows(
  frame: Frame,
  x: number,
  rows: number,
  columns: number,
  shape: readonly number[],
  dtype: DType,
): Tensor {
  const out = frame.output(shape, dtype);
  runKernel("sumRows", dtype, {
    args: [x, out.address, rows, columns],
    items: columns,
    step: COLUMNS,
    cost: rows * columns / 4000,
  });
  return out.take();
}

/** Sum of the squares of all elements, as `numpy.sum(x * x)` gives it in x's dtype. */
export function sumSquares(x: Tensor): number {
  return withFrame((frame) => {
    const items = Math.ceil(x.size / BLOCK);
    const parts = frame.array(items, x.dtype);
    runKernel("sumSquares", x.dtype, {
      args: [frame.input(x, x.dtype), parts.byteOffset, x.size],
      items,
      step: 4,
      cost: x.size * bytesOf(x.dtype) / 10_000,
    });
    const round = x.dtype === "float32" ? Math.fround : (n: number) => n;
    let total = 0;
    for (const part of parts) total = round(total + part);
    return total;
  });
}
