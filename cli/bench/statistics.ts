// Copyright 2026 the Convlab authors. MIT license.

/**
 * What is told of a list of durations.
 *
 * @module
 */

/** The middle of some numbers, and what a quarter of them lies below and above. */
export interface Spread {
  /** A quarter of the numbers is smaller. */
  readonly lower: number;
  /** Half of the numbers are smaller. */
  readonly median: number;
  /** A quarter of the numbers is larger. */
  readonly upper: number;
}

/** The quartiles of some numbers. */
export function spreadOf(numbers: readonly number[]): Spread {
  const sorted = numbers.toSorted((a, b) => a - b);
  return {
    lower: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    upper: quantile(sorted, 0.75),
  };
}

/** How far apart steady quartiles are at most, in medians. */
const STEADY = 0.25;

/** Whether durations are so close together that their median tells something. */
export function isSteady({ lower, median, upper }: Spread): boolean {
  return upper - lower <= STEADY * median;
}

/**
 * What `share` of the numbers lies below, between two of them by linear
 * interpolation, as `numpy.quantile` has it. NaN if there are none.
 *
 * @param sorted Numbers in ascending order.
 * @param share From 0 to 1.
 */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  const above = sorted[Math.ceil(at)] ?? NaN;
  return below + (at - Math.floor(at)) * (above - below);
}
