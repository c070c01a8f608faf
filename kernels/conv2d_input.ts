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
import { bytesOf, roundUp, SPILL_BYTES, tileColumns } from "./select.ts";
import { tapTable } from "./tap_table.ts";

/** The tables and weights in the shared memory, as the kernels take them. */
export interface InputGradientTables {
  /** Addresses of weights, zeros, taps and phases, and how many phases there are. */
  readonly tables: readonly number[];
  /** Weights of one group. */
  readonly weightsOfGroup: number;
  /** Channels, and those in blocks of five; height and width of dx. */
  readonly sizes: readonly number[];
  /** Stride, and the margins, rows and width of a plane. */
  readonly plane: readonly number[];
  /** Scratch memory for one plane, and for phases that are put together. */
  readonly scratchBytes: number;
  /** Whether all weights are finite; where not, they were replaced (non_finite.ts). */
  readonly finite: boolean;
}

/**
 * Makes the tables in the frame.
 *
 * @param g The sizes of a group.
 * @param joined Whether rows of dx are joined (assembly/plane.ts).
 */
export function inputGradientTables(
  frame: Frame,
  w: Tensor,
  g: Conv2dGeometry,
  dtype: DType,
  joined: boolean,
): InputGradientTables {
  const size = bytesOf(dtype);
  const rows = phaseAxis(g.height, g.filterHeight, g);
  const columns = phaseAxis(g.width, g.filterWidth, g);
  const planeRows = rows.length;
  const copies = joined ? g.filterWidth : 1;
  const planeWidth = joined
    ? g.width
    : columns.length + tileColumns(dtype, tileWidth());
  const blocks = rowBlocks(g.channels);
  const allTaps = g.filters * g.filterHeight * g.filterWidth;
  const groupSize = blocks.padded * allTaps;
  const weights = frame.array(g.groups * groupSize, dtype);
  weights.fill(0);
  const taps: number[] = [];
  const table: number[] = [];
  const { data } = w;
  let firstWeight = 0;
  let finite = true;
  for (const row of rows.phases) {
    for (const column of columns.phases) {
      const inOrder = tapTable(
        [g.filters, row.taps.length, column.taps.length],
        (f, i, j) => {
          const { tap, back } = column.taps[j]!;
          const y = row.corner - row.taps[i]!.back;
          const line = (joined ? f * copies + tap : f) * planeRows + y;
          const x = joined ? 0 : column.corner - back;
          return size * (line * planeWidth + x);
        },
      );
      table.push(taps.length, firstWeight);
      for (const number of inOrder.table) taps.push(number);
      if (joined) table.push(1, row.count * column.count, 0, 0);
      else table.push(row.count, column.count, row.first, column.first);
      // Where the taps are in the weights of a group and a channel.
      const places = row.taps.flatMap((r) =>
        column.taps.map((c) => r.tap * g.filterWidth + c.tap)
      );
      const ofFilter = g.channels * g.filterHeight * g.filterWidth;
      const order = inOrder.order.map((k) =>
        Math.floor(k / places.length) * ofFilter + places[k % places.length]!
      );
      for (let group = 0; group < g.groups; group++) {
        for (let c = 0; c < g.channels; c++) {
          const { first, step } = packedRow(blocks, c, order.length);
          let to = group * groupSize + firstWeight + first;
          const from = group * g.filters * ofFilter +
            c * g.filterHeight * g.filterWidth;
          for (let k = 0; k < order.length; k++, to += step) {
            const value = data[from + order[k]!]!;
            weights[to] = value;
            // Not so for what is not finite.
            if (value - value !== 0) {
              weights[to] = value > 0 ? 1 : -1;
              finite = false;
            }
          }
        }
      }
      firstWeight += blocks.padded * order.length;
    }
  }
  const zeros = frame.array(blocks.padded, dtype).fill(0);
  // Behind stride 2, even and odd columns of every other row (assembly/phases.ts).
  const halves = g.stride === 2
    ? 2 * g.channels * Math.ceil(g.height / 2) *
      roundUp(Math.ceil(g.width / 2), tileColumns(dtype, tileWidth()))
    : 0;
  return {
    tables: [
      ...[weights.byteOffset, zeros.byteOffset],
      ...[frame.table(taps), frame.table(table), table.length / 6],
    ],
    weightsOfGroup: groupSize,
    sizes: [g.channels, blocks.fives, g.height, g.width],
    plane: [g.stride, rows.margin, columns.margin, planeRows, planeWidth],
    scratchBytes: SPILL_BYTES + 64 +
      (copies * g.filters * planeRows * planeWidth + halves) * size,
    finite,
  };
}
