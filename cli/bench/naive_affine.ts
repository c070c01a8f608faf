// Copyright 2026 the Convlab authors. MIT license.

/**
 * The affine layer in plain loops, for the kernels to be compared with.
 *
 * @module
 */

import { sizeOf, type Tensor, zeros } from "../../numerics/tensor.ts";

/** x · w + b, shape (N, M), of x (N, …), w (D, M) and b (M). */
export function affineForwardNaive(x: Tensor, w: Tensor, b: Tensor): Tensor {
  const [n, d, m] = sizesOf(x, w);
  const out = zeros([n, m]);
  for (let i = 0; i < n; i++) {
    const row = out.data.subarray(i * m, (i + 1) * m);
    row.set(b.data);
    for (let k = 0; k < d; k++) {
      const value = x.data[i * d + k]!;
      for (let j = 0; j < m; j++) row[j]! += value * w.data[k * m + j]!;
    }
  }
  return out;
}

/** dout · wᵀ in the shape of x, xᵀ · dout, and the sum of the rows of dout (N, M). */
export function affineBackwardNaive(
  dout: Tensor,
  x: Tensor,
  w: Tensor,
): { dx: Tensor; dw: Tensor; db: Tensor } {
  const [n, d, m] = sizesOf(x, w);
  const dx = zeros(x.shape);
  const dw = zeros(w.shape);
  const db = zeros([m]);
  for (let i = 0; i < n; i++) {
    const row = dout.data.subarray(i * m, (i + 1) * m);
    for (let j = 0; j < m; j++) db.data[j]! += row[j]!;
    for (let k = 0; k < d; k++) {
      const value = x.data[i * d + k]!;
      let sum = 0;
      for (let j = 0; j < m; j++) {
        sum += row[j]! * w.data[k * m + j]!;
        dw.data[k * m + j]! += value * row[j]!;
      }
      dx.data[i * d + k] = sum;
    }
  }
  return { dx, dw, db };
}

/** Images, features and units. */
function sizesOf(x: Tensor, w: Tensor): [number, number, number] {
  const [images = 0, ...rest] = x.shape;
  return [images, sizeOf(rest), w.shape[1] ?? 0];
}
