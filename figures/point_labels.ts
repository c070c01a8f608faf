// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws the texts beside the points of a panel.
 *
 * @module
 */

import type { Panel } from "./chart.ts";
import { pointsOf } from "./chart_values.ts";
import { placeLabels } from "./place_labels.ts";
import { cleanText, escapeXml, textWidth, truncateText } from "./text.ts";
import type { Theme } from "./theme.ts";
import type { Drawing } from "./vega.ts";

const STYLE = { fontSize: 11 } as const;
/** Part of the plot that a text may be wide. */
const MAX_WIDTH = 0.45;
/** Distance of the places along lines that texts keep clear of. */
const LINE_STEP = 6;

/**
 * The texts of a panel as SVG elements over its plot; empty without any.
 *
 * @param panel The panel.
 * @param drawing What was drawn of it.
 * @param plot Width and height of the plot.
 * @param theme The colours.
 */
export function drawLabels(
  panel: Panel,
  { place }: Drawing,
  plot: { readonly width: number; readonly height: number },
  theme: Theme,
): string {
  if (!panel.series.some(({ labels }) => labels?.some((text) => text !== ""))) {
    return "";
  }
  const avoid: [number, number][] = [];
  const points = panel.series.flatMap((series) => {
    const drawn = pointsOf(series, panel).flatMap(({ x, y, label = "" }) => {
      if (y === null) return [];
      const [px, py] = place(x, y);
      const text = truncateText(
        cleanText(label),
        plot.width * MAX_WIDTH,
        STYLE,
      );
      return { x: px, y: py, text, width: textWidth(text, STYLE) };
    });
    const { mark = "line" } = series;
    if (mark === "line" || mark === "line+point") {
      drawn.forEach((to, i) =>
        avoid.push(...alongLine(drawn[i - 1] ?? to, to))
      );
    }
    return drawn.filter(({ width }) => width > 0 || mark !== "line");
  });
  const places = placeLabels(points, plot, avoid);
  const content = points.map(({ x, y, text, width }, i) => {
    if (text === "") return "";
    const at = places[i]!;
    const nearest = Math.max(at.x, Math.min(x, at.x + width));
    const line = at.isFar
      ? `<path d="M${round(x)},${round(y)}L${round(nearest)},${
        round(at.y)
      }" stroke="${theme.axis}" stroke-width="0.8"/>`
      : "";
    // A rim in the colour of the ground keeps letters apart from lines below them.
    return line +
      `<text x="${round(at.x)}" y="${
        round(at.y + 4)
      }" stroke="${theme.background}" stroke-width="3" stroke-linejoin="round">${
        escapeXml(text)
      }</text><text x="${round(at.x)}" y="${round(at.y + 4)}">${
        escapeXml(text)
      }</text>`;
  });
  return `<g font-size="${STYLE.fontSize}" fill="${theme.text}">${
    content.join("")
  }</g>`;
}

/** Places at even distances from one point to another. */
function alongLine(
  from: { readonly x: number; readonly y: number },
  to: { readonly x: number; readonly y: number },
): [number, number][] {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const steps = Math.min(500, Math.max(1, Math.ceil(length / LINE_STEP)));
  return Array.from({ length: steps }, (_, i) => [
    from.x + (to.x - from.x) * i / steps,
    from.y + (to.y - from.y) * i / steps,
  ]);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
