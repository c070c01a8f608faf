// Copyright 2026 the Convlab authors. MIT license.

/**
 * Translates the axes and the series of a panel into Vega-Lite's grammar.
 *
 * @module
 */

import { axisSpec } from "./axis_spec.ts";
import { barsOf } from "./bars.ts";
import type { Bar } from "./bars.ts";
import type { Panel, Series } from "./chart.ts";
import { pointsOf } from "./chart_values.ts";
import type { Point } from "./chart_values.ts";
import { FAINT_OPACITY, FONT_FAMILY, FONT_SIZE, seriesStyle } from "./theme.ts";
import type { SeriesStyle, Theme } from "./theme.ts";
import type { VegaLiteSpec } from "./vega.ts";

/** The space between the axes. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

const LINE_WIDTH = 1.8;
const FAINT_WIDTH = 1.2;

/** The Vega-Lite specification of a panel, without its title and legend. */
export function panelSpec(
  panel: Panel,
  plot: PlotSize,
  theme: Theme,
): VegaLiteSpec {
  const points = panel.series.map((series) => pointsOf(series, panel));
  const bars = barsOf(panel, points);
  const drawn = points.flat().filter(({ y }) => y !== null);
  const ends = bars.flat();
  const hasBars = ends.length > 0;
  const x = [...drawn, ...ends].map(({ x }) => x)
    .concat(ends.map(({ x2 }) => x2));
  const y = drawn.map(({ y }) => y!).concat(ends.map(({ y2 }) => y2));
  const axes = {
    x: axisSpec("x", panel.x, x, { length: plot.width, hasBars }),
    y: axisSpec("y", panel.y, y, { length: plot.height, hasBars }),
  };
  // Faint series lie behind the others; otherwise the last is on top.
  const order = panel.series.map((series, s) => ({ series, s }))
    .toSorted((a, b) => Number(!a.series.faint) - Number(!b.series.faint));
  const layers = order.flatMap(({ series, s }): VegaLiteSpec[] => {
    const style = seriesStyle(theme, series.color ?? s);
    return series.mark === "bar"
      ? barLayer(series, bars[s]!, style)
      : layersOf(series, points[s]!, plot.width, style);
  });
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    background: "transparent",
    padding: 0,
    ...plot,
    data: { values: [] },
    encoding: axes,
    // Vega-Lite draws the axes of an empty panel only if it has some layer.
    layer: layers.length > 0 ? layers : [{ mark: "point" }],
    config: configOf(theme),
  };
}

function barLayer(
  { faint = false }: Series,
  bars: readonly Bar[],
  { color }: SeriesStyle,
) {
  return [{
    data: { values: [...bars] },
    mark: {
      type: "rect" as const,
      color,
      opacity: faint ? FAINT_OPACITY : 1,
      clip: true,
    },
    encoding: { x2: { field: "x2" }, y2: { field: "y2" } },
  }];
}

function layersOf(
  { mark = "line", faint = false }: Series,
  points: readonly Point[],
  plotWidth: number,
  { color, dash }: SeriesStyle,
) {
  const line = {
    data: { values: [...points] },
    mark: {
      type: "line" as const,
      color,
      strokeDash: [...dash],
      strokeWidth: faint ? FAINT_WIDTH : LINE_WIDTH,
      opacity: faint ? FAINT_OPACITY : 1,
      strokeJoin: "round" as const,
      strokeCap: "round" as const,
      clip: true,
      invalid: "break-paths-show-domains" as const,
    },
  };
  const dots = {
    data: { values: points.filter(({ isDot }) => isDot) },
    mark: {
      type: "point" as const,
      color,
      filled: true,
      clip: true,
      ...dotStyle(points.length, plotWidth, faint),
    },
  };
  return mark === "point" ? [dots] : [line, dots];
}

/** Dots that shrink, and let each other shine through, the more there are. */
function dotStyle(count: number, plotWidth: number, faint: boolean) {
  const diameter = Math.min(6.5, Math.max(3, 1.6 * plotWidth / (count + 1)));
  const opacity = faint ? FAINT_OPACITY : count > 200 ? 0.6 : 1;
  return { size: diameter ** 2, opacity };
}

function configOf(theme: Theme): VegaLiteSpec {
  return {
    font: FONT_FAMILY,
    aria: false,
    view: { stroke: null },
    axis: {
      domainColor: theme.axis,
      gridColor: theme.grid,
      labelColor: theme.mutedText,
      labelFontSize: FONT_SIZE.label,
      labelPadding: 5,
      ticks: false,
      titleColor: theme.text,
      titleFontSize: FONT_SIZE.heading,
      titleFontWeight: 400,
      titlePadding: 9,
    },
  };
}
