// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws charts as SVG.
 *
 * @module
 */

import type { Chart } from "./chart.ts";
import type { DrawnFigure, DrawOptions } from "./draw_figure.ts";
import { layoutHeading } from "./heading.ts";
import { drawPanels } from "./panels.ts";
import { scaled, textElements, translate } from "./svg.ts";
import { FONT_SIZE, layoutWidthOf, MARGIN } from "./theme.ts";

/** Space between panels, and between the title and the first of them. */
const GAP = 18;

/**
 * A chart as SVG elements. Its height follows from its panels.
 *
 * @param chart A valid chart.
 * @param options How it is drawn.
 */
export async function drawChart(
  chart: Chart,
  { width, theme }: DrawOptions,
): Promise<DrawnFigure> {
  const layoutWidth = layoutWidthOf(width);
  const innerWidth = layoutWidth - 2 * MARGIN;
  const heading = layoutHeading({
    title: chart.title,
    subtitle: chart.subtitle,
    fontSize: { title: FONT_SIZE.title, subtitle: FONT_SIZE.label },
    x: MARGIN,
    y: MARGIN,
    width: innerWidth,
  });
  let content = textElements(heading.texts, theme);
  let y = MARGIN + (heading.height > 0 ? heading.height + GAP : 0);
  for (const panel of await drawPanels(chart.panels, innerWidth, theme)) {
    content += translate(MARGIN, y, panel.content);
    y += panel.height + GAP;
  }
  const unit = width / layoutWidth;
  return {
    height: Math.round((y - GAP + MARGIN) * unit),
    content: scaled(unit, content),
    label: describe(chart),
  };
}

/** The chart in words. */
function describe({ title = "Chart", panels }: Chart): string {
  const contents = panels.map(({ x, y, series }) => {
    const labels = series.flatMap(({ label }) => label ?? []);
    const names = labels.length > 0 ? ` (${labels.join(", ")})` : "";
    return `${y.title}${names} against ${x.title}`;
  });
  return `${title}: ${contents.join("; ")}`;
}
