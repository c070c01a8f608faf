// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws matrices as SVG.
 *
 * @module
 */

import { colorAt, cssColor, inkOn } from "./color_scale.ts";
import type { DrawnFigure, DrawOptions } from "./draw_figure.ts";
import { layoutHeading } from "./heading.ts";
import { assertMatrix } from "./matrix_figure.ts";
import type { MatrixFigure } from "./matrix_figure.ts";
import { BAR_WIDTH, LABEL_GAP, layoutMatrix } from "./matrix_layout.ts";
import type { MatrixLayout } from "./matrix_layout.ts";
import { matrixNumber } from "./matrix_values.ts";
import { scaled, textElements, translate } from "./svg.ts";
import { escapeXml, textWidth } from "./text.ts";
import { FONT_SIZE, layoutWidthOf, MARGIN } from "./theme.ts";
import type { Theme } from "./theme.ts";

/** Space between the heading and the matrix. */
const GAP = 14;
/** Colours that are told apart. */
const LEVELS = 128;
/** The smallest letters that are written into cells. */
const MIN_CELL_FONT = 8;
/** Cells at least this wide are drawn with lines between them. */
const SPACED_CELL = 16;

/** A matrix as SVG elements. */
export function drawMatrix(
  figure: MatrixFigure,
  { width, theme }: DrawOptions,
): DrawnFigure {
  assertMatrix(figure);
  const layoutWidth = layoutWidthOf(width);
  const unit = width / layoutWidth;
  const innerWidth = layoutWidth - 2 * MARGIN;
  const heading = layoutHeading({
    title: figure.title,
    subtitle: figure.subtitle,
    fontSize: { title: FONT_SIZE.title, subtitle: FONT_SIZE.label },
    x: MARGIN,
    y: MARGIN,
    width: innerWidth,
  });
  const layout = layoutMatrix(figure, innerWidth);
  const top = MARGIN + (heading.height > 0 ? heading.height + GAP : 0);
  const content = textElements(heading.texts, theme) +
    translate(
      MARGIN,
      top,
      coloured(figure, layout, theme) + labels(layout, theme),
    );
  return {
    height: Math.round((top + layout.height + MARGIN) * unit),
    content: scaled(unit, content),
    label: `${
      figure.title ?? "Matrix"
    }: ${figure.value.title} by ${figure.rows.title} and ${figure.columns.title}`,
  };
}

/** Cells and colour bar, whose colours no style sheet can hold. */
function coloured(
  figure: MatrixFigure,
  layout: MatrixLayout,
  theme: Theme,
): string {
  if (theme.variants) {
    const { light, dark } = theme.variants;
    return `<g class="convlab-light">${coloured(figure, layout, light)}</g>` +
      `<g class="convlab-dark">${coloured(figure, layout, dark)}</g>`;
  }
  return cells(figure, layout, theme) + numbers(figure, layout, theme) +
    bar(layout, theme) + frame(layout, theme);
}

/** All cells of a colour as one path. */
function cells(
  { values }: MatrixFigure,
  { plot, cell, scale }: MatrixLayout,
  theme: Theme,
): string {
  const paths = new Map<number, string>();
  const gap = gapOf(cell);
  const w = round(cell.width - gap);
  const h = round(cell.height - gap);
  for (const [r, row] of values.entries()) {
    for (const [c, value] of row.entries()) {
      if (!Number.isFinite(value)) continue;
      const level = levelOf(value, scale);
      const x = round(plot.x + c * cell.width);
      const path = `M${x},${round(r * cell.height)}h${w}v${h}h${-w}z`;
      paths.set(level, (paths.get(level) ?? "") + path);
    }
  }
  const background = `<path d="M${plot.x},0h${plot.width - gap}v${
    plot.height - gap
  }h${gap - plot.width}z" fill="${theme.grid}"/>`;
  return `<g shape-rendering="crispEdges">${background}${
    [...paths].map(([level, d]) =>
      `<path d="${d}" fill="${levelColor(level, theme)}"/>`
    ).join("")
  }</g>`;
}

/** The numbers in cells, if the longest fits into one. */
function numbers(
  { values, cells = "none" }: MatrixFigure,
  { plot, cell, scale }: MatrixLayout,
  theme: Theme,
): string {
  if (cells === "none") return "";
  const texts = values.map((row) =>
    row.map((value) =>
      Number.isFinite(value) ? matrixNumber(value, cells).replace(" %", "") : ""
    )
  );
  const longest = Math.max(
    ...texts.flat().map((text) => textWidth(text, { fontSize: 1 })),
  );
  const fontSize = Math.min(
    FONT_SIZE.heading,
    Math.floor((cell.width - 5) / longest),
    Math.floor(cell.height * 0.7),
  );
  if (!(fontSize >= MIN_CELL_FONT)) return "";
  let content = "";
  for (const [r, row] of texts.entries()) {
    for (const [c, text] of row.entries()) {
      if (text === "") continue;
      const level = levelOf(values[r]![c]!, scale);
      const ink = cssColor(inkOn(colorAt(theme.scale, level / (LEVELS - 1))));
      const x = round(plot.x + (c + 0.5) * cell.width - 0.5);
      const y = round((r + 0.5) * cell.height + 0.36 * fontSize - 0.5);
      // The zeros of a confusion matrix are not what is looked for.
      const quiet = Number(text) === 0 ? ` fill-opacity="0.4"` : "";
      content += `<text x="${x}" y="${y}" fill="${ink}"${quiet}>${text}</text>`;
    }
  }
  return `<g font-size="${fontSize}" text-anchor="middle">${content}</g>`;
}

