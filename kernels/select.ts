// Copyright 2026 the Convlab authors. MIT license.

/**
 * The table that picks a kernel: by operation and dtype.
 *
 * The names say dtype, operation and register tile (rows × columns); the
 * instruction set is that of the module they are taken from.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";

const TABLE = {
  conv2dForward: {
    float32: "f32_conv2d_forward_4x8",
    float64: "f64_conv2d_forward_4x4",
  },
  conv2dBackwardInput: {
    float32: "f32_conv2d_backward_input_4x8",
    float64: "f64_conv2d_backward_input_4x4",
  },
  conv2dBackwardFilter: {
    float32: "f32_conv2d_backward_filter_4x3",
    float64: "f64_conv2d_backward_filter_4x3",
  },
  gemmPack: { float32: "f32_gemm_pack", float64: "f64_gemm_pack" },
  gemm: { float32: "f32_gemm_4x8", float64: "f64_gemm_4x4" },
  maxPoolForward: {
    float32: "f32_maxpool_forward",
    float64: "f64_maxpool_forward",
  },
  maxPoolForward2x2: {
    float32: "f32_maxpool_forward_2x2",
    float64: "f64_maxpool_forward_2x2",
  },
  maxPoolBackward: {
    float32: "f32_maxpool_backward",
    float64: "f64_maxpool_backward",
  },
  batchnormStatistics: {
    float32: "f32_batchnorm_statistics",
    float64: "f64_batchnorm_statistics",
  },
  batchnormApply: {
    float32: "f32_batchnorm_apply",
    float64: "f64_batchnorm_apply",
  },
  batchnormBackwardSums: {
    float32: "f32_batchnorm_backward_sums",
    float64: "f64_batchnorm_backward_sums",
  },
  batchnormBackwardInput: {
    float32: "f32_batchnorm_backward_input",
    float64: "f64_batchnorm_backward_input",
  },
  reluForward: { float32: "f32_relu_forward", float64: "f64_relu_forward" },
  reluBackward: { float32: "f32_relu_backward", float64: "f64_relu_backward" },
  addScaled: { float32: "f32_add_scaled", float64: "f64_add_scaled" },
  fillRows: { float32: "f32_fill_rows", float64: "f64_fill_rows" },
  sumRows: { float32: "f32_sum_rows", float64: "f64_sum_rows" },
  sumSquares: { float32: "f32_sum_squares", float64: "f64_sum_squares" },
  sgd: { float32: "f32_sgd", float64: "f64_sgd" },
  sgdMomentum: { float32: "f32_sgd_momentum", float64: "f64_sgd_momentum" },
  rmsprop: { float32: "f32_rmsprop", float64: "f64_rmsprop" },
  adam: { float32: "f32_adam", float64: "f64_adam" },
} as const satisfies Record<string, Record<DType, string>>;

/** An operation that has kernels. */
export type Kernel = keyof typeof TABLE;

/** The name under which the kernel is exported. */
export function kernelName(kernel: Kernel, dtype: DType): string {
  return TABLE[kernel][dtype];
}

/** All operations that have kernels. */
export const KERNELS: readonly Kernel[] = Object.keys(TABLE) as Kernel[];

/** Columns of the register tile: two vectors of 128 bits. */
export function tileColumns(dtype: DType): number {
  return dtype === "float32" ? 8 : 4;
}

/** Rows of the register tile. */
export const TILE_ROWS = 4;

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return dtype === "float32" ? 4 : 8;
}

/** Bytes at the start of the scratch memory that a tile spills to. */
export const SPILL_BYTES = 128;

/** The next multiple. */
export function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}
