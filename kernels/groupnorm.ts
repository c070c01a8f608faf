// Copyright 2026 the Convlab authors. MIT license.

/**
 * Layer and group normalisation on the kernels: rows are cut over threads.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf } from "./select.ts";
import { sumRows } from "./sum.ts";

/** The sizes of a normalisation of x (images × groups · channels × size). */
export interface GroupnormGeometry {
  readonly images: number;
  readonly groups: number;
  /** Channels of a group. */
  readonly channels: number;
  /** Numbers of a channel. */
  readonly size: number;
}

/** out in the shape of x, and the mean and 1 / sqrt(variance + eps) of each row. */
export function groupnormForward(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  eps: number,
  g: GroupnormGeometry,
  dtype: DType,
): { out: Tensor; mean: Tensor; inverseStd: Tensor } {
  return withFrame((frame) => {
    const rows = g.images * g.groups;
    const out = frame.output(x.shape, dtype);
    const mean = frame.output([rows], dtype);
    const inverse = frame.output([rows], dtype);
    const inputs = [x, gamma, beta].map((t) => frame.input(t, dtype));
    runKernel("groupnormForward", dtype, {
      args: [
        ...[...inputs, out.address, mean.address, inverse.address],
        ...[g.groups, g.channels, g.size, eps],
      ],
      ...rowsOf(g, dtype),
    });
    return {
      out: out.take(),
      mean: mean.take(),
      inverseStd: inverse.take(),
    };
  });
}

/** The gradients of x, gamma and beta. */
export function groupnormBackward(
  dout: Tensor,
  x: Tensor,
  mean: Tensor,
  inverseStd: Tensor,
  gamma: Tensor,
  g: GroupnormGeometry,
  dtype: DType,
): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  return withFrame((frame) => {
    const channels = g.groups * g.channels;
    const dx = frame.output(x.shape, dtype);
    const dgamma = frame.output([channels], dtype);
    const dbeta = frame.output([channels], dtype);
    const bytes = g.images * channels * bytesOf(dtype);
    const sums = frame.scratch(bytes), weighted = frame.scratch(bytes);
    const inputs = [x, dout, mean, inverseStd, gamma]
      .map((t) => frame.input(t, dtype));
    runKernel("groupnormBackward", dtype, {
      args: [
        ...[...inputs, sums, weighted, dx.address],
        ...[g.groups, g.channels, g.size],
      ],
      ...rowsOf(g, dtype),
    });
    sumRows(weighted, g.images, channels, dgamma.address, dtype);
    sumRows(sums, g.images, channels, dbeta.address, dtype);
    return { dx: dx.take(), dgamma: dgamma.take(), dbeta: dbeta.take() };
  });
}

/** How rows are cut into work items. */
function rowsOf(
  { images, groups, channels, size }: GroupnormGeometry,
  dtype: DType,
): { items: number; step: number; cost: number } {
  const items = images * groups;
  const length = Math.max(1, channels * size);
  const step = Math.max(1, Math.ceil(16384 / length));
  return { items, step, cost: items * length * bytesOf(dtype) / 5_000 };
}
