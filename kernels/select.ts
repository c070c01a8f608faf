// Copyright 2026 the Convlab authors. MIT license.

/**
 * The table that picks a kernel: by operation, dtype and width of the register
 * tile.
 *
 * The names say dtype, operation and register tile (rows × columns); the
 * instruction set is that of the module they are taken from.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";

/** The kernels' names without dtype; `{tile}` stands for the size of the register tile. */
const TABLE = {
  conv2dForward: "conv2d_forward_{tile}",
  conv2dBackwardInput: "conv2d_backward_input_{tile}",
  conv2dBackwardFilter: "conv2d_backward_filter_{tile}",
  conv2dBackwardFilter3x3: "conv2d_backward_filter_3x3_{tile}",
  conv2dWinograd: "conv2d_winograd_{tile}",
  conv2dWinogradFilters: "conv2d_winograd_filters",
  conv2dWinogradBackwardFilter: "conv2d_winograd_backward_filter_{tile}",
  conv2dWinogradRestoreFilters: "conv2d_winograd_restore_filters",
  unpackColumns: "unpack_columns",
  conv2dReluPoolForward: "conv2d_relu_pool_forward_{tile}",
  conv2dPoolBackwardFilter: "conv2d_pool_backward_filter_{tile}",
  conv2dPoolBackwardInput: "conv2d_pool_backward_input_{tile}",
  gemmPack: "gemm_pack",
  gemm: "gemm_{tile}",
  gemmPenalized: "gemm_penalized_{tile}",
  maxPoolForward: "maxpool_forward",
  maxPoolForward2x2: "maxpool_forward_2x2",
  maxPoolBackward: "maxpool_backward",
  maxPoolBackward2x2: "maxpool_backward_2x2",
  avgPoolForward: "avgpool_forward",
  avgPoolForward2x2: "avgpool_forward_2x2",
  avgPoolBackward: "avgpool_backward",
  avgPoolBackward2x2: "avgpool_backward_2x2",
  globalAvgPoolForward: "global_avgpool_forward",
  globalAvgPoolBackward: "global_avgpool_backward",
  groupnormForward: "groupnorm_forward",
  groupnormBackward: "groupnorm_backward",
  batchnormStatistics: "batchnorm_statistics",
  batchnormApply: "batchnorm_apply",
  batchnormBackwardSums: "batchnorm_backward_sums",
  batchnormBackwardInput: "batchnorm_backward_input",
  bnReluForward: "bn_relu_forward",
  bnReluBackwardSums: "bn_relu_backward_sums",
  bnReluBackwardInput: "bn_relu_backward_input",
  bnReluPoolForward: "bn_relu_pool_forward",
  bnReluPoolBackwardSums: "bn_relu_pool_backward_sums",
  bnReluPoolBackwardInput: "bn_relu_pool_backward_input",
  reluForward: "relu_forward",
  reluBackward: "relu_backward",
  leakyReluForward: "leaky_relu_forward",
  leakyReluBackward: "leaky_relu_backward",
  geluForward: "gelu_forward",
  geluBackward: "gelu_backward",
  add: "add",
  multiply: "multiply",
  dropoutMask: "dropout_mask",
  addScaled: "add_scaled",
  fillRows: "fill_rows",
  sumRows: "sum_rows",
  sumOfZeros: "sum_of_zeros",
  sumSquares: "sum_squares",
  sumSquaresAddScaled: "sum_squares_add_scaled",
  sgd: "sgd",
  sgdMomentum: "sgd_momentum",
  sgdNesterov: "sgd_nesterov",
  rmsprop: "rmsprop",
  adam: "adam",
  scale: "scale",
  clamp: "clamp",
  moveTowards: "move_towards",
  multiplyAddPeak: "multiply_add_peak_{tile}",
} as const satisfies Record<string, string>;

/** An operation that has kernels. */
export type Kernel = keyof typeof TABLE;

/** All operations that have kernels. */
export const KERNELS: readonly Kernel[] = Object.keys(TABLE) as Kernel[];

/** Operations that only float32 has kernels for (winograd_layout.ts). */
const FLOAT32_ONLY: ReadonlySet<Kernel> = new Set([
  "conv2dWinograd",
  "conv2dWinogradFilters",
  "conv2dWinogradBackwardFilter",
  "conv2dWinogradRestoreFilters",
]);

/** The dtypes that an operation has kernels for. */
export function dtypesOf(kernel: Kernel): readonly DType[] {
  return FLOAT32_ONLY.has(kernel) ? ["float32"] : ["float32", "float64"];
}

/**
 * How wide the register tile is: `narrow` has two vectors of 128 bits in a row,
 * `wide` four, which pays where the engine makes one operation of each two, and
 * `joined` four in a form of which it does so although it checks addresses.
 */
export type TileWidth = "narrow" | "wide" | "joined";

/** Vectors of 128 bits in a row of the register tile. */
const VECTORS = { narrow: 2, wide: 4, joined: 4 } as const;

/** The name under which the kernel is exported. */
export function kernelName(
  kernel: Kernel,
  dtype: DType,
  width: TileWidth,
): string {
  return NAMES[width][dtype][kernel];
}

/** Made once: a program asks for some dozens in each step of a training. */
const NAMES = {
  narrow: namesOf("narrow"),
  wide: namesOf("wide"),
  joined: namesOf("joined"),
};

function namesOf(
  width: TileWidth,
): Readonly<Record<DType, Readonly<Record<Kernel, string>>>> {
  const of = (dtype: DType, prefix: string) => {
    const suffix = width === "joined" ? "_joined" : "";
    const tile = `5x${tileColumns(dtype, width)}${suffix}`;
    const names = Object.entries(TABLE).map(([kernel, name]) => [
      kernel,
      `${prefix}_${name.replace("{tile}", tile)}`,
    ]);
    return Object.fromEntries(names) as Record<Kernel, string>;
  };
  return { float32: of("float32", "f32"), float64: of("float64", "f64") };
}

/** Whether the kernel has a register tile, and so a wide version. */
export function hasTile(kernel: Kernel): boolean {
  return TABLE[kernel].includes("{tile}");
}

/** Columns of the register tile. */
export function tileColumns(dtype: DType, width: TileWidth): number {
  return VECTORS[width] * 16 / bytesOf(dtype);
}

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return dtype === "float32" ? 4 : 8;
}

/** Bytes at the start of the scratch memory that a tile spills to, at the most. */
export const SPILL_BYTES = 320;

/** The next multiple. */
export function roundUp(n: number, multiple: number): number {
  return Math.ceil(n / multiple) * multiple;
}
