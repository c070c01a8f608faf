// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolution by Winograd's minimal filtering (winograd.ts): forward, and the
 * gradient of the input, which is a convolution of dout.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import type { Conv2dGeometry } from "./conv2d_tables.ts";
import { conv2dCost } from "./conv2d_work.ts";
import type { Frame } from "./frame.ts";
import { rowBlocks } from "./row_blocks.ts";
import { runKernel } from "./runtime.ts";
import { roundUp, SPILL_BYTES, tileColumns } from "./select.ts";
import { placesOf, tapTable } from "./tap_table.ts";
import { filterTransform, transformConstants } from "./winograd.ts";
import {
  forwardGeometry,
  type WinogradGeometry,
  type WinogradLayout,
  winogradLayout,
} from "./winograd_layout.ts";

/** A convolution that is to be done, and how. */
interface WinogradPlan {
  readonly geometry: WinogradGeometry;
  readonly layout: WinogradLayout;
  /** Where the first weight lies, and how far apart those of filters, channels and neighbours do. */
  readonly weights: readonly [
    first: number,
    filter: number,
    channel: number,
    neighbour: 1 | -1,
  ];
  /** What it costs on one thread, in microseconds, roughly. */
  readonly cost: number;
}

/** What the kernel writes. */
export interface WinogradOutput {
  /** The address of (N, F, OH, OW), or of the pooled maxima. */
  readonly address: number;
  /** With pooling, the address of the bytes that say which of a window was the maximum. */
  readonly selected?: number;
  /** Whether a ReLU comes behind. */
  readonly relu?: boolean;
}

/** What the kernel reads. */
export interface WinogradInput {
  /** The address of the images. */
  readonly address: number;
  /** Where they are pooled, the address of the bytes that say which of a window each number is. */
  readonly taken?: number;
}

/** Bytes of a vector of float32. */
const VECTOR = 16;
/** What transforms cost. */
const TRANSFORMS = { filter: 100, channel: 60 };
/** What is at work at once is to fit in so many bytes of the second-level cache. */
const CACHE_BYTES = 330_000;
/** How far the sums of two points are kept from lying on the same lines of the cache; as in the kernel. */
const POINT_GAP = 192;

/**
 * The forward pass, if it is less work so.
 *
 * @param bias The address of a number for each filter.
 * @returns Whether it was done: not where it is more work, or anything is infinite or NaN.
 */
export function winogradForward(
  frame: Frame,
  x: number,
  w: Tensor,
  bias: number,
  out: WinogradOutput,
  g: Conv2dGeometry,
  dtype: DType,
): boolean {
  const taps = g.filterHeight * g.filterWidth;
  const weights = [0, g.channels * taps, taps, 1] as const;
  const plan = planOf(g, dtype, forwardGeometry(g), weights);
  return plan !== undefined &&
    winograd(frame, { address: x }, w, bias, out, plan);
}

/**
 * The gradient of the input, from dout and the filters turned round, if it is
 * less work so.
 *
 * @returns Whether it was done, as above.
 */
export function winogradInput(
  frame: Frame,
  dout: WinogradInput,
  w: Tensor,
  dx: WinogradOutput,
  g: Conv2dGeometry,
  dtype: DType,
): boolean {
  const taps = g.filterHeight * g.filterWidth;
  const [top, left] = [g.filterHeight - 1 - g.pad, g.filterWidth - 1 - g.pad];
  if (Math.min(top, left) < 0) return false;
  const turned = {
    ...g,
    ...{ channels: g.filters, height: g.outHeight, width: g.outWidth },
    ...{ filters: g.channels, outHeight: g.height, outWidth: g.width },
    ...{ top, left },
  };
  const weights = [taps - 1, taps, g.channels * taps, -1] as const;
  const plan = planOf(g, dtype, turned, weights);
  if (!plan) return false;
  const zeros = frame.array(g.channels, dtype).fill(0);
  return winograd(frame, dout, w, zeros.byteOffset, dx, plan);
}

function planOf(
  g: Conv2dGeometry,
  dtype: DType,
  geometry: WinogradGeometry,
  weights: WinogradPlan["weights"],
): WinogradPlan | undefined {
  const layout = winogradLayout(g, dtype, geometry, TRANSFORMS);
  if (!layout) return undefined;
  const cost = conv2dCost(g, dtype) * layout.share;
  return { geometry, layout, weights, cost };
}

