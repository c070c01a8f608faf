// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shows the panels of charts in a terminal: curves in Braille patterns, which
 * have two by four dots a letter, and words as words.
 *
 * @module
 */

import { foreground, RESET } from "./ansi.ts";
import type { Rgb, TerminalColors } from "./ansi.ts";
import type { Axis, Panel } from "./chart.ts";
import { axisTitle, domainOf, missingNote, pointsOf } from "./chart_values.ts";
import { cleanText } from "./text.ts";

/** Lines of a plot. */
const PLOT_HEIGHT = 10;
/** Wider plots are no clearer. */
const MAX_WIDTH = 80;
/** Visible on light and on dark ground. */
const COLORS: readonly Rgb[] = [
  [0x3a, 0x9b, 0xdc],
  [0xe0, 0x7b, 0x39],
  [0x2b, 0xa5, 0x7a],
  [0xcc, 0x79, 0xa7],
  [0xc9, 0x9a, 0x00],
  [0x8a, 0x94, 0xa0],
];
/** The bit of each dot of a Braille pattern, by column and row. */
const DOT_BITS = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]] as const;
const BRAILLE_START = 0x2800;

/**
 * A panel as lines of text for a terminal.
 *
 * @param panel A valid panel.
 * @param columns Letters in a line at most.
 * @param colors The terminal's colours.
 */
export function previewPanel(
  panel: Panel,
  columns: number,
  colors: TerminalColors,
): string[] {
  const points = panel.series.map((series) => pointsOf(series, panel));
  const drawn = points.flat().filter(({ y }) => y !== null);
  const x = domainOf(drawn.map(({ x }) => x), panel.x);
  const y = domainOf(drawn.map(({ y }) => y!), panel.y);
  const yLabels = y.map(formatNumber);
  const gutter = Math.max(...yLabels.map((label) => label.length));
  const width = Math.max(1, Math.min(columns, MAX_WIDTH) - gutter - 2);

  const canvas = new Canvas(width, PLOT_HEIGHT);
  for (const [s, series] of panel.series.entries()) {
    const isLine = series.mark !== "point";
    let last: readonly [number, number] | undefined;
    for (const point of points[s]!) {
      const to = point.y === null ? undefined : [
        place(point.x, x, panel.x) * (2 * width - 1),
        (1 - place(point.y, y, panel.y)) * (4 * PLOT_HEIGHT - 1),
      ] as const;
      if (to) canvas.line(isLine && last ? last : to, to, s);
      last = to;
    }
  }
  const paint = (text: string, s: number) => {
    const code = foreground(COLORS[s % COLORS.length]!, colors);
    return code === "" ? text : `${code}${text}${RESET}`;
  };
  const rows = canvas.rows(paint).map((row, r) => {
    const label = r === 0
      ? yLabels[1]
      : r === PLOT_HEIGHT - 1
      ? yLabels[0]
      : "";
    return `${label!.padStart(gutter)} ${label === "" ? "│" : "┤"}${row}`;
  });
  const indent = " ".repeat(gutter + 1);
  return [
    ...[panel.title ?? "", missingNote(panel)].filter((line) => line !== ""),
    ...legend(panel, paint),
    cleanText(axisTitle(panel.y)),
    ...rows,
    `${indent}└${"─".repeat(width)}`,
    `${indent} ${xLabels(x, panel.x, width)}`,
  ];
}

/** Dots in Braille patterns, each pattern in the colour of the series that drew there last. */
class Canvas {
  readonly #width: number;
  readonly #bits: Uint8Array;
  readonly #series: Uint16Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#bits = new Uint8Array(width * height);
    this.#series = new Uint16Array(width * height);
  }

  line(
    from: readonly [number, number],
    to: readonly [number, number],
    s: number,
  ) {
    const dx = to[0] - from[0];
    const dy = to[1] - from[1];
    const steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy), 1));
    for (let i = 0; i <= steps; i++) {
      this.#dot(from[0] + dx * i / steps, from[1] + dy * i / steps, s);
    }
  }

  rows(paint: (text: string, s: number) => string): string[] {
    const rows: string[] = [];
    for (let at = 0; at < this.#bits.length; at += this.#width) {
      let row = "";
      for (let i = at; i < at + this.#width; i++) {
        const bits = this.#bits[i]!;
        row += bits === 0
          ? " "
          : paint(String.fromCodePoint(BRAILLE_START + bits), this.#series[i]!);
      }
      rows.push(row.trimEnd());
    }
    return rows;
  }

  #dot(x: number, y: number, s: number): void {
    const column = Math.round(x);
    const row = Math.round(y);
    const i = (row >> 2) * this.#width + (column >> 1);
    const isInside = column >= 0 && column < 2 * this.#width && row >= 0 &&
      i < this.#bits.length;
    if (!isInside) return;
    this.#bits[i]! |= DOT_BITS[column & 1]![row & 3]!;
    this.#series[i] = s;
  }
}

/** Where a value lies between the ends of an axis, 0 to 1 inside. */
function place(
  value: number,
  [low, high]: readonly [number, number],
  { scale }: Axis,
): number {
  return scale === "log"
    ? Math.log(value / low) / Math.log(high / low)
    : (value - low) / (high - low);
}

function legend(
  { series }: Panel,
  paint: (text: string, s: number) => string,
): string[] {
  const items = series.flatMap(({ label, mark }, s) =>
    label === undefined
      ? []
      : `${paint(mark === "point" ? "•" : "━", s)} ${cleanText(label)}`
  );
  return items.length > 0 ? [items.join("   ")] : [];
}

function xLabels(
  x: readonly [number, number],
  axis: Axis,
  width: number,
): string {
  const [low, high] = x.map(formatNumber) as [string, string];
  const room = width - low.length - high.length;
  const title = cleanText(axisTitle(axis));
  if (room < title.length + 2) return title;
  const before = Math.floor((room - title.length) / 2);
  return low + " ".repeat(before) + title +
    " ".repeat(room - title.length - before) + high;
}

/** At most four significant digits. */
function formatNumber(value: number): string {
  return String(Number(value.toPrecision(4)));
}
