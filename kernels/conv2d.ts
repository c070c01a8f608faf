// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolution on the kernels: direct, over padded planes and tables of taps,
 * so that no im2col matrix is written for any stride or padding.
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
import { backwardFilter3x3, isThreeByThree } from "./conv2d_filter_3x3.ts";
import { inputGradientTables } from "./conv2d_input.ts";
import {
  type Conv2dGeometry,
  inputPlane,
  joinsRows,
  packBias,
  packFilters,
  paddedImage,
  sizesOfGroup,
} from "./conv2d_tables.ts";
import { winogradForward, winogradInput } from "./conv2d_winograd.ts";
import { winogradFilter } from "./conv2d_winograd_filter.ts";
import { conv2dCost, imageGroups } from "./conv2d_work.ts";
import { rowBlocks } from "./row_blocks.ts";
import { runKernel, tileWidth } from "./runtime.ts";
import { bytesOf, roundUp, SPILL_BYTES, tileColumns } from "./select.ts";
import { sumRows } from "./sum.ts";

/** Positions whose windows are in the filter gradient's panel at once, roughly. */
const PANEL_POSITIONS = 256;

/** out (N, F, OH, OW) of x (N, C, H, W), w (F, C / groups, HH, WW) and b (F); with `relu`, of a ReLU behind it. */
export function conv2dForward(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  geometry: Conv2dGeometry,
  dtype: DType,
  relu = false,
): Tensor {
  return withFrame((frame) => {
    const g = sizesOfGroup(geometry);
    const { images, filters } = geometry;
    const out = frame.output([images, filters, g.outHeight, g.outWidth], dtype);
    const image = frame.input(x, dtype);
    const bias = packBias(frame, b, g, dtype);
    const into = { address: out.address, relu };
    if (winogradForward(frame, image, w, bias, into, geometry, dtype)) {
      return out.take();
    }
    const columns = tileColumns(dtype, tileWidth());
    const joined = joinsRows(g, g.outWidth, g.filters);
    const plane = inputPlane(g, dtype, columns, joined);
    const { fives } = rowBlocks(g.filters);
    runKernel("conv2dForward", dtype, {
      args: [
        image,
        packFilters(frame, w, g, plane.taps.order, dtype),
        bias,
        frame.table(plane.taps.table),
        out.address,
        ...[g.channels, g.height, g.width],
        ...[g.filters, fives, g.outHeight, g.outWidth],
        ...[g.stride, g.pad, plane.rows, plane.width],
        ...[plane.copies, g.dilation, g.groups, relu ? 1 : 0],
      ],
      items: g.images,
      step: itemsOfChunk(g),
      cost: conv2dCost(g, dtype),
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
    const { dw, db } =
      winogradFilter(frame, grad, frame.input(x, dtype), g, dtype) ??
        (isThreeByThree(g)
          ? backwardFilter3x3(frame, grad, x, g, dtype)
          : backwardFilter(frame, grad, x, w.shape, g, dtype));
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
  geometry: Conv2dGeometry,
  dtype: DType,
): { dw: Tensor; db: Tensor } {
  const size = bytesOf(dtype);
  const g = sizesOfGroup(geometry);
  const taps = g.channels * g.filterHeight * g.filterWidth;
  const { images, filters } = geometry;
  const partial = filters * taps;
  const { groupSize, groups } = imageGroups(images, partial * size);
  const dwParts = frame.scratch(groups * partial * size);
  const dbParts = frame.scratch(images * filters * size);
  const plane = paddedImage(g);
  const panelRows = Math.min(
    g.outHeight,
    Math.max(1, Math.floor(PANEL_POSITIONS / g.outWidth)),
  );
  const positions = panelRows * g.outWidth;
  const panelWidth = roundUp(taps, 16 / size) + tileColumns(dtype, tileWidth());
  const { fives } = rowBlocks(g.filters);
  runKernel("conv2dBackwardFilter", dtype, {
    args: [
      frame.input(x, dtype),
      dout,
      ...[dwParts, dbParts, images, groupSize, g.groups],
      ...[g.channels, g.height, g.width, g.filters, fives],
      ...[g.filterHeight, g.filterWidth, g.outHeight, g.outWidth],
      ...[g.stride, g.pad, g.dilation, plane.rows, plane.width],
      ...[panelRows, panelWidth],
    ],
    items: groups * g.groups,
    step: 1,
    cost: conv2dCost(g, dtype),
    scratchBytes: SPILL_BYTES +
      size * g.channels * plane.rows * plane.width + 64 +
      size * (g.filters + 4) * g.outHeight * g.outWidth + 64 +
      size * positions * panelWidth + 64,
  });
  const dw = frame.output(wShape, dtype);
  const db = frame.output([filters], dtype);
  sumRows(dwParts, groups, partial, dw.address, dtype);
  sumRows(dbParts, images, filters, db.address, dtype);
  return { dw: dw.take(), db: db.take() };
}

/** dx, as if all weights were finite (non_finite.ts), and whether they are. */
function backwardInput(
  frame: Frame,
  dout: number,
  w: Tensor,
  geometry: Conv2dGeometry,
  dtype: DType,
): { dx: Tensor; finite: boolean } {
  const g = sizesOfGroup(geometry);
  const { images, channels, height, width } = geometry;
  const dx = frame.output([images, channels, height, width], dtype);
  if (winogradInput(frame, { address: dout }, w, dx, geometry, dtype)) {
    return { dx: dx.take(), finite: true };
  }
  const joined = joinsRows(g, g.width, g.channels);
  const input = inputGradientTables(frame, w, g, dtype, joined);
  const { tables, sizes, plane, scratchBytes, finite } = input;
  runKernel("conv2dBackwardInput", dtype, {
    args: [
      ...[dout, ...tables, dx.address, ...sizes],
      ...[g.filters, g.outHeight, g.outWidth, ...plane],
      ...[joined ? g.filterWidth : 0, g.pad, g.dilation],
      ...[g.groups, input.weightsOfGroup],
    ],
    items: g.images,
    step: itemsOfChunk(g),
    cost: conv2dCost(g, dtype),
    scratchBytes,
  });
  return { dx: dx.take(), finite };
}

/** Work items of a chunk: a whole image where it is cut into many small groups. */
function itemsOfChunk(g: Conv2dGeometry): number {
  return g.groups;
}
