// Copyright 2026 the Convlab authors. MIT license.

/**
 * The numbers of a matrix, ready to be drawn.
 *
 * @module
 */

import { isDrawable } from "./chart.ts";
import type { MatrixFigure } from "./matrix_figure.ts";
import { evenTicks } from "./ticks.ts";

/** Where the colours of a matrix begin and end. */
export interface MatrixScale {
  readonly low: number;
  readonly high: number;
  /** Round numbers between. */
  readonly ticks: readonly number[];
}

/** Numbers along the colour bar. */
const TICK_COUNT = 5;

/** Where the colours of a matrix begin and end. */
export function matrixScale({ values, value }: MatrixFigure): MatrixScale {
  let low = value.min ?? Math.min(0, value.max ?? 0);
  let high = value.max ?? -Infinity;
  for (const number of values.flat()) {
    if (!isDrawable(number, "linear")) continue;
    if (value.min === undefined) low = Math.min(low, number);
    if (value.max === undefined) high = Math.max(high, number);
  }
  if (high <= low) high = low + (Math.abs(low) || 1);
  return { low, high, ticks: evenTicks([low, high], TICK_COUNT) };
}

/** A number of a matrix as it is written in a cell or along the colour bar. */
export function matrixNumber(
  value: number,
  cells: MatrixFigure["cells"] = "none",
): string {
  const number = cells === "percent" ? Math.round(1000 * value) / 10 : value;
  const size = Math.abs(number);
  const text = size >= 1e6 || size > 0 && size < 1e-3
    ? String(Number(number.toPrecision(3)))
    : Number.isInteger(number)
    ? number.toLocaleString("en-US")
    : String(Number(number.toPrecision(3)));
  return cells === "percent" ? `${text} %` : text;
}