/** A line around what the palest cells would leave open. */
function frame({ plot, barX, cell }: MatrixLayout, theme: Theme): string {
  if (gapOf(cell) > 0) return "";
  const around = (x: number, width: number) =>
    `M${round(x)},0h${round(width)}v${round(plot.height)}h${-round(width)}z`;
  return `<path d="${around(plot.x, plot.width)}${
    around(barX, BAR_WIDTH)
  }" fill="none" stroke="${theme.axis}" stroke-opacity="0.5"/>`;
}

/** The colours from the least, at the bottom, to the greatest. */
function bar({ plot, barX }: MatrixLayout, theme: Theme): string {
  let content = "";
  const step = plot.height / LEVELS;
  for (let level = 0; level < LEVELS; level++) {
    const y = round(plot.height - (level + 1) * step);
    // Each reaches below the next, so that nothing shines through between them.
    const height = round(plot.height - y);
    content =
      `<path d="M${barX},${y}h${BAR_WIDTH}v${height}h${-BAR_WIDTH}z" fill="${
        levelColor(level, theme)
      }"/>` + content;
  }
  return `<g shape-rendering="crispEdges">${content}</g>`;
}

function labels(layout: MatrixLayout, theme: Theme): string {
  const { plot, cell, barX, titles, columnDepth } = layout;
  // Beside the cells, or from their top on where it is longer than they are high.
  const middle = (text: string) =>
    round(
      Math.max(
        plot.height,
        textWidth(text, { fontSize: FONT_SIZE.heading }),
      ) / 2,
    );
  const row = layout.rows.map(({ text, index }) =>
    `<text x="${plot.x - LABEL_GAP}" y="${
      round((index + 0.5) * cell.height + 4)
    }" text-anchor="end">${escapeXml(text)}</text>`
  ).join("");
  const column = layout.columns.map(({ text, index }) => {
    const x = round(plot.x + (index + 0.5) * cell.width);
    return layout.columnAngle === 0
      ? `<text x="${x}" y="${
        plot.height + LABEL_GAP + 10
      }" text-anchor="middle">${escapeXml(text)}</text>`
      : `<text transform="translate(${x + 4},${
        plot.height + LABEL_GAP + (layout.columnAngle === -45 ? 6 : 0)
      }) rotate(${layout.columnAngle})" text-anchor="end">${
        escapeXml(text)
      }</text>`;
  }).join("");
  const tickX = barX + BAR_WIDTH + LABEL_GAP;
  const ticks = layout.barTicks.map(({ text, share }) => {
    const y = round((1 - share) * plot.height);
    return `<text x="${tickX}" y="${round(y + 4)}">${text}</text><path d="M${
      barX + BAR_WIDTH
    },${y}h3" stroke="${theme.axis}"/>`;
  }).join("");
  const tickWidth = Math.max(
    0,
    ...layout.barTicks.map(({ text }) =>
      textWidth(text, { fontSize: FONT_SIZE.label })
    ),
  );
  const rowsWidth = Math.max(
    0,
    ...layout.rows.map(({ text }) =>
      textWidth(text, { fontSize: FONT_SIZE.label })
    ),
  );
  const rowsX = round(plot.x - LABEL_GAP - rowsWidth - 10);
  const valueX = round(tickX + tickWidth + 16);
  return `<g font-size="${FONT_SIZE.label}" fill="${theme.mutedText}">${row}${column}${ticks}</g>` +
    `<g font-size="${FONT_SIZE.heading}" fill="${theme.text}" text-anchor="middle">` +
    turned(titles.rows, rowsX, middle(titles.rows)) +
    turned(titles.value, valueX, middle(titles.value)) +
    `<text x="${round(plot.x + plot.width / 2)}" y="${
      round(plot.height + columnDepth + 16)
    }">${escapeXml(titles.columns)}</text></g>`;
}

/** Text that reads upwards. */
function turned(text: string, x: number, y: number): string {
  return `<text transform="translate(${x},${y}) rotate(-90)">${
    escapeXml(text)
  }</text>`;
}

/** Space between cells. */
function gapOf({ width, height }: MatrixLayout["cell"]): number {
  return Math.min(width, height) >= SPACED_CELL ? 1 : 0;
}

function levelOf(
  value: number,
  { low, high }: MatrixLayout["scale"],
): number {
  const share = (value - low) / (high - low);
  return Math.round(Math.min(1, Math.max(0, share)) * (LEVELS - 1));
}

function levelColor(level: number, theme: Theme): string {
  return cssColor(colorAt(theme.scale, level / (LEVELS - 1)));
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
