// Copyright 2026 the Convlab authors. MIT license.

/**
 * The affine layer on the kernels: one matrix product forward, two backward.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { gemm, type Matrix } from "./gemm.ts";
import { sumRows } from "./sum.ts";

/** x (N × D) · w (D × M) + b (M). */
export function affineForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  dtype: DType,
): Tensor {
  const [depth = 0, columns = 0] = w.shape;
  const rows = x.shape[0]!;
  return withFrame((frame) =>
    gemm(
      frame,
      rowMajor(frame.input(x, dtype), depth),
      rowMajor(frame.input(w, dtype), columns),
      frame.input(b, dtype),
      [rows, depth, columns],
      [rows, columns],
      dtype,
    ).take()
  );
}

/** dx = dout · wᵀ in the shape of x, dw = xᵀ · dout, db = the sum of dout's rows. */
export function affineBackward(
  dout: Tensor,
  x: Tensor,
  w: Tensor,
  dtype: DType,
): { dx: Tensor; dw: Tensor; db: Tensor } {
  const [depth = 0, columns = 0] = w.shape;
  const rows = x.shape[0]!;
  return withFrame((frame) => {
    const grad = rowMajor(frame.input(dout, dtype), columns);
    const dx = gemm(
      frame,
      grad,
      transposed(rowMajor(frame.input(w, dtype), columns)),
      0,
      [rows, columns, depth],
      x.shape,
      dtype,
    ).take();
    const dw = gemm(
      frame,
      transposed(rowMajor(frame.input(x, dtype), depth)),
      grad,
      0,
      [depth, rows, columns],
      w.shape,
      dtype,
    ).take();
    const db = frame.output([columns], dtype);
    sumRows(grad.address, rows, columns, db.address, dtype);
    return { dx, dw, db: db.take() };
  });
}

function rowMajor(address: number, columns: number): Matrix {
  return { address, row: columns, column: 1 };
}

function transposed(matrix: Matrix): Matrix {
  return { ...matrix, row: matrix.column, column: matrix.row };
}
