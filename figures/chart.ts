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
  /** Names of the values 0, 1, 2, …, such as classes under bars, instead of numbers. */
  readonly labels?: readonly string[];
}

/** Values over an axis. */
export interface Series {
  /** Its name in the legend. A series without one is left out there. */
  readonly label?: string;
  /** Where each value lies on the horizontal axis. Default: 0, 1, 2, … */
  readonly x?: ArrayLike<number>;
  /** The values. NaN and infinite ones are not drawn, and lines break there. */
  readonly y: ArrayLike<number>;
  /** How it is drawn. Bars stand on 0, those of several series side by side. Default `"line"`. */
  readonly mark?: "line" | "point" | "line+point" | "bar";
  /** Which of the theme's colours it has, from 0. Default: its own place among the series. */
  readonly color?: number;
  /** Whether it is drawn light and behind the others, as the raw values of a smoothed curve. Default `false`. */
  readonly faint?: boolean;
  /** A short text beside each point; empty for none. */
  readonly labels?: readonly string[];
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
    series.forEach(assertSeries);
  }
}

function assertSeries({ label, x, y, labels, color = 0 }: Series): void {
  const name = label === undefined ? "" : ` ${JSON.stringify(label)}`;
  for (const [part, values] of Object.entries({ x, labels })) {
    if (values === undefined || values.length === y.length) continue;
    throw new RangeError(
      `Cannot draw series${name}: expected as many ${part} as y (${y.length}) but found ${values.length}`,
    );
  }
  if (!Number.isInteger(color) || color < 0) {
    throw new RangeError(
      `Cannot draw series${name}: expected color to be an integer from 0 but found ${color}`,
    );
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
/** The same for the quotient of its ends, which counts on a logarithmic one. */
const LOG_RANGE = [1e-150, 1e150] as const;

/** Whether an axis has a place for a value. */
export function isDrawable(value: number, scale: Axis["scale"]): boolean {
  return scale === "log"
    ? value >= LOG_RANGE[0] && value <= LOG_RANGE[1]
    : Math.abs(value) <= LARGEST;
}
