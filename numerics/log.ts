// Copyright 2026 the Convlab authors. MIT license.

/**
 * The natural logarithm, correctly rounded.
 *
 * @module
 */
import { atanh, exactLog, LN2, ONE, split } from "./exact.ts";

/** First and last index of the table: `256 / m` for m = sqrt(2) and sqrt(1/2). */
const FIRST = 181;
const LAST = 362;

/** High parts are multiples of 2^-42, so that `k * LN2_HIGH` is exact. */
const HIGH_BITS = 42;

const { high: LN2_HIGH, low: LN2_LOW } = split(LN2, HIGH_BITS);

/** `-log(i / 256)` at index `i - FIRST`, as a pair of doubles. */
const TABLE_HIGH = new Float64Array(LAST - FIRST + 1);
const TABLE_LOW = new Float64Array(LAST - FIRST + 1);
fillTable();

/** Adding and subtracting this rounds to a multiple of 2^-26. */
const ROUND_26 = 1.5 * 2 ** 26;

/** Bound of the relative error before rounding, with room to spare. */
const ERROR = 2 ** -66;

/** `2^-k` at index `k + 1022`, for every exponent k of a normal number and one more. */
const POWERS = Float64Array.from({ length: 2047 }, (_, i) => 2 ** (1022 - i));

/** Added to a high word, this moves to the next exponent what lies above sqrt(1/2). */
const ABOVE_SQRT_HALF = 0x3ff00000 - 0x3fe6a09e;

const DOUBLE = new Float64Array(1);
const WORDS = new Int32Array(DOUBLE.buffer);

/**
 * The natural logarithm of `x`, correctly rounded: the double nearest to the
 * true value, whatever the machine and the engine. `Math.log` need not be:
 * it is in Deno 2.9.6 but off by one unit in the last place for 7 % of the
 * arguments below 1 in Node 20 (20,000 arguments each).
 *
 * With `x = 2^k m` and `i` the integer nearest to `256 / m`, the logarithm is
 * `k log 2 - log(i / 256) + log(1 + r)`, where `r = m i / 256 - 1` is exact as
 * a sum of two doubles and below 2^-8.5. The sum is kept in two doubles to a
 * relative error of 2^-67. Only when that leaves the rounding in doubt (one
 * argument in some thousands) is it computed again in long integers.
 *
 * @param x Any number. Below 0 gives NaN, 0 gives -Infinity.
 * @returns The logarithm, to within half a unit in the last place.
 *
 * @example Logarithm of ten
 * ```ts
 * import { log } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(log(10), 2.302585092994046);
 * assertEquals(log(0), -Infinity);
 * ```
 */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  if (x < 2 ** -1022) return exactLog(x);
  DOUBLE[0] = x;
  const k = ((WORDS[1]! + ABOVE_SQRT_HALF) >> 20) - 1023;
  const m = x * POWERS[k + 1022]!;

  // r = r1 + r2 exactly: r1 has at most 26 bits, and so does its square's half.
  const i = (256 / m + 0.5) | 0;
  const c = i * 2 ** -8;
  const m1 = (m + ROUND_26) - ROUND_26;
  const r1 = m1 * c - 1;
  const r2 = (m - m1) * c;
  const r = r1 + r2;
  const halfSquare = 0.5 * r1 * r1;

  // sum + rest1 + rest2 = k log 2 + table + r1 - r1^2 / 2 + r2, exactly.
  const first = k * LN2_HIGH + TABLE_HIGH[i - FIRST]! + r1;
  const second = first - halfSquare;
  const rest1 = (first - second) - halfSquare;
  const sum = second + r2;
  const shadow = sum - second;
  const rest2 = (second - (sum - shadow)) + (r2 - shadow);

  // The terms from r^3 on, and what is missing of -r^2 / 2.
  const tail = r * r * r *
    (1 / 3 +
      r * (-1 / 4 +
          r * (1 / 5 +
              r * (-1 / 6 + r * (1 / 7 + r * (-1 / 8 + r * (1 / 9)))))));
  const low = rest1 + rest2 +
    (k * LN2_LOW + TABLE_LOW[i - FIRST]! + (tail - r2 * (r1 + 0.5 * r2)));

  const doubt = sum * ERROR;
  const result = sum + (low + doubt);
  return result === sum + (low - doubt) ? result : exactLog(x);
}

/** From `log(i / 256)` to its neighbour: `log((i + 1) / i) = 2 atanh(1 / (2i + 1))`. */
function fillTable(): void {
  const put = (i: number, value: bigint) => {
    const { high, low } = split(-value, HIGH_BITS);
    TABLE_HIGH[i - FIRST] = high;
    TABLE_LOW[i - FIRST] = low;
  };
  const gap = (i: number) => 2n * atanh(ONE / BigInt(2 * i + 1));
  for (let i = 256, value = 0n; i <= LAST; value += gap(i++)) put(i, value);
  for (let i = 256, value = 0n; i >= FIRST; value -= gap(--i)) put(i, value);
}
