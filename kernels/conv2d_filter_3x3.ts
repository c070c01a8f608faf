// Copyright 2026 the Convlab authors. MIT license.

/**
 * The gradient of filters of 3 × 3 on a kernel of its own
 * (assembly/conv2d_filter_3x3.ts).
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import {
  type Conv2dGeometry,
  paddedImage,
  sizesOfGroup,
} from "./conv2d_tables.ts";
import { conv2dCost, imageGroups } from "./conv2d_work.ts";
import type { Frame } from "./frame.ts";
import { runKernel, tileWidth } from "./runtime.ts";
import { bytesOf, roundUp, tileColumns } from "./select.ts";
import { sumRows } from "./sum.ts";

/** Positions that are summed over at a time, roughly: what fits the first-level cache. */
const POSITIONS = 256;

/** Filters come in blocks as wide as the widest tile; no more than a quarter of them may be none. */
const BLOCK = 16;

/** Whether the kernel is for this convolution. */
export function isThreeByThree(geometry: Conv2dGeometry): boolean {
  const { filterHeight, filterWidth, dilation, filters } = sizesOfGroup(
    geometry,
  );
  return filterHeight === 3 && filterWidth === 3 && dilation === 1 &&
    3 * roundUp(filters, BLOCK) <= 4 * filters;
}

/** The gradients of the filters and of the bias; `dout` is the address of that of the output. */
export function backwardFilter3x3(
  frame: Frame,
  dout: number,
  x: Tensor,
  geometry: Conv2dGeometry,
  dtype: DType,
): { dw: Tensor; db: Tensor } {
  const size = bytesOf(dtype);
  const g = sizesOfGroup(geometry);
  const { images, filters } = geometry;
  const taps = 9 * g.channels;
  const { groupSize, groups } = imageGroups(images, filters * taps * size);
  const columns = tileColumns(dtype, tileWidth());
  const partial = g.groups * roundUp(g.filters, columns) * taps;
  const dwParts = frame.scratch(groups * partial * size);
  const dbParts = frame.scratch(images * filters * size);
  const plane = paddedImage(g);
  const batch = Math.min(
    Math.max(1, groupSize),
    Math.max(1, Math.floor(POSITIONS / (g.outHeight * g.outWidth))),
  );
  const panelRows = batch > 1
    ? g.outHeight
    : Math.min(g.outHeight, Math.max(1, Math.floor(POSITIONS / g.outWidth)));
  const positions = batch * panelRows * g.outWidth;
  const planeSize = g.channels * plane.rows * plane.width;
  const rows = Int32Array.from(
    { length: batch * panelRows },
    (_, row) =>
      size * (Math.floor(row / panelRows) * planeSize +
        g.stride * (row % panelRows) * plane.width),
  );
  runKernel("conv2dBackwardFilter3x3", dtype, {
    args: [
      ...[frame.input(x, dtype), dout, frame.table(rows)],
      ...[dwParts, dbParts, images, groupSize, g.groups],
      ...[g.channels, g.height, g.width],
      ...[g.filters, g.outHeight, g.outWidth, g.stride, g.pad],
      ...[plane.rows, plane.width, batch, panelRows],
    ],
    items: groups * g.groups,
    step: 1,
    cost: conv2dCost(g, dtype),
    scratchBytes: size * batch * planeSize + 128 +
      size * positions * roundUp(g.filters, columns),
  });
  const sums = frame.scratch(partial * size);
  sumRows(dwParts, groups, partial, sums, dtype);
  const { filterHeight, filterWidth } = g;
  const dw = frame.output(
    [filters, g.channels, filterHeight, filterWidth],
    dtype,
  );
  runKernel("unpackColumns", dtype, {
    args: [sums, dw.address, g.filters, taps, columns],
    items: filters,
    step: 8,
    cost: filters * taps / 500,
  });
  const db = frame.output([filters], dtype);
  sumRows(dbParts, images, filters, db.address, dtype);
  return { dw: dw.take(), db: db.take() };
}
