// Copyright 2026 the Convlab authors. MIT license.

/**
 * The legend of a panel, above the plot, where it covers nothing.
 *
 * @module
 */

import type { Series } from "./chart.ts";
import { cleanText, escapeXml, textWidth, truncateText } from "./text.ts";
import { FAINT_OPACITY, FONT_SIZE, seriesStyle } from "./theme.ts";
import type { SeriesStyle, Theme } from "./theme.ts";

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
  for (const [s, { label, ...look }] of series.entries()) {
    if (label === undefined) continue;
    const text = truncateText(cleanText(label), width - indent, style);
    const itemWidth = indent + textWidth(text, style);
    if (rows === 0 || x + itemWidth > width) {
      rows++;
      x = 0;
    }
    const y = (rows - 0.5) * ROW_HEIGHT;
    content += symbol(look, x, y, seriesStyle(theme, look.color ?? s)) +
      `<text x="${x + indent}" y="${
        y + 4
      }" font-size="${style.fontSize}" fill="${theme.text}">${
        escapeXml(text)
      }</text>`;
    x += itemWidth + ITEM_GAP;
  }
  return { height: rows * ROW_HEIGHT, content };
}

/** A piece of line, a dot, both, or a piece of bar, as the series is drawn. */
function symbol(
  { mark = "line", faint = false }: Omit<Series, "label">,
  x: number,
  y: number,
  { color, dash }: SeriesStyle,
): string {
  const line =
    `<path d="M${x},${y}h${SYMBOL_WIDTH}" stroke="${color}" stroke-width="2" stroke-dasharray="${dash}"/>`;
  const dot = `<circle cx="${
    x + SYMBOL_WIDTH / 2
  }" cy="${y}" r="3.5" fill="${color}"/>`;
  const bar = `<rect x="${x + 3}" y="${
    y - 6
  }" width="12" height="12" rx="1.5" fill="${color}"/>`;
  const drawn = { line, "point": dot, "line+point": line + dot, bar }[mark];
  return faint ? `<g opacity="${FAINT_OPACITY}">${drawn}</g>` : drawn;
}
