// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which values are marked along an axis, and how they are written.
 *
 * @module
 */

type Domain = readonly [low: number, high: number];

/**
 * Round values for a logarithmic axis: 1, 2, 5, 10, 20, … or, over a wide
 * range, every power of ten or every second, third, … of them. Over a range too
 * narrow for three of these, evenly spaced values.
 *
 * @param domain Where the axis begins and ends, both positive.
 * @param count About how many values.
 */
export function logTicks([low, high]: Domain, count: number): number[] {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  const powers = Array.from(
    { length: last - first + 1 },
    (_, i) => Number(`1e${first + i}`),
  );
  const inside = (value: number) => value >= low && value <= high;
  const fine = powers.flatMap((p) => [p, 2 * p, 5 * p]).filter(inside);
  if (fine.length < 3) return evenTicks([low, high], count);
  if (fine.length <= count) return fine;
  const coarse = powers.filter(inside);
  if (coarse.length < 2) return fine;
  const step = Math.ceil(coarse.length / count);
  return coarse.filter((_, i) => i % step === 0);
}

/**
 * Multiples of a round step: 1, 2 or 5 times a power of ten.
 *
 * @param domain Where the axis begins and ends.
 * @param count About how many values.
 */
export function evenTicks([low, high]: Domain, count: number): number[] {
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((m) => m * power >= rough) ?? 10);
  // An end that is a multiple counts, though the quotient be rounded past it.
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * step).toPrecision(12)),
  );
}

/**
 * How numbers are written along a linear axis, as d3-format says it: as they
 * are, but very large ones with a prefix such as M, and where even that would
 * be long, or for very small ones, with an exponent.
 */
export function tickFormat([low, high]: Domain): string | undefined {
  const largest = Math.max(Math.abs(low), Math.abs(high));
  if (largest >= 1e15 || (largest > 0 && largest < 1e-3)) return "~g";
  return largest >= 1e6 ? "~s" : undefined;
}
