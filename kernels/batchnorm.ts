// Copyright 2026 the Convlab authors. MIT license.

/**
 * Batch normalisation on the kernels, over x (N, C, S): each channel has its own
 * statistics over images and positions.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf } from "./select.ts";

/** The sizes of a batch normalisation. */
export interface BatchnormGeometry {
  readonly images: number;
  readonly channels: number;
  /** Positions of one channel of one image. */
  readonly size: number;
}

/** Mean and variance (over N · S) of each channel. */
export function batchnormStatistics(
  x: Tensor,
  g: BatchnormGeometry,
  dtype: DType,
): { mean: Tensor; variance: Tensor } {
  return withFrame((frame) => {
    const mean = frame.output([g.channels], dtype);
    const variance = frame.output([g.channels], dtype);
    runKernel("batchnormStatistics", dtype, {
      args: [
        ...[frame.input(x, dtype), mean.address, variance.address],
        ...[g.images, g.channels, g.size],
      ],
      items: g.channels,
      step: 1,
      cost: batchnormCost(g, dtype),
      scratchBytes: 64,
    });
    return { mean: mean.take(), variance: variance.take() };
  });
}

/** scale · (x - mean) + shift, channel by channel, in the shape of x. */
export function batchnormApply(
  x: Tensor,
  mean: Tensor,
  scale: Tensor,
  shift: Tensor,
  g: BatchnormGeometry,
  dtype: DType,
): Tensor {
  return withFrame((frame) => {
    const out = frame.output(x.shape, dtype);
    const inputs = [x, mean, scale, shift].map((t) => frame.input(t, dtype));
    runKernel("batchnormApply", dtype, {
      args: [...inputs, out.address, g.channels, g.size],
      items: g.images * g.channels,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
    });
    return out.take();
  });
}

/**
 * Gradients of x (in its shape), gamma and beta; `inverse` is
 * 1 / sqrt(variance + eps). With `fixed`, mean and variance did not come from x.
 */
export function batchnormBackward(
  dout: Tensor,
  x: Tensor,
  mean: Tensor,
  inverse: Tensor,
  gamma: Tensor,
  g: BatchnormGeometry,
  dtype: DType,
  fixed: boolean,
): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  return withFrame((frame) => {
    const dx = frame.output(x.shape, dtype);
    const dgamma = frame.output([g.channels], dtype);
    const dbeta = frame.output([g.channels], dtype);
    const inputs = [x, dout, mean, inverse].map((t) => frame.input(t, dtype));
    const none = frame.array(g.channels, dtype).fill(0).byteOffset;
    const sums = [dgamma.address, dbeta.address];
    const sizes = [g.images, g.channels, g.size];
    runKernel("batchnormBackwardSums", dtype, {
      args: [...inputs, ...sums, ...sizes],
      items: g.channels,
      step: 1,
      cost: batchnormCost(g, dtype),
    });
    runKernel("batchnormBackwardInput", dtype, {
      args: [
        ...inputs,
        frame.input(gamma, dtype),
        ...(fixed ? [none, none] : sums),
        dx.address,
        ...sizes,
      ],
      items: g.images * g.channels,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
    });
    return { dx: dx.take(), dgamma: dgamma.take(), dbeta: dbeta.take() };
  });
}

/** Rows (image and channel) of one chunk. */
export function rowsOfChunk(g: BatchnormGeometry): number {
  return Math.max(1, Math.ceil(16384 / g.size));
}

/** What one pass costs on one thread, in microseconds, roughly. */
export function batchnormCost(g: BatchnormGeometry, dtype: DType): number {
  return g.images * g.channels * g.size * bytesOf(dtype) / 5_000;
}
