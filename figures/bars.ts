// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the places of bars: around their values, those of several series side
 * by side.
 *
 * @module
 */

import type { Panel } from "./chart.ts";
import type { Point } from "./chart_values.ts";

/** A bar from one corner to the other. */
export interface Bar {
  readonly x: number;
  readonly x2: number;
  readonly y: number;
  readonly y2: number;
}

/** What bars leave free of the distance between them: under names, and in histograms. */
const SPACE = { named: 0.26, numbered: 0.06 } as const;

/**
 * The bars of each series; none of those that are drawn otherwise. On a
 * logarithmic axis they stand on its least value.
 *
 * @param panel The panel.
 * @param points The points of each of its series.
 */
export function barsOf(
  { x, y, series }: Panel,
  points: readonly (readonly Point[])[],
): Bar[][] {
  const barred = series.flatMap(({ mark }, s) => mark === "bar" ? s : []);
  const drawn = barred.flatMap((s) => points[s]!);
  const places = [...new Set(drawn.map((point) => point.x))]
    .sort((a, b) => a - b);
  let distance = Infinity;
  for (const [i, place] of places.entries()) {
    if (i > 0) distance = Math.min(distance, place - places[i - 1]!);
  }
  if (!Number.isFinite(distance) || x.labels) distance = 1;
  const space = x.labels || barred.length > 1 ? SPACE.named : SPACE.numbered;
  const width = distance * (1 - space) / Math.max(1, barred.length);
  const base = y.scale === "log" ? leastOf(drawn, y.min) : 0;
  return series.map((_, s) => {
    const place = barred.indexOf(s);
    if (place < 0) return [];
    return points[s]!.flatMap(({ x, y }) => {
      if (y === null) return [];
      const left = x + (place - barred.length / 2) * width;
      return { x: left, x2: left + width, y, y2: base };
    });
  });
}

function leastOf(points: readonly Point[], min: number | undefined): number {
  let least = min ?? Infinity;
  for (const { y } of points) if (y !== null) least = Math.min(least, y);
  return min ?? least;
}
