// Copyright 2026 the Convlab authors. MIT license.

/**
 * The order in which register tiles read the taps of a window: three at a time
 * that lie evenly apart, as long as there are such, so that a table is read for
 * the first of them only; then what is left.
 *
 * @module
 */

import { TURNS } from "./tap_loops.ts";

/** The taps of a window in the order in which tiles read them. */
export interface TapTable {
  /**
   * What the kernels read (assembly/correlate.ts): all taps, threes, how far apart
   * those of a three lie, where the first of each three lies, and each tap of the rest.
   */
  readonly table: Int32Array;
  /** Which tap comes when; they are counted plane by plane and row by row. */
  readonly order: Int32Array;
}

/** Taps that a tile does one behind the other. */
const THREE = TURNS.window;
/** So many planes are read in turns whatever other axis has more threes: it measures faster. */
const MANY_PLANES = 16;
/** Numbers of a table in front of those of the taps. */
const HEADER = 3;

type Tap = readonly [plane: number, row: number, column: number];

/**
 * Takes the threes along planes where there are many of them, and otherwise along
 * the axis with most threes: columns rather than rows, and rows rather than planes.
 *
 * @param size Planes, rows and columns of the window.
 * @param offset Where a tap lies, in bytes. Rows and planes lie evenly apart.
 */
export function tapTable(size: Tap, offset: (...tap: Tap) => number): TapTable {
  const [planes, rows, columns] = size;
  const count = planes * rows * columns;
  if (count === 0) {
    return { table: new Int32Array(HEADER), order: new Int32Array() };
  }
  const axis = bestAxis(size, (column) => offset(0, 0, column));
  const step = [rows * columns, columns, 1][axis]!;
  const whole = size[axis] - size[axis] % THREE;
  const threes = count / size[axis] * whole / THREE;
  const table = new Int32Array(HEADER + count - 2 * threes);
  const order = new Int32Array(count);
  table.set([count, threes, threes > 0 ? stride(axis, offset) : 0]);
  let three = 0, single = 0, tap = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, tap++) {
        const along = axis === 2 ? column : axis === 1 ? row : plane;
        if (along >= whole) {
          order[THREE * threes + single] = tap;
          table[HEADER + threes + single++] = offset(plane, row, column);
        } else if (along % THREE === 0) {
          for (let k = 0; k < THREE; k++) {
            order[THREE * three + k] = tap + k * step;
          }
          table[HEADER + three++] = offset(plane, row, column);
        }
      }
    }
  }
  return { table, order };
}

/** The place of each tap in an order of them. */
export function placesOf(order: Int32Array): Int32Array {
  const places = new Int32Array(order.length);
  order.forEach((tap, place) => places[tap] = place);
  return places;
}

/** Bytes from a tap to the next along an axis. */
function stride(axis: number, offset: (...tap: Tap) => number): number {
  const [plane, row, column] = [0, 1, 2].map((i) => i === axis ? 1 : 0);
  return offset(plane!, row!, column!) - offset(0, 0, 0);
}

/** The axis along which there are most threes, by their share of all taps, if planes are few. */
function bestAxis(size: Tap, column: (index: number) => number): 0 | 1 | 2 {
  if (size[0] >= MANY_PLANES) return 0;
  const shares = size.map((length) => Math.floor(length / THREE) / length);
  for (let i = 2; i < size[2]; i++) {
    // Uneven ones never are.
    if (column(i) - column(i - 1) !== column(1) - column(0)) shares[2] = -1;
  }
  return shares.lastIndexOf(Math.max(...shares)) as 0 | 1 | 2;
}
