// Copyright 2026 the Convlab authors. MIT license.

/**
 * How the work of a convolution is shared out, and what it costs.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import type { Conv2dGeometry } from "./conv2d_tables.ts";

/** Multiply-adds that a thread does in a microsecond, roughly. */
const MADDS_PER_MICROSECOND = { float32: 20_000, float64: 10_000 };

/** Bytes that the partial sums of the filter gradient may take, roughly. */
const PARTIAL_BYTES = 4 << 20;
/** Groups of images that the filter gradient is summed over at the most. */
const MAX_GROUPS = 64;

/**
 * Groups of images whose filter gradients are summed, each by one thread, before
 * the groups' are; they follow from shapes alone.
 *
 * @param images The batch.
 * @param partialBytes Bytes of one group's sums.
 * @param most Groups at the most.
 */
export function imageGroups(
  images: number,
  partialBytes: number,
  most = MAX_GROUPS,
): { groupSize: number; groups: number } {
  const fitting = Math.floor(PARTIAL_BYTES / partialBytes);
  const groupSize = Math.ceil(images / Math.max(1, Math.min(most, fitting)));
  return { groupSize, groups: Math.ceil(images / Math.max(1, groupSize)) };
}

/**
 * What a convolution costs on one thread, in microseconds, roughly.
 *
 * @param g The sizes of a group.
 */
export function conv2dCost(g: Conv2dGeometry, dtype: DType): number {
  return g.images * g.filters * g.outHeight * g.outWidth * g.channels *
    g.filterHeight * g.filterWidth / MADDS_PER_MICROSECOND[dtype];
}
