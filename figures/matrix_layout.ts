// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the places of a matrix: its cells, its labels, its colour bar.
 *
 * @module
 */

import { axisTitle } from "./chart_values.ts";
import type { MatrixAxis, MatrixFigure } from "./matrix_figure.ts";
import { matrixNumber, matrixScale } from "./matrix_values.ts";
import type { MatrixScale } from "./matrix_values.ts";
import { cleanText, textWidth, truncateText } from "./text.ts";
import { FONT_SIZE } from "./theme.ts";
import { evenTicks } from "./ticks.ts";

/** Everything of a matrix, in units of the layout. */
export interface MatrixLayout {
  /** The rectangle of the cells. */
  readonly plot: {
    readonly x: number;
    readonly width: number;
    readonly height: number;
  };
  /** Width of a cell, and height. */
  readonly cell: { readonly width: number; readonly height: number };
  /** Labels that are shown, with the places of their rows or columns. */
  readonly rows: readonly PlacedLabel[];
  readonly columns: readonly PlacedLabel[];
  /** Degrees by which the labels of columns are turned. */
  readonly columnAngle: 0 | -45 | -90;
  /** What the labels of columns take below the cells. */
  readonly columnDepth: number;
  /** Height of everything, with the title below. */
  readonly height: number;
  /** Left end of the colour bar. */
  readonly barX: number;
  /** The numbers along the colour bar. */
  readonly barTicks: readonly {
    readonly text: string;
    readonly share: number;
  }[];
  /** Titles, shortened to what there is room for. */
  readonly titles: {
    readonly rows: string;
    readonly columns: string;
    readonly value: string;
  };
  readonly scale: MatrixScale;
}

/** A label of a row or a column, or a round number between two of them. */
export interface PlacedLabel {
  readonly text: string;
  readonly index: number;
}

const LABEL = { fontSize: FONT_SIZE.label };
const TITLE = { fontSize: FONT_SIZE.heading };
/** Between labels and cells. */
export const LABEL_GAP = 6;
/** A line of letters, with the space to the next thing. */
export const TITLE_ROOM = 22;
export const BAR_WIDTH = 13;
const BAR_GAP = 18;
/** Labels are cut off beyond these widths. */
const MAX_ROW_LABEL = 0.22;
const MAX_COLUMN_LABEL = 110;
/** Between lines of letters, and between letters in a line. */
const LINE_DISTANCE = 15;
const WORD_GAP = 10;
/** Height of a matrix that is no square, in its widths. */
const ASPECT = 0.52;
/** Below it the numbers along the colour bar are in each other's way. */
const LEAST_HEIGHT = 76;
const MAX_CELL = 92;
const MIN_HEIGHT = 90;
/** What labels may be off even distances, in such distances. */
const UNEVENNESS = 0.02;
const COS_45 = Math.SQRT1_2;

