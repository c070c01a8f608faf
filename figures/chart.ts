// Copyright 2026 the Convlab authors. MIT license.

/**
 * Describes charts: curves and points over axes, in panels one above the other.
 *
 * A description holds numbers and words only, and says nothing of how it is
 * drawn; {@linkcode renderFigure} draws it.
 *
 * @module
 */

/** A chart. */
export interface Chart {
  /** Tells a chart from other figures. */
  readonly kind: "chart";
  /** What the chart shows, above everything. */
  readonly title?: string;
  /** A second, quieter line, such as the data and settings that it is of. */
  readonly subtitle?: string;
  /** The panels, from the top. */
  readonly panels: readonly Panel[];
}

/** Series over one pair of axes. */
export interface Panel {
  /** What this panel shows. */
  readonly title?: string;
  /** The horizontal axis. */
  readonly x: Axis;
  /** The vertical axis. */
  readonly y: Axis;
  /** What is drawn, the last on top. */
  readonly series: readonly Series[];
}

/** One axis. */
export interface Axis {
  /** What is measured along it, such as `"loss"`. */
  readonly title: string;
  /** In which unit; shown in brackets after the title. */
  readonly unit?: string;
  /** Where the axis begins. Default: at the smallest value, rounded down. */
  readonly min?: number;
  /** Where the axis ends. Default: at the largest value, rounded up. */
  readonly max?: number;
  /** How values are placed. On a logarithmic axis only positive ones are. Default `"linear"`. */
  readonly scale?: "linear" | "log";
  /** Whether only whole numbers are marked, as for iterations. Default `false`. */
  readonly integer?: boolean;
}

/** Values over an axis. */
export interface Series {
  /** Its name in the legend. A series without one is left out there. */
  readonly label?: string;
  /** Where each value lies on the horizontal axis. Default: 0, 1, 2, … */
  readonly x?: ArrayLike<number>;
  /** The values. NaN and infinite ones are not drawn, and lines break there. */
  readonly y: ArrayLike<number>;
  /** How it is drawn. Default `"line"`. */
  readonly mark?: "line" | "point" | "line+point";
}

/**
 * Checks a chart.
 *
 * @throws {RangeError} If it has no panels, if a series has not one x for each value, or if an axis ends where it begins or before.
 */
export function assertChart(chart: Chart): void {
  if (chart.panels.length === 0) {
    throw new RangeError(
      "Cannot draw chart: expected at least one panel but found none",
    );
  }
  for (const { x, y, series } of chart.panels) {
    assertAxis(x);
    assertAxis(y);
    for (const { label, x, y } of series) {
      if (x === undefined || x.length === y.length) continue;
      throw new RangeError(
        `Cannot draw series${
          label === undefined ? "" : ` ${JSON.stringify(label)}`
        }: expected as many x as y (${y.length}) but found ${x.length}`,
      );
    }
  }
}

function assertAxis({ title, min, max, scale }: Axis): void {
  for (const [name, end] of Object.entries({ min, max })) {
    if (end === undefined || isDrawable(end, scale)) continue;
    throw new RangeError(
      `Cannot draw axis ${JSON.stringify(title)}: expected ${name} to be ${
        scale === "log" ? "positive and finite" : "finite"
      } but found ${end}`,
    );
  }
  if (min !== undefined && max !== undefined && !(min < max)) {
    throw new RangeError(
      `Cannot draw axis ${
        JSON.stringify(title)
      }: expected min to be below max but found ${min} and ${max}`,
    );
  }
}

/** Beyond it, either way, the length of an axis could overflow. */
const LARGEST = 1e300;

/** Whether an axis has a place for a value. */
export function isDrawable(value: number, scale: Axis["scale"]): boolean {
  return Math.abs(value) <= LARGEST && (scale !== "log" || value > 0);
}
