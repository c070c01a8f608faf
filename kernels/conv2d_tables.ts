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
  readonly outHeight: number;
  readonly outWidth: number;
}

/**
 * How one axis of dx falls into phases. With i + pad = s·q + r, position i of
 * phase r gets dout[q - j] through tap s·j + r, for each j.
 */
export function phaseAxis(
  length: number,
  filterLength: number,
  stride: number,
  pad: number,
): {
  /** Zeros before dout in the plane. */
  margin: number;
  /** Length of the plane. */
  length: number;
  /** Those of the phases that have any position. */
  phases: {
    r: number;
    /** Taps of the filter that this phase sees. */
    taps: number;
    /** Positions of dx in this phase, and the first of them. */
    count: number;
    first: number;
    /** Where tap 0 of the first position lies in the plane. */
    corner: number;
  }[];
} {
  const margin = Math.max(
    0,
    Math.floor((filterLength - 1) / stride) - Math.floor(pad / stride),
  );
  const phases = Array.from({ length: stride }, (_, r) => {
    const q = Math.ceil((pad - r) / stride);
    const first = stride * q + r - pad;
    return {
      r,
      taps: Math.max(0, Math.ceil((filterLength - r) / stride)),
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
  return {
    rows: g.stride * (g.outHeight - 1) + g.filterHeight,
    width: g.stride * (g.outWidth - 1) + g.filterWidth,
  };
}

/**
 * The padded plane of an image (assembly/plane.ts), and its taps' byte offsets.
 *
 * @param columns Columns of the register tile.
 */
export function inputPlane(
  g: Conv2dGeometry,
  dtype: DType,
  columns: number,
): {
  rows: number;
  width: number;
  bytes: number;
  offsets: Int32Array;
} {
  const { stride } = g;
  const { rows } = paddedImage(g);
  const width = roundUp(g.outWidth, columns) +
    Math.floor((g.filterWidth - 1) / stride);
  const offsets = new Int32Array(
    g.channels * g.filterHeight * g.filterWidth,
  );
  let k = 0;
  for (let c = 0; c < g.channels; c++) {
    for (let y = 0; y < g.filterHeight; y++) {
      for (let x = 0; x < g.filterWidth; x++) {
        const line = (c * rows + y) * stride + x % stride;
        offsets[k++] = bytesOf(dtype) * (line * width + Math.floor(x / stride));
      }
    }
  }
  const bytes = g.channels * rows * stride * width * bytesOf(dtype);
  return { rows, width, bytes: SPILL_BYTES + bytes + 64, offsets };
}

/** The filters in the blocks of the register tiles, tap by tap, filled up with zeros. */
export function packFilters(
  frame: Frame,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): number {
  const taps = g.channels * g.filterHeight * g.filterWidth;
  const blocks = rowBlocks(g.filters);
  const packed = frame.array(blocks.padded * taps, dtype);
  packed.fill(0);
  for (let f = 0, from = 0; f < g.filters; f++) {
    const { first, step } = packedRow(blocks, f, taps);
    for (let k = 0, to = first; k < taps; k++, to += step) {
      packed[to] = w.data[from++]!;
    }
  }
  return packed.byteOffset;
}

/** The bias, filled up with zeros for blocks of more rows than there are filters. */
export function packBias(frame: Frame, b: Tensor, dtype: DType): number {
  const bias = frame.array(rowBlocks(b.size).padded, dtype);
  bias.fill(0);
  bias.set(b.data);
  return bias.byteOffset;
}