/** Lays out a matrix in a given width. */
export function layoutMatrix(
  figure: MatrixFigure,
  width: number,
): MatrixLayout {
  const { rows, columns, value } = figure;
  const scale = matrixScale(figure);
  const [nRows, nColumns] = [rows.labels.length, columns.labels.length];
  const rowLabels = labelsOf(rows, width * MAX_ROW_LABEL);
  const columnLabels = labelsOf(columns, MAX_COLUMN_LABEL);
  const left = TITLE_ROOM + LABEL_GAP + widest(rowLabels);
  const barTicks = scale.ticks.map((tick) => ({
    text: matrixNumber(tick, figure.cells),
    share: (tick - scale.low) / (scale.high - scale.low),
  }));
  const right = BAR_GAP + BAR_WIDTH + LABEL_GAP +
    widest(barTicks.map(({ text }) => text)) + TITLE_ROOM;

  const isSquare = (figure.cells ?? "none") !== "none" ||
    nRows === nColumns && rows.labels.every((l, i) => l === columns.labels[i]);
  const room = Math.max(20, width - left - right);
  let cellWidth = room / nColumns;
  if (isSquare) cellWidth = Math.min(cellWidth, MAX_CELL);
  if (cellWidth > 6) cellWidth = Math.floor(cellWidth);
  let cellHeight = isSquare
    ? cellWidth
    : Math.max(room * (figure.aspect ?? ASPECT), LEAST_HEIGHT) / nRows;
  if (isSquare) cellHeight = Math.max(cellHeight, MIN_HEIGHT / nRows);
  if (cellHeight > 6) cellHeight = Math.floor(cellHeight);
  const plotWidth = cellWidth * nColumns;
  const plotHeight = cellHeight * nRows;

  const rowStep = thinning(LINE_DISTANCE / cellHeight);
  const numeric = columns.labels.every((label) =>
    label.trim() !== "" && Number.isFinite(Number(label))
  );
  const lies = widest(columnLabels) + WORD_GAP <= cellWidth || numeric;
  // Upright labels are harder to read, but need less room.
  const slant = LINE_DISTANCE / COS_45 <= cellWidth ||
      LINE_DISTANCE > cellWidth
    ? { angle: -45, cos: COS_45 } as const
    : { angle: -90, cos: 1 } as const;
  const columnStep = thinning(
    (lies ? widest(columnLabels) + WORD_GAP : LINE_DISTANCE / slant.cos) /
      cellWidth,
  );
  const shownColumns = columnStep > 1
    ? roundNumbers(
      columns,
      plotWidth / (widest(columnLabels) + 2 * WORD_GAP),
    ) ?? thinned(columnLabels, columnStep)
    : thinned(columnLabels, 1);
  // A turned label begins left of its column, where the room is not endless.
  const reach = (i: number) =>
    slant.angle === -90
      ? MAX_COLUMN_LABEL
      : Math.min(MAX_COLUMN_LABEL, (left + (i + 0.5) * cellWidth - 4) / COS_45);
  const placedColumns = lies ? shownColumns : shownColumns.map((label) => ({
    ...label,
    text: truncateText(label.text, reach(label.index), LABEL),
  }));
  const depth = lies
    ? LINE_DISTANCE
    : widest(placedColumns.map(({ text }) => text)) * slant.cos +
      (slant.angle === -45 ? 10 : 2);
  const total = left + plotWidth + right;
  const x = left + Math.max(0, Math.floor((width - total) / 2));
  const titleOf = (axis: { title: string; unit?: string }, length: number) =>
    truncateText(cleanText(axisTitle(axis)), length, TITLE);
  return {
    plot: { x, width: plotWidth, height: plotHeight },
    cell: { width: cellWidth, height: cellHeight },
    rows: rowStep > 1
      ? roundNumbers(rows, plotHeight / (1.3 * LINE_DISTANCE)) ??
        thinned(rowLabels, rowStep)
      : thinned(rowLabels, 1),
    columns: placedColumns,
    columnAngle: lies ? 0 : slant.angle,
    columnDepth: LABEL_GAP + depth,
    height: plotHeight + LABEL_GAP + depth + TITLE_ROOM,
    barX: x + plotWidth + BAR_GAP,
    barTicks,
    titles: {
      rows: titleOf(rows, plotHeight + LABEL_GAP + depth),
      columns: titleOf(columns, plotWidth + right),
      value: titleOf(value, plotHeight + LABEL_GAP + depth),
    },
    scale,
  };
}

function labelsOf({ labels }: MatrixAxis, width: number): string[] {
  return labels.map((label) => truncateText(cleanText(label), width, LABEL));
}

function widest(texts: readonly string[]): number {
  return Math.max(0, ...texts.map((text) => textWidth(text, LABEL)));
}

/**
 * Round numbers along an axis whose labels are numbers at even distances, as
 * iterations are; `undefined` of other axes.
 */
function roundNumbers(
  { labels }: MatrixAxis,
  count: number,
): PlacedLabel[] | undefined {
  const values = labels.map((label) => label.trim() === "" ? NaN : +label);
  const first = values[0]!;
  const step = (values.at(-1)! - first) / (values.length - 1);
  const isEven = step !== 0 &&
    values.every((value, i) =>
      Math.abs(value - first - i * step) <= UNEVENNESS * Math.abs(step)
    );
  if (!isEven) return undefined;
  const ends = [first, values.at(-1)!].sort((a, b) => a - b);
  const domain = [ends[0]!, ends[1]!] as const;
  let wanted = Math.max(1, Math.floor(count));
  let ticks = evenTicks(domain, wanted);
  // A single number tells nothing of how far it is to the next.
  while (ticks.length < 2) ticks = evenTicks(domain, ++wanted);
  return ticks.map((tick) => ({
    text: String(tick),
    index: (tick - first) / step,
  }));
}

/** The least of 1, 2, 5, 10, 20, … that is no less than `needed`. */
function thinning(needed: number): number {
  for (let power = 1;; power *= 10) {
    for (const step of [power, 2 * power, 5 * power]) {
      if (step >= needed) return step;
    }
  }
}

function thinned(texts: readonly string[], step: number): PlacedLabel[] {
  return texts.map((text, index) => ({ text, index }))
    .filter(({ index }) => index % step === 0);
}
