// Copyright 2026 the Convlab authors. MIT license.

/**
 * The exponential function, correctly rounded.
 *
 * @module
 */
import { exactExp, expSeries, LN2, ONE, split } from "./exact.ts";

/** Steps to a power of two. */
const STEPS = 256;

/** `log(2) / 256`; the high part is a multiple of 2^-43, so `n * STEP_HIGH` is exact. */
const { high: STEP_HIGH, low: STEP_LOW } = split(LN2 / BigInt(STEPS), 43);

/** `2^(j / 256)` as a pair of doubles; the high part is a multiple of 2^-26. */
const TABLE_HIGH = new Float64Array(STEPS);
const TABLE_LOW = new Float64Array(STEPS);
fillTable();

/** Adding and subtracting these rounds to a multiple of 1, and of 2^-35. */
const ROUND_0 = 1.5 * 2 ** 52;
const ROUND_35 = 1.5 * 2 ** 17;

/** Bound of the error of a result between 1 and 2 before rounding, with room to spare. */
const ERROR = 2 ** -67;

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);

/**
 * `e` to the power of `x`, correctly rounded: the double nearest to the true
 * value, on every machine. `Math.exp` is off by one unit in the last place for
 * several percent of arguments.
 *
 * With `n` the integer nearest to `256 x / log 2`, the exponential is
 * `2^(n / 256) e^r`, where `r = x - n log(2) / 256` is below 2^-9.5 and known
 * to 2^-78 as a sum of two doubles. The product is kept in two doubles to
 * 2^-68. Only when that leaves the rounding in doubt (one argument in some ten
 * thousand), and for results below the normal numbers, is it computed again in
 * long integers.
 *
 * @param x Any number. Above 709.78 gives Infinity, below -745.13 gives 0.
 * @returns The exponential, to within half a unit in the last place.
 *
 * @example Euler's number
 * ```ts
 * import { exp } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(exp(1), 2.718281828459045);
 * assertEquals(exp(-Infinity), 0);
 * ```
 */
export function exp(x: number): number {
  if (!(Math.abs(x) < 746)) return x > 0 ? Infinity : x < 0 ? 0 : NaN;
  if (Math.abs(x) < 2 ** -55) return 1;
  const n = (x * (STEPS / Math.LN2) + ROUND_0) - ROUND_0;
  const k = n >> 8;
  const j = n & (STEPS - 1);
  if (k < -1021 || k > 1023) return exactExp(x);

  // r = r1 + r2, where r1 has at most 26 bits: its product with the table is exact.
  const a = x - n * STEP_HIGH;
  const b = n * STEP_LOW;
  const r1 = (a - b + ROUND_35) - ROUND_35;
  const r2 = (a - r1) - b;
  const r = r1 + r2;

  // e^r - 1 - r1, of magnitude below 2^-19.
  const tail = r2 +
    r * r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r / 720))));
  const high = TABLE_HIGH[j]!;
  const low = TABLE_LOW[j]!;
  const product = high * r1;
  const sum = high + product;
  const rest = (high - sum) + product + (low + low * r1 + (high + low) * tail);

  const result = sum + (rest + ERROR);
  if (result !== sum + (rest - ERROR)) return exactExp(x);
  WORDS[0] = 0;
  WORDS[1] = (k + 1023) << 20;
  return result * DOUBLE[0]!;
}

function fillTable(): void {
  const step = expSeries(LN2 / BigInt(STEPS));
  for (let j = 0, value = ONE; j < STEPS; value = value * step / ONE, j++) {
    const { high, low } = split(value, 26);
    TABLE_HIGH[j] = high;
    TABLE_LOW[j] = low;
  }
}
