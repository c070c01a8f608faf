// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shows the panels of charts in a terminal: curves in Braille patterns, which
 * have two by four dots a letter, and words as words.
 *
 * @module
 */

import { foreground, RESET } from "./ansi.ts";
import type { Rgb, TerminalColors } from "./ansi.ts";
import { barsOf } from "./bars.ts";
import { BrailleCanvas } from "./braille_canvas.ts";
import type { Axis, Panel } from "./chart.ts";
import { axisTitle, domainOf, missingNote, pointsOf } from "./chart_values.ts";
import { cleanText } from "./text.ts";
import { truncate } from "./truncate.ts";

/** Beside the labels of a legend. */
const SYMBOLS = { "line": "━", "point": "•", "line+point": "━", "bar": "█" };
/** Lines of a plot. */
const PLOT_HEIGHT = 10;
/** Wider plots are no clearer. */
const MAX_WIDTH = 80;
/** Between the labels of a legend. */
const LEGEND_GAP = "   ";
/** Visible on light and on dark ground. */
const COLORS: readonly Rgb[] = [
  [0x3a, 0x9b, 0xdc],
  [0xe0, 0x7b, 0x39],
  [0x2b, 0xa5, 0x7a],
  [0xcc, 0x79, 0xa7],
  [0xc9, 0x9a, 0x00],
  [0x8a, 0x94, 0xa0],
];
/** Of what lies behind. */
const FAINT: Rgb = [0x77, 0x7d, 0x85];

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
  const bars = barsOf(panel, points);
  const drawn = points.flat().filter(({ y }) => y !== null);
  const heading = [panel.title ?? "", missingNote(panel)]
    .filter((line) => line !== "")
    .map((line) => truncate(cleanText(line), columns));
  if (drawn.length === 0) return heading;
  const ends = bars.flat().flatMap(({ x, x2, y, y2 }) => [
    { x, y },
    { x: x2, y: y2 },
  ]);
  const x = domainOf([...drawn, ...ends].map(({ x }) => x), panel.x);
  const y = domainOf([...drawn, ...ends].map(({ y }) => y!), panel.y);
  const yLabels = y.map(formatNumber);
  const gutter = Math.max(...yLabels.map((label) => label.length));
  const width = Math.max(1, Math.min(columns, MAX_WIDTH) - gutter - 2);

  const canvas = new BrailleCanvas(width, PLOT_HEIGHT);
  const across = (value: number) => place(value, x, panel.x) * (2 * width - 1);
  const down = (value: number) =>
    (1 - place(value, y, panel.y)) * (4 * PLOT_HEIGHT - 1);
  // Faint series lie behind the others.
  const order = panel.series.map((series, s) => ({ series, s }))
    .toSorted((a, b) => Number(!a.series.faint) - Number(!b.series.faint));
  for (const { series, s } of order) {
    for (const bar of bars[s]!) {
      const from = Math.ceil(across(bar.x));
      const end = Math.max(from + 1, across(bar.x2) - 0.5);
      for (let column = from; column < end; column++) {
        canvas.line([column, down(bar.y)], [column, down(bar.y2)], s);
      }
    }
    if (series.mark === "bar") continue;
    const isLine = series.mark !== "point";
    let last: readonly [number, number] | undefined;
    for (const point of points[s]!) {
      const to = point.y === null
        ? undefined
        : [across(point.x), down(point.y)] as const;
      if (to) canvas.line(isLine && last ? last : to, to, s);
      last = to;
    }
  }
  const paint = (text: string, s: number) => {
    const { color = s, faint } = panel.series[s]!;
    const rgb = faint ? FAINT : COLORS[color % COLORS.length]!;
    const code = foreground(rgb, colors);
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
    ...heading,
    ...legend(panel, columns, paint),
    truncate(cleanText(axisTitle(panel.y)), columns),
    ...rows,
    `${indent}└${"─".repeat(width)}`,
    `${indent} ${xLabels(x, panel.x, width)}`,
  ];
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

/** Labels beside samples of their colours, in as many lines as needed. */
function legend(
  { series }: Panel,
  columns: number,
  paint: (text: string, s: number) => string,
): string[] {
  const lines: string[] = [];
  let room = 0;
  for (const [s, { label, mark = "line" }] of series.entries()) {
    if (label === undefined) continue;
    const text = truncate(cleanText(label), columns - 2);
    const item = `${paint(SYMBOLS[mark], s)} ${text}`;
    const width = text.length + 2;
    if (width + LEGEND_GAP.length <= room) {
      lines.push(lines.pop()! + LEGEND_GAP + item);
      room -= width + LEGEND_GAP.length;
    } else {
      lines.push(item);
      room = columns - width;
    }
  }
  return lines;
}

function xLabels(
  x: readonly [number, number],
  axis: Axis,
  width: number,
): string {
  const { labels } = axis;
  const ends = labels && axis.scale !== "log"
    ? [labels[0] ?? "", labels.at(-1) ?? ""].map(cleanText)
    : x.map(formatNumber);
  const [low, high] = ends as [string, string];
  const room = width - low.length - high.length;
  const title = cleanText(axisTitle(axis));
  if (room < title.length + 2) return truncate(title, width);
  const before = Math.floor((room - title.length) / 2);
  return low + " ".repeat(before) + title +
    " ".repeat(room - title.length - before) + high;
}

/** Whole numbers as they are, if they are short; others with three significant digits. */
function formatNumber(value: number): string {
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return String(value);
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) < 1e7 ? String(rounded) : rounded.toExponential();
}
