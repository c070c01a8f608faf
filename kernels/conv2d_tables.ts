// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the convolution kernels read besides images: how an image lies in its
 * plane, where the taps of a window are in it, and the filters in the order in
 * which the register tile takes them.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import type { Frame } from "./frame.ts";
import { packedRow, rowBlocks } from "./row_blocks.ts";
import { bytesOf, roundUp, SPILL_BYTES } from "./select.ts";
import { type TapTable, tapTable } from "./tap_table.ts";

/** The sizes of a convolution; all are checked before they come here. */
export interface Conv2dGeometry {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
  /** Groups that channels and filters are cut into. */
  readonly groups: number;
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * What the kernels see of a convolution in groups: each image as `groups` images
 * of a group's channels, which lie one after the other already. Filters are
 * those of a group.
 */
export function sizesOfGroup(g: Conv2dGeometry): Conv2dGeometry {
  const { groups } = g;
  return {
    ...g,
    images: g.images * groups,
    channels: g.channels / groups,
    filters: g.filters / groups,
  };
}

/**
 * How one axis of dx falls into phases. With i + pad = s·q + r, position i of
 * phase r gets dout[q - j] through tap t, for each t and j with
 * dilation · t = s·j + r.
 */
export function phaseAxis(
  length: number,
  filterLength: number,
  { stride, pad, dilation }: Conv2dGeometry,
): {
  /** Zeros before dout in the plane. */
  margin: number;
  /** Length of the plane. */
  length: number;
  /** Those of the phases that have any position. */
  phases: {
    /** Taps of the filter that this phase sees, and how far back in dout. */
    taps: { tap: number; back: number }[];
    /** Positions of dx in this phase, and the first of them. */
    count: number;
    first: number;
    /** Where tap 0 of the first position lies in the plane. */
    corner: number;
  }[];
} {
  const margin = Math.max(
    0,
    Math.floor(dilation * (filterLength - 1) / stride) -
      Math.floor(pad / stride),
  );
  const phases = Array.from({ length: stride }, (_, r) => {
    const q = Math.ceil((pad - r) / stride);
    const first = stride * q + r - pad;
    const taps = [];
    for (let tap = 0; tap < filterLength; tap++) {
      const back = (dilation * tap - r) / stride;
      if (Number.isInteger(back)) taps.push({ tap, back });
    }
    return {
      taps,
      count: Math.max(0, Math.ceil((length - first) / stride)),
      first,
      corner: q + margin,
    };
  });
  const last = Math.floor((length - 1 + pad) / stride);
  return {
    margin,
    length: last + margin + 1,
    phases: phases.filter((phase) => phase.count > 0),
  };
}

/** Rows and columns of a padded image that any window reads. */
export function paddedImage(
  g: Conv2dGeometry,
): { rows: number; width: number } {
  const { stride, dilation } = g;
  return {
    rows: stride * (g.outHeight - 1) + dilation * (g.filterHeight - 1) + 1,
    width: stride * (g.outWidth - 1) + dilation * (g.filterWidth - 1) + 1,
  };
}

/** Columns that register tiles are made of. */
const TILE = 8;
/** Rows are joined where whole tiles would do this much more than there is to do. */
const WASTE = 1.1;
/** Longer rows are not joined: their copies are so large that reading them costs what tiles gain. */
const LONGEST = 24;
/** The least of a filter's rows times results for which making the copies pays. */
const WORTHWHILE = 32;

/**
 * Whether rows of the result are to be joined (assembly/plane.ts), so that tiles
 * run on from row to row. The results are the same.
 *
 * @param width Columns of the result.
 * @param results Filters, or channels of the input's gradient.
 */
export function joinsRows(
  g: Conv2dGeometry,
  width: number,
  results: number,
): boolean {
  return g.stride === 1 && width <= LONGEST &&
    roundUp(width, TILE) >= WASTE * width &&
    g.filterHeight * results >= WORTHWHILE;
}

/**
 * The padded plane of an image (assembly/plane.ts), and where its taps are.
 *
 * @param columns Columns of the register tile.
 * @param joined Whether rows are joined.
 */
export function inputPlane(
  g: Conv2dGeometry,
  dtype: DType,
  columns: number,
  joined: boolean,
): {
  rows: number;
  width: number;
  /** Copies of each channel; 0 where rows are not joined. */
  copies: number;
  bytes: number;
  taps: TapTable;
} {
  const { stride, dilation } = g;
  const { rows } = paddedImage(g);
  const copies = joined ? g.filterWidth : 0;
  const width = joined ? g.outWidth : roundUp(g.outWidth, columns) +
    Math.floor(dilation * (g.filterWidth - 1) / stride);
  const window = [g.channels, g.filterHeight, g.filterWidth] as const;
  const taps = tapTable(window, (c, i, j) => {
    const y = dilation * i, x = dilation * j;
    const line = (c * rows + y) * stride + x % stride;
    const at = joined
      ? ((c * copies + j) * rows + y) * width
      : line * width + Math.floor(x / stride);
    return bytesOf(dtype) * at;
  });
  const size = Math.max(1, copies) * g.channels * rows * stride * width;
  const bytes = SPILL_BYTES + size * bytesOf(dtype) + 64;
  return { rows, width, copies, bytes, taps };
}

/**
 * The filters in the blocks of the register tiles, group by group and tap by
 * tap, filled up with zeros.
 *
 * @param g The sizes of a group.
 * @param order Which tap comes when.
 */
export function packFilters(
  frame: Frame,
  w: Tensor,
  g: Conv2dGeometry,
  order: Int32Array,
  dtype: DType,
): number {
  const taps = order.length;
  const blocks = rowBlocks(g.filters);
  const size = blocks.padded * taps;
  const packed = frame.array(g.groups * size, dtype);
  packed.fill(0);
  const { data } = w;
  for (let group = 0, from = 0; group < g.groups; group++) {
    for (let f = 0; f < g.filters; f++, from += taps) {
      const { first, step } = packedRow(blocks, f, taps);
      let to = group * size + first;
      for (let k = 0; k < taps; k++, to += step) {
        packed[to] = data[from + order[k]!]!;
      }
    }
  }
  return packed.byteOffset;
}

/**
 * The bias, that of each group filled up with zeros for blocks of more rows
 * than there are filters.
 *
 * @param g The sizes of a group.
 */
export function packBias(
  frame: Frame,
  b: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): number {
  const { padded } = rowBlocks(g.filters);
  const bias = frame.array(g.groups * padded, dtype);
  bias.fill(0);
  for (let f = 0; f < b.size; f++) {
    const group = Math.floor(f / g.filters);
    bias[group * (padded - g.filters) + f] = b.data[f]!;
  }
  return bias.byteOffset;
}
