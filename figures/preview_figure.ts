// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shows figures in a terminal, small.
 *
 * @module
 */

import { assertChart } from "./chart.ts";
import type { Chart } from "./chart.ts";
import type { Figure } from "./figure.ts";
import { assertStack } from "./figure_stack.ts";
import { columnsOf } from "./image_figure.ts";
import type { ImageFigure } from "./image_figure.ts";
import { assertMatrix } from "./matrix_figure.ts";
import { previewPanel } from "./preview_chart.ts";
import { previewImage } from "./preview_image.ts";
import { previewMatrix } from "./preview_matrix.ts";
import type { Terminal } from "./terminal.ts";
import { cleanText } from "./text.ts";
import { truncate } from "./truncate.ts";

/** Letters between images; one where they would be narrower than the second number. */
const GAP = 2;
const LEAST_WIDTH = 4;
/** Lines that rows of images share, and the least width to which that shrinks them. */
const SCREEN_LINES = 36;
const LEAST_SHARE = 20;

/**
 * A figure as text for a terminal: images in coloured half blocks, charts in
 * Braille patterns. It ends with a line break. Whether the terminal can show
 * it, {@linkcode canPreview} tells.
 *
 * @param figure The figure.
 * @param terminal Its columns and colours, as {@linkcode terminalOf} finds them.
 * @throws {RangeError} If the figure has nothing to draw or does not fit together.
 *
 * @example A curve without colours
 * ```ts
 * import { previewFigure } from "@convlab/convlab";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const text = previewFigure({
 *   kind: "chart",
 *   panels: [{ x: { title: "epoch" }, y: { title: "loss" }, series: [{ y: [3, 2, 1] }] }],
 * }, { columns: 40, colors: "none" });
 * assertStringIncludes(text, "loss");
 * ```
 */
export function previewFigure(figure: Figure, terminal: Terminal): string {
  const lines = [figure.title, figure.subtitle]
    .flatMap((line) => line === undefined ? [] : cleanText(line))
    .map((line) => truncate(line, terminal.columns));
  return [...lines, ...contentLines(figure, terminal)].join("\n") + "\n";
}

function contentLines(figure: Figure, terminal: Terminal): string[] {
  switch (figure.kind) {
    case "chart":
      return chartLines(figure, terminal);
    case "images":
      return imageLines(figure, terminal);
    case "matrix":
      assertMatrix(figure);
      return previewMatrix(figure, terminal);
    case "stack":
      assertStack(figure);
      return figure.figures.map((part) => previewFigure(part, terminal))
        .join("\n").trimEnd().split("\n");
  }
}

function chartLines(chart: Chart, { columns, colors }: Terminal): string[] {
  assertChart(chart);
  return chart.panels.flatMap((panel, p) => [
    ...(p > 0 ? [""] : []),
    ...previewPanel(panel, columns, colors),
  ]);
}

function imageLines(
  figure: ImageFigure,
  { columns, colors }: Terminal,
): string[] {
  if (colors === "none") return [];
  const perRow = Math.min(columnsOf(figure), Math.floor((columns + 1) / 2));
  const room = (gap: number) => Math.floor((columns + gap) / perRow) - gap;
  const gap = room(GAP) >= LEAST_WIDTH ? GAP : 1;
  const rows = Math.ceil(figure.images.length / perRow);
  const tallest = Math.max(
    ...figure.images.map(({ image }) => image.height / image.width),
  );
  // Two pixels a line; more rows than one share the lines of a screen.
  const share = Math.floor(2 * SCREEN_LINES / rows / tallest);
  const width = rows === 1
    ? room(gap)
    : Math.min(room(gap), Math.max(LEAST_SHARE, share));
  const blocks = figure.images.map(({ image }) =>
    previewImage(image, width, colors)
  );
  const cell = Math.max(...blocks.map((block) => block.width));
  const lines: string[] = [];
  for (let first = 0; first < blocks.length; first += perRow) {
    const row = blocks.slice(first, first + perRow);
    for (const part of ["title", "subtitle"] as const) {
      const heading = figure.images.slice(first, first + perRow)
        .map((entry) => center(cleanText(entry[part] ?? ""), cell))
        .join(" ".repeat(gap)).trimEnd();
      if (heading !== "") lines.push(heading);
    }
    const height = Math.max(...row.map(({ lines }) => lines.length));
    for (let y = 0; y < height; y++) {
      lines.push(
        row.map((block) =>
          (block.lines[y] ?? " ".repeat(block.width)) +
          " ".repeat(cell - block.width)
        ).join(" ".repeat(gap)).trimEnd(),
      );
    }
  }
  return lines;
}

function center(text: string, width: number): string {
  const short = truncate(text, width);
  const free = width - [...short].length;
  const before = Math.floor(free / 2);
  return " ".repeat(before) + short + " ".repeat(free - before);
}
