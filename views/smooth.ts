// Copyright 2026 the Convlab authors. MIT license.

/**
 * Makes long, noisy curves readable: moving averages, and fewer points.
 *
 * @module
 */

import type { Series } from "../figures/chart.ts";

/** Values of a curve that are drawn, at most; more could not be told apart. */
const MAX_POINTS = 2000;

/**
 * The moving average m ← share · m + (1 − share) · value, divided by
 * 1 − shareᵗ after t values so that it does not begin near 0, as Adam corrects
 * its averages (Kingma and Ba, 2014). Where a value is not finite, neither is
 * the average; it goes on from there.
 *
 * @param values The curve.
 * @param share How much stays, 0 to below 1.
 */
export function smoothed(values: readonly number[], share: number): number[] {
  let [mean, rest] = [0, 1];
  return values.map((value) => {
    if (!Number.isFinite(value)) return NaN;
    mean = share * mean + (1 - share) * value;
    rest *= share;
    return mean / (1 - rest);
  });
}

/**
 * A series of values, or of the least and the greatest of each few where there
 * are too many to be drawn. A few with a value that is not finite become a gap.
 *
 * @param values The curve.
 * @param at Where the i-th value lies.
 * @param look How it is drawn.
 */
export function thinned(
  values: readonly number[],
  at: (i: number) => number,
  look: Omit<Series, "x" | "y">,
): Series {
  const few = Math.ceil(2 * values.length / MAX_POINTS);
  const kept: number[] = [];
  for (let begin = 0; begin < values.length; begin += few) {
    const end = Math.min(values.length, begin + few);
    if (few <= 2) {
      for (let i = begin; i < end; i++) kept.push(i);
      continue;
    }
    let [low, high] = [begin, begin];
    for (let i = begin; i < end; i++) {
      if (!Number.isFinite(values[i])) {
        low = high = i;
        break;
      }
      if (values[i]! < values[low]!) low = i;
      if (values[i]! > values[high]!) high = i;
    }
    kept.push(...new Set([Math.min(low, high), Math.max(low, high)]));
  }
  return { ...look, x: kept.map(at), y: kept.map((i) => values[i]!) };
}
