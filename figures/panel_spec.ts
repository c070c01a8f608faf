// Copyright 2026 the Convlab authors. MIT license.

/**
 * Translates the axes and the series of a panel into Vega-Lite's grammar.
 *
 * @module
 */

import type { TopLevelSpec } from "vega-lite";
import type { Axis, Panel, Series } from "./chart.ts";
import { axisTitle, domainOf, pointsOf } from "./chart_values.ts";
import type { Point } from "./chart_values.ts";
import { cleanText } from "./text.ts";
import { FONT_FAMILY, FONT_SIZE, seriesStyle } from "./theme.ts";
import type { SeriesStyle, Theme } from "./theme.ts";
import { logTicks, tickFormat } from "./ticks.ts";

/** The space between the axes. */
export interface PlotSize {
  readonly width: number;
  readonly height: number;
}

/** Space that marks keep from the ends of an axis. */
const AXIS_PADDING = 7;
/** Usual distance of marked values along an axis. */
const TICK_DISTANCE = { x: 70, y: 44 } as const;
const LINE_WIDTH = 1.8;

/** The Vega-Lite specification of a panel, without its title and legend. */
export function panelSpec(
  panel: Panel,
  plot: PlotSize,
  theme: Theme,
): TopLevelSpec {
  const points = panel.series.map((series) => pointsOf(series, panel));
  const drawn = points.flat().filter(({ y }) => y !== null);
  const axes = {
    x: positionOf("x", panel.x, drawn.map(({ x }) => x), plot.width),
    y: positionOf("y", panel.y, drawn.map(({ y }) => y!), plot.height),
  };
  const layers = panel.series.flatMap((series, s) =>
    layersOf(series, points[s]!, plot.width, seriesStyle(theme, s))
  );
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

function positionOf(
  channel: "x" | "y",
  axis: Axis,
  values: number[],
  length: number,
) {
  const isFree = axis.min === undefined && axis.max === undefined;
  const isLog = axis.scale === "log";
  const domain = domainOf(values, axis);
  const tickCount = Math.max(3, Math.round(length / TICK_DISTANCE[channel]));
  const format = isLog ? "~g" : axis.integer ? ",d" : tickFormat(domain);
  return {
    field: channel,
    type: "quantitative" as const,
    title: cleanText(axisTitle(axis)),
    scale: {
      type: axis.scale ?? "linear",
      domain,
      padding: AXIS_PADDING,
      ...(!isLog && { zero: false, nice: channel === "y" && isFree }),
    },
    axis: {
      titleLimit: length,
      tickCount,
      ...(isLog && { values: logTicks(domain, tickCount) }),
      ...(axis.integer && { tickMinStep: 1 }),
      ...(format && { format }),
    },
  };
}

function layersOf(
  { mark = "line" }: Series,
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
      strokeWidth: LINE_WIDTH,
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
      ...dotStyle(points.length, plotWidth),
    },
  };
  return mark === "point" ? [dots] : [line, dots];
}

/** Dots that shrink, and let each other shine through, the more there are. */
function dotStyle(count: number, plotWidth: number) {
  const diameter = Math.min(6.5, Math.max(3, 1.6 * plotWidth / (count + 1)));
  return { size: diameter ** 2, opacity: count > 200 ? 0.6 : 1 };
}

function configOf(theme: Theme): NonNullable<TopLevelSpec["config"]> {
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
