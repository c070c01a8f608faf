// Copyright 2026 the Convlab authors. MIT license.

/**
 * The affine layer on the kernels: one matrix product forward, two backward.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { gemm, gemmPenalized, type Matrix } from "./gemm.ts";
import { addPenalty } from "./penalty.ts";
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

/**
 * dx = dout · wᵀ in the shape of x, dw = xᵀ · dout, db = the sum of dout's rows.
 * With `reg`, `reg · w` is added to dw, and the sum of squares of w comes along.
 */
export function affineBackward(
  dout: Tensor,
  x: Tensor,
  w: Tensor,
  dtype: DType,
  reg: number,
): { dx: Tensor; dw: Tensor; db: Tensor; sumSquares?: number } {
  const [depth = 0, columns = 0] = w.shape;
  const rows = x.shape[0]!;
  return withFrame((frame) => {
    const grad = rowMajor(frame.input(dout, dtype), columns);
    const weights = frame.input(w, dtype);
    const dx = gemm(
      frame,
      grad,
      transposed(rowMajor(weights, columns)),
      0,
      [rows, columns, depth],
      x.shape,
      dtype,
    ).take();
    const db = frame.output([columns], dtype);
    sumRows(grad.address, rows, columns, db.address, dtype);
    const columnsOfX = transposed(rowMajor(frame.input(x, dtype), depth));
    const size = [depth, rows, columns] as const;
    const penalized = reg !== 0 && w.dtype === dtype
      ? gemmPenalized(frame, columnsOfX, grad, weights, reg, size, dtype)
      : undefined;
    if (penalized) {
      const { c, sumSquares } = penalized;
      return { dx, dw: c.take(), db: db.take(), sumSquares };
    }
    const dw = gemm(frame, columnsOfX, grad, 0, size, w.shape, dtype).take();
    const result = { dx, dw, db: db.take() };
    return reg === 0
      ? result
      : { ...result, sumSquares: addPenalty(w, reg, dw) };
  });
}

function rowMajor(address: number, columns: number): Matrix {
  return { address, row: columns, column: 1 };
}

function transposed(matrix: Matrix): Matrix {
  return { ...matrix, row: matrix.column, column: matrix.row };
}
