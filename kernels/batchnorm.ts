// Copyright 2026 the Convlab authors. MIT license.

/**
 * Batch normalisation on the kernels, over x (N, C, S): each channel has its own
 * statistics over images and positions.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { type Frame, withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf } from "./select.ts";

/** The sizes of a batch normalisation. */
export interface BatchnormGeometry {
  readonly images: number;
  readonly channels: number;
  /** Positions of one channel of one image. */
  readonly size: number;
}

/** A batch that others have parts of too. */
export interface WholeBatch {
  /** Images of all parts. */
  readonly images: number;
  /** Adds numbers up over all parts, in place. */
  readonly sum: (values: Float64Array) => void;
}

/** What mean and variance came from: x, a batch that x is a part of, or neither. */
export type StatisticsSource = "x" | WholeBatch | "elsewhere";

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
 * 1 / sqrt(variance + eps).
 */
export function batchnormBackward(
  dout: Tensor,
  x: Tensor,
  mean: Tensor,
  inverse: Tensor,
  gamma: Tensor,
  g: BatchnormGeometry,
  dtype: DType,
  source: StatisticsSource,
): { dx: Tensor; dgamma: Tensor; dbeta: Tensor } {
  return withFrame((frame) => {
    const dx = frame.output(x.shape, dtype);
    const dgamma = frame.output([g.channels], dtype);
    const dbeta = frame.output([g.channels], dtype);
    const inputs = [x, dout, mean, inverse].map((t) => frame.input(t, dtype));
    const sums = [dgamma.address, dbeta.address] as const;
    runKernel("batchnormBackwardSums", dtype, {
      args: [...inputs, ...sums, g.images, g.channels, g.size],
      items: g.channels,
      step: 1,
      cost: batchnormCost(g, dtype),
    });
    const whole = sumsOfSource(frame, sums, g, dtype, source);
    runKernel("batchnormBackwardInput", dtype, {
      args: [
        ...inputs,
        frame.input(gamma, dtype),
        ...[...whole.sums, dx.address, whole.images, g.channels, g.size],
      ],
      items: g.images * g.channels,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
    });
    return { dx: dx.take(), dgamma: dgamma.take(), dbeta: dbeta.take() };
  });
}

/**
 * What the gradient of x takes account of: the addresses of the sums over what
 * mean and variance came from, and its images. `sums` are those over x, of dgamma
 * and dbeta.
 */
export function sumsOfSource(
  frame: Frame,
  sums: readonly [number, number],
  { images, channels }: BatchnormGeometry,
  dtype: DType,
  source: StatisticsSource,
): { sums: readonly [number, number]; images: number } {
  if (source === "x") return { sums, images };
  if (source === "elsewhere") {
    const none = frame.array(channels, dtype).fill(0).byteOffset;
    return { sums: [none, none], images };
  }
  const values = new Float64Array(2 * channels);
  sums.forEach((address, i) =>
    values.set(frame.view(address, channels, dtype), i * channels)
  );
  source.sum(values);
  const all = frame.array(2 * channels, dtype);
  all.set(values);
  const first = all.byteOffset;
  return {
    sums: [first, first + channels * bytesOf(dtype)],
    images: source.images,
  };
}

/** Rows (image and channel) of one chunk. */
export function rowsOfChunk(g: BatchnormGeometry): number {
  return Math.max(1, Math.ceil(16384 / g.size));
}

/** What one pass costs on one thread, in microseconds, roughly. */
export function batchnormCost(g: BatchnormGeometry, dtype: DType): number {
  return g.images * g.channels * g.size * bytesOf(dtype) / 5_000;
}
