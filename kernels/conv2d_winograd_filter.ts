// Copyright 2026 the Convlab authors. MIT license.

/**
 * The gradients of filters and bias by Winograd's minimal filtering
 * (winograd.ts): the forward pass's transforms turned round.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import type { Conv2dGeometry } from "./conv2d_tables.ts";
import { conv2dCost, imageGroups } from "./conv2d_work.ts";
import type { Frame } from "./frame.ts";
import { rowBlocks } from "./row_blocks.ts";
import { runKernel } from "./runtime.ts";
import { roundUp, SPILL_BYTES } from "./select.ts";
import { sumRows } from "./sum.ts";
import { placesOf, tapTable } from "./tap_table.ts";
import { filterTransform, transformConstants } from "./winograd.ts";
import { forwardGeometry, winogradLayout } from "./winograd_layout.ts";

/** What transforms cost. */
const TRANSFORMS = { filter: 60, channel: 90 };
/** Tiles that are summed over at a time, at least, while there are so many images in a group. */
const POSITIONS = 64;
/** What one point has of images and gradients is to fit in so many bytes of the second-level cache. */
const POINT_BYTES = 256 << 10;
/** Sums of the points of more bytes are read and written more often than it pays. */
const MOST_BYTES = 8 << 20;
/** Groups of images at the most: the sums of the points are twice as many as those of the taps. */
const MAX_GROUPS = 25;

/**
 * The gradients, from the addresses of dout and of the images: `undefined` if
 * direct convolution is less work, or anything in them is infinite or NaN.
 */
export function winogradFilter(
  frame: Frame,
  dout: number,
  x: number,
  g: Conv2dGeometry,
  dtype: DType,
): { dw: Tensor; db: Tensor } | undefined {
  const c = forwardGeometry(g);
  const layout = winogradLayout(g, dtype, c, TRANSFORMS);
  if (!layout) return undefined;
  const { points, pieces, copies, tiles, pitch, share } = layout;
  const taps = c.channels * c.filterHeight * pieces;
  const partial = points.count * c.filters * taps;
  if (4 * partial > MOST_BYTES) return undefined;
  const { groupSize, groups } = imageGroups(c.images, 4 * partial, MAX_GROUPS);
  const batch = Math.max(
    1,
    Math.min(groupSize, Math.ceil(POSITIONS / (c.outHeight * tiles))),
  );
  const { fives, padded } = rowBlocks(c.filters);
  const rowBytes = 4 * (c.channels * copies * pitch + padded * tiles);
  const bands = Math.ceil(
    c.outHeight / Math.max(1, Math.floor(POINT_BYTES / rowBytes)),
  );
  const bandRows = Math.ceil(c.outHeight / bands);
  const rows = bandRows + c.filterHeight - 1;
  const { table, order } = tapTable(
    [batch, tiles, bandRows],
    (image, tile, row) =>
      4 * ((image * copies * pitch + tile) * rows + row) * c.channels,
  );
  const constants = frame.array(7, dtype);
  constants.set(transformConstants(points));
  const dwParts = frame.scratch(4 * groups * partial);
  const dbParts = frame.scratch(4 * c.images * c.filters);
  runKernel("conv2dWinogradBackwardFilter", dtype, {
    args: [
      ...[x, dout, frame.table(table), frame.table(placesOf(order))],
      ...[constants.byteOffset, dwParts, dbParts, c.images, groupSize, batch],
      ...[c.channels, c.height, c.width, c.filters, fives, padded],
      ...[c.filterHeight, c.outHeight, c.outWidth],
      ...[points.count, pieces, copies, points.filterWidth, tiles, pitch],
      ...[c.top, c.left, rows, bandRows],
    ],
    items: groups,
    step: 1,
    cost: conv2dCost(g, dtype) * share,
    scratchBytes: SPILL_BYTES + 4 * (4 * (pitch + copies + 4) + 64) +
      5 * points.count * 4 * roundUp(pitch, 4) +
      4 * points.count * batch * copies * pitch * rows * c.channels + 64 +
      4 * points.count * padded * order.length + 64,
  });
  const sums = frame.scratch(4 * partial);
  sumRows(dwParts, groups, partial, sums, dtype);
  const matrix = frame.array(4 * points.count, "float64");
  matrix.set(filterTransform(points));
  const { filters, channels, filterHeight, filterWidth } = c;
  const dw = frame.output(
    [filters, channels, filterHeight, filterWidth],
    dtype,
  );
  runKernel("conv2dWinogradRestoreFilters", dtype, {
    args: [
      ...[sums, dw.address, matrix.byteOffset],
      ...[filters, channels, filterHeight, filterWidth],
      ...[points.count, pieces, points.filterWidth],
    ],
    items: filters,
    step: 1,
    cost: partial / 500,
  });
  const result = dw.take();
  if (!result.data.every(Number.isFinite)) return undefined;
  const db = frame.output([filters], dtype);
  sumRows(dbParts, c.images, filters, db.address, dtype);
  return { dw: result, db: db.take() };
}
