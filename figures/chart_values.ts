// Copyright 2026 the Convlab authors. MIT license.

/**
 * The numbers of a chart, ready to be drawn.
 *
 * @module
 */

import { isDrawable } from "./chart.ts";
import type { Axis, Panel, Series } from "./chart.ts";

/** A value at its place. */
export interface Point {
  /** Place along the horizontal axis. */
  readonly x: number;
  /** The value, or `null` where it cannot be drawn and a line breaks. */
  readonly y: number | null;
  /** Whether a dot is drawn here. */
  readonly isDot: boolean;
  /** The text beside it. */
  readonly label?: string;
}

/**
 * The points of a series. Those of a line have a dot where no neighbour could
 * be joined to them, which would leave nothing to see.
 */
export function pointsOf(series: Series, { x, y }: Panel): Point[] {
  const places: { x: number; y: number | null; label?: string }[] = [];
  for (let i = 0; i < series.y.length; i++) {
    const place = series.x?.[i] ?? i;
    const value = series.y[i]!;
    if (!isDrawable(place, x.scale)) continue;
    places.push({
      x: place,
      y: isDrawable(value, y.scale) ? value : null,
      ...(series.labels?.[i] && { label: series.labels[i] }),
    });
  }
  const isLine = (series.mark ?? "line") === "line";
  return places.map((place, i) => ({
    ...place,
    isDot: place.y !== null &&
      (!isLine || (places[i - 1]?.y ?? null) === null &&
          (places[i + 1]?.y ?? null) === null),
  }));
}

/** Which values of a panel cannot be drawn, in words; empty if all can. */
export function missingNote(panel: Panel): string {
  let total = 0;
  let missing = 0;
  for (const series of panel.series) {
    total += series.y.length;
    const drawn = pointsOf(series, panel).filter(({ y }) => y !== null);
    missing += series.y.length - drawn.length;
  }
  if (total === 0) return "No values yet";
  if (missing === 0) return "";
  const isLog = panel.x.scale === "log" || panel.y.scale === "log";
  return `${missing} of ${total} values not drawn: not finite${
    isLog ? " or not positive" : ""
  }`;
}

/**
 * Where an axis begins and ends: at the bounds it sets, and otherwise at the
 * extremes of the values. An axis with a single value gets room around it, and
 * one without values goes from 0 to 1, or from 1 to 10 if it is logarithmic.
 */
export function domainOf(
  values: Iterable<number>,
  { min, max, scale, integer }: Axis,
): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) [low, high] = scale === "log" ? [1, 10] : [0, 1];
  low = min ?? (max === undefined ? low : Math.min(low, max));
  high = max ?? (min === undefined ? high : Math.max(high, min));
  if (low < high) return [low, high];
  if (scale === "log") return [min ?? low / 2, max ?? high * 2];
  const room = integer ? 1 : Math.abs(low) / 10 || 0.5;
  return [min ?? low - room, max ?? high + room];
}

/** The title of an axis with its unit. */
export function axisTitle({ title, unit }: Axis): string {
  return unit === undefined ? title : `${title} (${unit})`;
}
