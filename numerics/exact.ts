// Copyright 2026 the Convlab authors. MIT license.

/**
 * Logarithm and exponential in fixed-point integers of 192 fractional bits:
 * slow, and precise enough to round any result to a double without doubt.
 *
 * The fast functions in `log.ts` and `exp.ts` take their tables from here and
 * fall back on it in the one case in thousands that they cannot round safely.
 * The hardest arguments need 118 bits for the logarithm and 158 for the
 * exponential (V. Lefèvre and J.-M. Muller, "Worst cases for correct rounding
 * of the elementary functions in double precision", ARITH-15, 2001).
 *
 * @module
 */

/** Fractional bits of the fixed-point numbers here. */
export const BITS = 192;

/** The number one in fixed point. */
export const ONE: bigint = 1n << BigInt(BITS);

/** The natural logarithm of 2 in fixed point, `2 atanh(1/3)`. */
export const LN2: bigint = 2n * atanh(ONE / 3n);

/** Inverse hyperbolic tangent of a fixed-point number, by its power series. */
export function atanh(y: bigint): bigint {
  const square = y * y / ONE;
  let sum = y;
  let power = y;
  for (let n = 3n; power !== 0n; n += 2n) {
    power = power * square / ONE;
    sum += power / n;
  }
  return sum;
}

/** Exponential of a fixed-point number of magnitude below 1, by its power series. */
export function expSeries(r: bigint): bigint {
  let sum = ONE;
  let term = ONE;
  for (let n = 1n; term !== 0n; n++) {
    term = term * r / (n * ONE);
    sum += term;
  }
  return sum;
}

/**
 * A fixed-point number as `high + low`, where `high` is a multiple of
 * `2 ** -bits` and `low` is the rest, rounded to a double.
 */
export function split(
  value: bigint,
  bits: number,
): { high: number; low: number } {
  const shift = BigInt(BITS - bits);
  const high = value >> shift;
  return {
    high: Number(high) * 2 ** -bits,
    low: Number(value - (high << shift)) * 2 ** -BITS,
  };
}

/** The correctly rounded logarithm of a positive finite number. */
export function exactLog(x: number): number {
  const { significand, exponent } = decompose(x);
  // x = m * 2^k with m in [2/3, 4/3], so that m = 1 has no cancellation.
  const length = significand.toString(2).length;
  let k = exponent + length;
  let m = significand << BigInt(BITS - length);
  if (3n * m < 2n * ONE) {
    m *= 2n;
    k--;
  }
  const log = 2n * atanh((m - ONE) * ONE / (m + ONE)) + BigInt(k) * LN2;
  return Number(log) * 2 ** -BITS;
}

/** The correctly rounded exponential of a number between 2^-55 and 746 in magnitude. */
export function exactExp(x: number): number {
  const { significand, exponent } = decompose(x);
  const fixed = significand << BigInt(BITS + exponent);
  const k = Math.round(x / Math.LN2);
  const e = expSeries((x < 0 ? -fixed : fixed) - BigInt(k) * LN2);
  if (k > -1022) {
    const half = k >> 1; // in two steps, because 2^1024 is not a number
    return Number(e) * 2 ** -BITS * 2 ** half * 2 ** (k - half);
  }
  // Below the normal numbers the last bit is 2^-1074: round there, once.
  const shift = BigInt(BITS - 1074 - k);
  return Number((e + (1n << (shift - 1n))) >> shift) * 2 ** -1074;
}

/** `|x| = significand * 2^exponent`, exactly. */
function decompose(x: number): { significand: bigint; exponent: number } {
  const bits = new BigUint64Array(new Float64Array([x]).buffer)[0]!;
  const fraction = bits & 0xfffffffffffffn;
  const biased = Number(bits >> 52n) & 0x7ff;
  return biased === 0
    ? { significand: fraction, exponent: -1074 }
    : { significand: fraction | 1n << 52n, exponent: biased - 1075 };
}
