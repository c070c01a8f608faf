// Copyright 2026 the Convlab authors. MIT license.

/**
 * The legend of a panel, above the plot, where it covers nothing.
 *
 * @module
 */

import type { Series } from "./chart.ts";
import { cleanText, escapeXml, textWidth, truncateText } from "./text.ts";
import { FONT_SIZE, seriesStyle } from "./theme.ts";
import type { Theme } from "./theme.ts";

/** A drawn legend. */
export interface Legend {
  /** Height of its rows; 0 without any. */
  readonly height: number;
  /** SVG elements, to be placed where the legend begins. */
  readonly content: string;
}

const SYMBOL_WIDTH = 18;
const SYMBOL_GAP = 7;
const ITEM_GAP = 20;
const ROW_HEIGHT = 20;

/**
 * Draws the legend of the series that have labels, in as many rows as needed.
 *
 * @param series All series of a panel.
 * @param width Width of a row; longer labels end with an ellipsis.
 * @param theme The colours.
 */
export function drawLegend(
  series: readonly Series[],
  width: number,
  theme: Theme,
): Legend {
  const style = { fontSize: FONT_SIZE.label };
  const indent = SYMBOL_WIDTH + SYMBOL_GAP;
  let content = "";
  let x = 0;
  let rows = 0;
  for (const [s, { label, mark = "line" }] of series.entries()) {
    if (label === undefined) continue;
    const text = truncateText(cleanText(label), width - indent, style);
    const itemWidth = indent + textWidth(text, style);
    if (rows === 0 || x + itemWidth > width) {
      rows++;
      x = 0;
    }
    const y = (rows - 0.5) * ROW_HEIGHT;
    content += symbol(mark, x, y, theme, s) +
      `<text x="${x + indent}" y="${
        y + 4
      }" font-size="${style.fontSize}" fill="${theme.text}">${
        escapeXml(text)
      }</text>`;
    x += itemWidth + ITEM_GAP;
  }
  return { height: rows * ROW_HEIGHT, content };
}

/** A piece of line, a dot, or both, as the series is drawn. */
function symbol(
  mark: NonNullable<Series["mark"]>,
  x: number,
  y: number,
  theme: Theme,
  index: number,
): string {
  const { color, dash } = seriesStyle(theme, index);
  const line =
    `<path d="M${x},${y}h${SYMBOL_WIDTH}" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  const dot = `<circle cx="${
    x + SYMBOL_WIDTH / 2
  }" cy="${y}" r="3.5" fill="${color}"/>`;
  return { "line": line, "point": dot, "line+point": line + dot }[mark];
}
