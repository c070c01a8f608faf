// Copyright 2026 the Convlab authors. MIT license.

/**
 * Max-pooling on the kernels. Planes (image and channel) are cut over threads.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf, roundUp } from "./select.ts";

/** The sizes of a pooling; all are checked before they come here. */
export interface PoolGeometry {
  /** Images times channels. */
  readonly planes: number;
  readonly height: number;
  readonly width: number;
  readonly poolHeight: number;
  readonly poolWidth: number;
  readonly stride: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/** The maxima, and which tap of its window each was, row by row of the window. */
export function maxPoolForward(
  x: Tensor,
  shape: readonly number[],
  g: PoolGeometry,
): { out: Tensor; argmax: Int32Array } {
  const { dtype } = x;
  return withFrame((frame) => {
    const out = frame.output(shape, dtype);
    const argmax = frame.integers(g.planes * g.outHeight * g.outWidth);
    const source = frame.input(x, dtype);
    const sizes = [g.height, g.width, g.outHeight, g.outWidth];
    const common = {
      items: g.planes,
      step: planesOfChunk(g),
      cost: poolCost(g, dtype),
    };
    if (isTwoByTwo(g)) {
      runKernel("maxPoolForward2x2", dtype, {
        ...common,
        args: [source, out.address, argmax.address, ...sizes],
        scratchBytes: 64,
      });
    } else {
      const { offsets, rows, width, scratchBytes } = poolPlane(g, dtype);
      runKernel("maxPoolForward", dtype, {
        ...common,
        args: [
          ...[source, frame.table(offsets), offsets.length],
          ...[out.address, argmax.address, ...sizes, g.stride, rows, width],
        ],
        scratchBytes,
      });
    }
    return { out: out.take(), argmax: argmax.take() };
  });
}

/** dx, each dout added where its window's maximum was. */
export function maxPoolBackward(
  dout: Tensor,
  argmax: Int32Array,
  shape: readonly number[],
  g: PoolGeometry,
  dtype: DType,
): Tensor {
  return withFrame((frame) => {
    const dx = frame.output(shape, dtype);
    const given = [frame.input(dout, dtype), frame.inputIntegers(argmax)];
    const sizes = [g.height, g.width, g.outHeight, g.outWidth];
    const common = {
      items: g.planes,
      step: planesOfChunk(g),
      cost: poolCost(g, dtype),
    };
    if (isTwoByTwo(g)) {
      runKernel("maxPoolBackward2x2", dtype, {
        ...common,
        args: [...given, dx.address, ...sizes],
      });
    } else {
      const corners = windowCorners(g, dtype);
      runKernel("maxPoolBackward", dtype, {
        ...common,
        args: [...given, frame.table(corners), dx.address, ...sizes, g.stride],
      });
    }
    return dx.take();
  });
}

/**
 * A plane's copy in which the taps of neighbouring windows are neighbours
 * (assembly/plane.ts), the byte offsets of a window's taps in it, and the
 * scratch memory that it takes.
 */
export function poolPlane(
  g: PoolGeometry,
  dtype: DType,
): {
  offsets: number[];
  rows: number;
  width: number;
  scratchBytes: number;
} {
  const size = bytesOf(dtype);
  const { stride } = g;
  const rows = stride * (g.outHeight - 1) + g.poolHeight;
  const width = roundUp(g.outWidth, 16 / size) +
    Math.floor((g.poolWidth - 1) / stride);
  const offsets = taps(
    g,
    (y, x) =>
      size * ((y * stride + x % stride) * width + Math.floor(x / stride)),
  );
  return {
    offsets,
    rows,
    width,
    scratchBytes: 96 + rows * stride * width * size,
  };
}

/** The byte offsets of a window's taps from its corner in the image. */
export function windowCorners(g: PoolGeometry, dtype: DType): number[] {
  return taps(g, (y, x) => bytesOf(dtype) * (y * g.width + x));
}

/** Whether the windows are 2 × 2 at stride 2, for which there are kernels of their own. */
export function isTwoByTwo(g: PoolGeometry): boolean {
  return g.poolHeight === 2 && g.poolWidth === 2 && g.stride === 2;
}

/** A number for each tap of the window, row by row. */
function taps(
  g: PoolGeometry,
  value: (y: number, x: number) => number,
): number[] {
  const values: number[] = [];
  for (let y = 0; y < g.poolHeight; y++) {
    for (let x = 0; x < g.poolWidth; x++) values.push(value(y, x));
  }
  return values;
}

/** Planes of one chunk: some 16,000 inputs. */
export function planesOfChunk(g: PoolGeometry): number {
  return Math.max(1, Math.ceil(16384 / (g.height * g.width)));
}

/** What a pooling costs on one thread, in microseconds, roughly. */
export function poolCost(g: PoolGeometry, dtype: DType): number {
  const reads = g.outHeight * g.outWidth * g.poolHeight * g.poolWidth;
  return g.planes * Math.max(reads, g.height * g.width) * bytesOf(dtype) /
    10_000;
}