/**
 * Convolves.
 *
 * @param bias The address of a number for each filter.
 * @returns Whether all sums are finite. If not, the result is not to be used:
 * what is infinite or NaN has got into neighbours that do not depend on it.
 */
function winograd(
  frame: Frame,
  x: WinogradInput,
  w: Tensor,
  bias: number,
  out: WinogradOutput,
  plan: WinogradPlan,
): boolean {
  const { geometry: c, layout } = plan;
  const { points, pieces, copies, tiles, pitch, rows } = layout;
  const taps = tapTable(
    [c.channels, c.filterHeight, pieces],
    (channel, row, piece) =>
      copies === 1
        ? 4 * ((channel * rows + row) * pitch + piece)
        : 4 * ((channel * copies + piece) * rows + row) * pitch,
  );
  const { fives, padded } = rowBlocks(c.filters);
  const weights = packWeights(frame, w, plan, taps.order);
  const zeros = frame.array(padded, "float32").fill(0);
  const constants = frame.array(7, "float32");
  constants.set(transformConstants(points));
  const planeRow = 4 * points.count * c.channels * copies * pitch;
  const bandRows = rowsOfBand(c, layout, planeRow, out.selected !== undefined);
  const bandWidth = roundUp(bandRows * tiles, tileColumns("float32", "wide"));
  const nonFinite = frame.array(c.images * VECTOR / 4, "float32");
  runKernel("conv2dWinograd", "float32", {
    args: [
      ...[x.address, weights, zeros.byteOffset, bias],
      ...[frame.table(taps.table), constants.byteOffset, x.taken ?? 0],
      ...[out.address, out.selected ?? 0],
      ...[nonFinite.byteOffset, c.channels, c.height, c.width],
      ...[c.filters, fives, padded, c.outHeight, c.outWidth],
      ...[points.count, copies, points.filterWidth, tiles, pitch],
      ...[c.top, c.left, rows, bandRows, bandWidth, out.relu ? 1 : 0],
    ],
    items: c.images,
    step: 1,
    cost: plan.cost,
    scratchBytes: SPILL_BYTES + 4 * (4 * (pitch + copies + 4) + 64) +
      planeRow * rows + 64 +
      points.count * (4 * c.filters * bandWidth + POINT_GAP) + 64 +
      bandRows * (4 * roundUp(c.outWidth, 16) + 64) + 4 * c.width + 64,
  });
  return nonFinite.every((value) => value === 0);
}

/** The filters' values at each point, in the order in which tiles take them. */
function packWeights(
  frame: Frame,
  w: Tensor,
  { geometry: c, layout: { points, pieces }, weights }: WinogradPlan,
  order: Int32Array,
): number {
  const { fives, fours, padded } = rowBlocks(c.filters);
  const size = padded * order.length;
  const packed = frame.scratch(4 * points.count * size);
  const matrix = frame.array(4 * points.count, "float64");
  matrix.set(filterTransform(points));
  const [first, filter, channel, neighbour] = weights;
  runKernel("conv2dWinogradFilters", "float32", {
    args: [
      ...[frame.input(w, "float32") + 4 * first, packed],
      ...[frame.table(placesOf(order)), matrix.byteOffset, 4 * size],
      ...[filter, channel, neighbour],
      ...[c.channels, c.filterHeight, c.filterWidth],
      ...[points.count, pieces, points.filterWidth, fives, fours],
    ],
    items: c.filters,
    step: 1,
    cost: c.filters * order.length / 150,
  });
  return packed;
}

/**
 * Rows of outputs that are done at a time: as many as fit the cache with what they
 * are made of, in bands of nearly the same height that fill whole tiles.
 */
function rowsOfBand(
  c: WinogradGeometry,
  { points, tiles }: WinogradLayout,
  planeRow: number,
  pooled: boolean,
): number {
  const row = 4 * points.count * c.filters * tiles;
  let unit = pooled ? 2 : 1;
  while (unit * tiles % tileColumns("float32", "wide") !== 0) unit *= 2;
  const most = (CACHE_BYTES - (c.filterHeight - 1) * planeRow) /
    (row + planeRow);
  const bands = Math.ceil(c.outHeight / Math.max(unit, most));
  const even = Math.ceil(c.outHeight / bands);
  return Math.min(roundUp(even, unit), roundUp(c.outHeight, pooled ? 2 : 1));
}
