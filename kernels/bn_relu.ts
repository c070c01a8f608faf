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
} from "./batchnorm.ts";
import { type Frame, withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf } from "./select.ts";

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

/** The gradients. With `fixed`, mean and variance did not come from x. */
export function bnReluBackward(
  dout: Tensor,
  x: Tensor,
  { mean, inverseStd, scale, shift }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
  fixed: boolean,
): NormalisationGradients {
  return withFrame((frame) => {
    const inputs = [x, dout, mean, inverseStd, scale, shift]
      .map((t) => frame.input(t, dtype));
    const sizes = [g.images, g.channels, g.size];
    return differentiate(frame, "bnRelu", x.shape, inputs, sizes, {
      ...{ g, dtype, fixed },
    });
  });
}

/**
 * The pooled output (N, C, ⌊H / 2⌋, ⌊W / 2⌋), and for each of its elements which
 * tap of its window was the maximum, row by row: 4 where none is positive.
 */
export function bnReluPoolForward(
  x: Tensor,
  { mean, scale, shift }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
): { out: Tensor; selected: Uint8Array } {
  return withFrame((frame) => {
    const [height, width, outHeight, outWidth] = pooled(x);
    const shape = [g.images, g.channels, outHeight, outWidth];
    const out = frame.output(shape, dtype);
    const planes = g.images * g.channels;
    const selected = frame.bytes(planes * outHeight * outWidth);
    const inputs = [x, mean, scale, shift].map((t) => frame.input(t, dtype));
    runKernel("bnReluPoolForward", dtype, {
      args: [
        ...[...inputs, out.address, selected.address],
        ...[g.channels, height, width, outHeight, outWidth],
      ],
      items: planes,
      step: rowsOfChunk(g),
      cost: batchnormCost(g, dtype),
      scratchBytes: 2 * width * bytesOf(dtype) + 256,
    });
    return { out: out.take(), selected: selected.take() };
  });
}

/** The gradients, for the dout of the pooled output. */
export function bnReluPoolBackward(
  dout: Tensor,
  selected: Uint8Array,
  x: Tensor,
  { mean, inverseStd, scale }: Normalisation,
  g: BatchnormGeometry,
  dtype: DType,
  fixed: boolean,
): NormalisationGradients {
  return withFrame((frame) => {
    const inputs = [
      ...[frame.input(x, dtype), frame.input(dout, dtype)],
      frame.inputBytes(selected),
      ...[mean, inverseStd, scale].map((t) => frame.input(t, dtype)),
    ];
    const sizes = [g.images, g.channels, ...pooled(x)];
    return differentiate(frame, "bnReluPool", x.shape, inputs, sizes, {
      ...{ g, dtype, fixed },
    });
  });
}

/** Sums over channels, and then dx. */
function differentiate(
  frame: Frame,
  kernel: "bnRelu" | "bnReluPool",
  shape: readonly number[],
  inputs: readonly number[],
  sizes: readonly number[],
  { g, dtype, fixed }: {
    g: BatchnormGeometry;
    dtype: DType;
    fixed: boolean;
  },
): NormalisationGradients {
  const dx = frame.output(shape, dtype);
  const dgamma = frame.output([g.channels], dtype);
  const dbeta = frame.output([g.channels], dtype);
  const sums = [dgamma.address, dbeta.address];
  runKernel(`${kernel}BackwardSums`, dtype, {
    args: [...inputs, ...sums, ...sizes],
    items: g.channels,
    step: 1,
    cost: batchnormCost(g, dtype),
  });
  const none = frame.array(g.channels, dtype).fill(0).byteOffset;
  const used = fixed ? [none, none] : sums;
  runKernel(`${kernel}BackwardInput`, dtype, {
    args: [...inputs, ...used, dx.address, ...sizes],
    items: g.images * g.channels,
    step: rowsOfChunk(g),
    cost: batchnormCost(g, dtype),
  });
  return { dx: dx.take(), dgamma: dgamma.take(), dbeta: dbeta.take() };
}

/** Height and width of images, and of what is pooled from them. */
function pooled(x: Tensor): [number, number, number, number] {
  const [, , height = 0, width = 0] = x.shape;
  return [height, width, height >> 1, width >> 1];
}
