// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the kernels for the gradient of a convolution's input read besides dout:
 * the filters turned round, in the order in which the register tiles take them,
 * and where their taps are in a plane of dout.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { type Conv2dGeometry, phaseAxis } from "./conv2d_tables.ts";
import type { Frame } from "./frame.ts";
import { packedRow, rowBlocks } from "./row_blocks.ts";
import { tileWidth } from "./runtime.ts";
import { bytesOf, SPILL_BYTES, tileColumns } from "./select.ts";

/** The tables and weights in the shared memory, as the kernels take them. */
export interface InputGradientTables {
  /** Addresses of weights, zeros, tap offsets and phases, and how many phases there are. */
  readonly tables: readonly number[];
  /** Channels, and those in blocks of five; height and width of dx. */
  readonly sizes: readonly number[];
  /** Stride, and the margins, rows and width of a plane. */
  readonly plane: readonly number[];
  /** Scratch memory for one plane. */
  readonly scratchBytes: number;
  /** Whether all weights are finite; where not, they were replaced (non_finite.ts). */
  readonly finite: boolean;
}

/** Makes the tables in the frame. */
export function inputGradientTables(
  frame: Frame,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
): InputGradientTables {
  const size = bytesOf(dtype);
  const rows = phaseAxis(g.height, g.filterHeight, g.stride, g.pad);
  const columns = phaseAxis(g.width, g.filterWidth, g.stride, g.pad);
  const planeRows = rows.length;
  const planeWidth = columns.length + tileColumns(dtype, tileWidth());
  const blocks = rowBlocks(g.channels);
  const allTaps = g.filters * g.filterHeight * g.filterWidth;
  const weights = frame.array(blocks.padded * allTaps, dtype);
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
      for (let f = 0; f < g.filters; f++) {
        for (let j = 0; j < row.taps; j++) {
          const y = f * planeRows + row.corner - j;
          for (let i = 0; i < column.taps; i++) {
            offsets.push(size * (y * planeWidth + column.corner - i));
          }
        }
      }
      for (let c = 0; c < g.channels; c++) {
        const { first, step } = packedRow(blocks, c, taps);
        let to = firstWeight + first;
        for (let f = 0; f < g.filters; f++) {
          for (let j = 0; j < row.taps; j++) {
            const line = (f * g.channels + c) * g.filterHeight +
              g.stride * j + row.r;
            let at = line * g.filterWidth + column.r;
            for (let i = 0; i < column.taps; i++) {
              const value = w.data[at]!;
              if (Number.isFinite(value)) weights[to] = value;
              else {
                weights[to] = value > 0 ? 1 : -1;
                finite = false;
              }
              at += g.stride;
              to += step;
            }
          }
        }
      }
      firstWeight += blocks.padded * taps;
    }
  }
  const zeros = frame.array(blocks.padded, dtype).fill(0);
  return {
    tables: [
      ...[weights.byteOffset, zeros.byteOffset],
      ...[frame.table(offsets), frame.table(table), table.length / 7],
    ],
    sizes: [g.channels, blocks.fives, g.height, g.width],
    plane: [g.stride, rows.margin, columns.margin, planeRows, planeWidth],
    scratchBytes: SPILL_BYTES + 64 + g.filters * planeRows * planeWidth * size,
    finite,
  };
}
