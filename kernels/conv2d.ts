// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolution on the kernels: direct, over padded planes and tables of tap
 * offsets, so that no im2col matrix is written for any stride or padding.
 *
 * The batch is cut by images. The filter gradient is summed over groups of
 * images and the groups then in sequence; groups follow from the shapes alone,
 * so the bytes are the same for any number of workers.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { type Frame, withFrame } from "./frame.ts";
import { addNonFinite } from "./non_finite.ts";
import { runKernel } from "./runtime.ts";
import {
  type Conv2dGeometry,
  inputPlane,
  packFilters,
  phaseAxis,
} from "./conv2d_tables.ts";
import {
  bytesOf,
  roundUp,
  SPILL_BYTES,
  TILE_ROWS,
  tileColumns,
} from "./select.ts";
import { sumRows } from "./sum.ts";

/** Multiply-adds that a thread does in a microsecond, roughly. */
const MADDS_PER_MICROSECOND = { float32: 20_000, float64: 10_000 };

/** Bytes that the partial sums of the filter gradient may take, roughly. */
const PARTIAL_BYTES = 4 << 20;
/** Groups of images that the filter gradient is summed over at the most. */
const MAX_GROUPS = 64;

/** out (N, F, OH, OW) of x (N, C, H, W), w (F, C, HH, WW) and b (F). */
export function conv2dForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): Tensor {
  return withFrame((frame) => {
    const plane = inputPlane(g, dtype);
    const taps = g.channels * g.filterHeight * g.filterWidth;
    const out = frame.output(
      [g.images, g.filters, g.outHeight, g.outWidth],
      dtype,
    );
    const bias = frame.array(roundUp(g.filters, TILE_ROWS), dtype);
    bias.fill(0);
    bias.set(b.data);
    runKernel("conv2dForward", dtype, {
      args: [
        frame.input(x, dtype),
        packFilters(frame, w, g, dtype),
        bias.byteOffset,
        frame.table(plane.offsets),
        out.address,
        ...[g.channels, g.height, g.width],
        ...[g.filters, taps, g.outHeight, g.outWidth],
        ...[g.stride, g.pad, plane.rows, plane.width],
      ],
      items: g.images,
      step: 1,
      cost: cost(g, dtype),
      scratchBytes: plane.bytes,
    });
    return out.take();
  });
}

/** The gradients of the filters, the bias and, unless it is not needed, the input. */
export function conv2dBackward(
  dout: Tensor,
  x: Tensor,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
  needsInput: boolean,
): { dx: Tensor | undefined; dw: Tensor; db: Tensor } {
  return withFrame((frame) => {
    const grad = frame.input(dout, dtype);
    const { dw, db } = backwardFilter(frame, grad, x, w.shape, g, dtype);
    if (!needsInput) return { dx: undefined, dw, db };
    const { dx, finite } = backwardInput(frame, grad, w, g, dtype);
    if (!finite) addNonFinite(dx, dout, w, g);
    return { dx, dw, db };
  });
}

function backwardFilter(
  frame: Frame,
  dout: number,
  x: Tensor,
  wShape: readonly number[],
  g: Conv2dGeometry,
  dtype: DType,
): { dw: Tensor; db: Tensor } {
  const size = bytesOf(dtype);
  const plane = inputPlane(g, dtype);
  const taps = g.channels * g.filterHeight * g.filterWidth;
  const partial = g.filters * taps;
  const groups = Math.max(
    1,
    Math.min(
      MAX_GROUPS,
      g.images,
      Math.floor(PARTIAL_BYTES / (partial * size)),
    ),
  );
  const groupSize = Math.ceil(g.images / groups);
  const items = groupSize === 0 ? 0 : Math.ceil(g.images / groupSize);
  const dwParts = frame.scratch(items * partial * size);
  const dbParts = frame.scratch(g.images * g.filters * size);
  runKernel("conv2dBackwardFilter", dtype, {
    args: [
      frame.input(x, dtype),
      dout,
      frame.table(plane.offsets),
      ...[dwParts, dbParts, g.images, groupSize],
      ...[g.channels, g.height, g.width],
      ...[g.filters, taps, g.outHeight, g.outWidth],
      ...[g.stride, g.pad, plane.rows, plane.width],
    ],
    items,
    step: 1,
    cost: cost(g, dtype),
    scratchBytes: plane.bytes,
  });
  return {
    dw: sumRows(frame, dwParts, items, partial, wShape, dtype),
    db: sumRows(frame, dbParts, g.images, g.filters, [g.filters], dtype),
  };
}

/** dx, as if all weights were finite (non_finite.ts), and whether they are. */
function backwardInput(
  frame: Frame,
  dout: number,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): { dx: Tensor; finite: boolean } {
  const size = bytesOf(dtype);
  const rows = phaseAxis(g.height, g.filterHeight, g.stride, g.pad);
  const columns = phaseAxis(g.width, g.filterWidth, g.stride, g.pad);
  const planeRows = rows.length;
  const planeWidth = columns.length + tileColumns(dtype);
  const blocks = Math.ceil(g.channels / TILE_ROWS);
  const allTaps = g.filters * g.filterHeight * g.filterWidth;
  const weights = frame.array(blocks * TILE_ROWS * allTaps, dtype);
  weights.fill(0);
  const offsets: number[] = [];
  const table: number[] = [];
  let firstWeight = 0;
  let finite = true;
  for (const row of rows.phases) {
    for (const column of columns.phases) {
      const taps = row.taps * column.taps * g.filters;
      table.push(offsets.length, taps, firstWeight);
      table.push(row.count, column.count, row.first, column.first);
      for (let f = 0, k = 0; f < g.filters; f++) {
        for (let j = 0; j < row.taps; j++) {
          for (let i = 0; i < column.taps; i++, k++) {
            const y = f * planeRows + row.corner - j;
            offsets.push(size * (y * planeWidth + column.corner - i));
            for (let c = 0; c < g.channels; c++) {
              const line = (f * g.channels + c) * g.filterHeight +
                g.stride * j + row.r;
              const at = line * g.filterWidth + g.stride * i + column.r;
              const to = firstWeight +
                ((c >> 2) * taps + k) * TILE_ROWS + (c & 3);
              const value = w.data[at]!;
              if (Number.isFinite(value)) weights[to] = value;
              else {
                weights[to] = value > 0 ? 1 : -1;
                finite = false;
              }
            }
          }
        }
      }
      firstWeight += blocks * TILE_ROWS * taps;
    }
  }
  const zeros = frame.array(blocks * TILE_ROWS, dtype).fill(0);
  const dx = frame.output([g.images, g.channels, g.height, g.width], dtype);
  runKernel("conv2dBackwardInput", dtype, {
    args: [
      ...[dout, weights.byteOffset, zeros.byteOffset],
      ...[frame.table(offsets), frame.table(table), table.length / 7],
      dx.address,
      ...[g.channels, g.height, g.width, g.filters, g.outHeight, g.outWidth],
      ...[g.stride, rows.margin, columns.margin, planeRows, planeWidth],
    ],
    items: g.images,
    step: 1,
    cost: cost(g, dtype),
    scratchBytes: SPILL_BYTES + 64 +
      g.filters * planeRows * planeWidth * size,
  });
  return { dx: dx.take(), finite };
}

function cost(g: Conv2dGeometry, dtype: DType): number {
  return g.images * g.filters * g.outHeight * g.outWidth * g.channels *
    g.filterHeight * g.filterWidth / MADDS_PER_MICROSECOND[dtype];
}
