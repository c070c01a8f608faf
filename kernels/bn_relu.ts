// Copyright 2026 the Convlab authors. MIT license.

/**
 * Batch normalisation with a ReLU, and with a 2 × 2 max-pooling too, each as one
 * kernel (assembly/bn_relu.ts and bn_relu_pool.ts).
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import {
  batchnormCost,
  type BatchnormGeometry,
  rowsOfChunk,
  type StatisticsSource,
  sumsOfSource,
} from "./batchnorm.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";

/** What x is normalised by, channel by channel. */
export interface Normalisation {
  readonly mean: Tensor;
  /** 1 / sqrt(variance + eps). */
  readonly inverseStd: Tensor;
  /** gamma · inverseStd. */
  readonly scale: Tensor;
  /** beta. */
  readonly shift: Tensor;
}

/** The gradients of x, gamma and beta. */
export interface NormalisationGradients {
  dx: Tensor;
  dgamma: Tensor;
  dbeta: Tensor;
}

/** max(scale · (x - mean) + shift, 0), channel by channel, in the shape of x. */
export function bnReluForward(
  x: Tensor,
  { mean, scale, shift }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
): Tensor {
  return withFrame((frame) => {
    const out = frame.output(x.shape, dtype);
    const inputs = [x, mean, scale, shift].map((t) => frame.input(t, dtype));
    runKernel("bnReluForward", dtype, {
      args: [...inputs, out.address, g.channels, g.size],
      items: g.images * g.channels,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
    });
    return out.take();
  });
}

/** The gradients. */
export function bnReluBackward(
  dout: Tensor,
  x: Tensor,
  { mean, inverseStd, scale, shift }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
  source: StatisticsSource,
): NormalisationGradients {
  return withFrame((frame) => {
    const dx = frame.output(x.shape, dtype);
    const dgamma = frame.output([g.channels], dtype);
    const dbeta = frame.output([g.channels], dtype);
    const sums = [dgamma.address, dbeta.address] as const;
    const inputs = [x, dout, mean, inverseStd, scale, shift]
      .map((t) => frame.input(t, dtype));
    runKernel("bnReluBackwardSums", dtype, {
      args: [...inputs, ...sums, g.images, g.channels, g.size],
      items: g.channels,
      step: 1,
      cost: batchnormCost(g, dtype),
    });
    const whole = sumsOfSource(frame, sums, g, dtype, source);
    runKernel("bnReluBackwardInput", dtype, {
      args: [
        ...[...inputs, ...whole.sums],
        ...[dx.address, whole.images, g.channels, g.size],
      ],
      items: g.images * g.channels,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
    });
    return { dx: dx.take(), dgamma: dgamma.take(), dbeta: dbeta.take() };
  });
}

/** What the backward pass behind a pooling needs to know of each window. */
export interface PooledWindows {
  /** Which tap was the maximum, row by row: 4 where none is positive. */
  readonly selected: Uint8Array;
  /** How far the maximum's x lies from the mean; 0 where none is positive. */
  readonly distances: Tensor;
}

/** The pooled output (N, C, ⌊H / 2⌋, ⌊W / 2⌋), and what the backward pass needs. */
export function bnReluPoolForward(
  x: Tensor,
  { mean, scale, shift }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
): { out: Tensor; windows: PooledWindows } {
  return withFrame((frame) => {
    const [height, width, outHeight, outWidth] = pooled(x);
    const shape = [g.images, g.channels, outHeight, outWidth];
    const planes = g.images * g.channels;
    const out = frame.output(shape, dtype);
    const selected = frame.bytes(planes * outHeight * outWidth);
    const distances = frame.output(shape, dtype);
    const inputs = [x, mean, scale, shift].map((t) => frame.input(t, dtype));
    runKernel("bnReluPoolForward", dtype, {
      args: [
        ...[...inputs, out.address, selected.address, distances.address],
        ...[g.channels, height, width, outHeight, outWidth],
      ],
      items: planes,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
      scratchBytes: 64,
    });
    const windows = { selected: selected.take(), distances: distances.take() };
    return { out: out.take(), windows };
  });
}

/** The gradients, for the dout of the pooled output. */
export function bnReluPoolBackward(
  dout: Tensor,
  { selected, distances }: PooledWindows,
  x: Tensor,
  { mean, inverseStd, scale }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
  source: StatisticsSource,
): NormalisationGradients {
  return withFrame((frame) => {
    const [height, width, outHeight, outWidth] = pooled(x);
    const dx = frame.output(x.shape, dtype);
    const dgamma = frame.output([g.channels], dtype);
    const dbeta = frame.output([g.channels], dtype);
    const sums = [dgamma.address, dbeta.address] as const;
    const grad = frame.input(dout, dtype);
    const taken = frame.inputBytes(selected);
    const inverse = frame.input(inverseStd, dtype);
    runKernel("bnReluPoolBackwardSums", dtype, {
      args: [
        ...[grad, taken, frame.input(distances, dtype), inverse, ...sums],
        ...[g.images, g.channels, outHeight * outWidth],
      ],
      items: g.channels,
      step: 1,
      cost: batchnormCost(g, dtype) / 2,
    });
    const whole = sumsOfSource(frame, sums, g, dtype, source);
    runKernel("bnReluPoolBackwardInput", dtype, {
      args: [
        ...[frame.input(x, dtype), grad, taken, frame.input(mean, dtype)],
        ...[inverse, frame.input(scale, dtype)],
        ...[...whole.sums, dx.address, whole.images, g.channels],
        ...[height, width, outHeight, outWidth],
      ],
      items: g.images * g.channels,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
    });
    return { dx: dx.take(), dgamma: dgamma.take(), dbeta: dbeta.take() };
  });
}

/** Height and width of images, and of what is pooled from them. */
function pooled(x: Tensor): [number, number, number, number] {
  const [, , height = 0, width = 0] = x.shape;
  return [height, width, height >> 1, width >> 1];
}
