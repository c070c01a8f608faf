// Copyright 2026 the Convlab authors. MIT license.

/**
 * The error function and its complement.
 *
 * @module
 */
import { exp } from "./exp.ts";

/**
 * With t = 1 / (1 + √2 x / 4) and u = 2t - 1, erfc(x) for x ≥ 0 is
 * `t · exp(-x²)` times the polynomial in u with these coefficients, the lowest
 * first: interpolated at Chebyshev nodes in 50 digits, and right to 3e-17.
 */
const COEFFICIENTS: readonly number[] = [
  0.3776425652078757,
  0.30394832098594615,
  0.1935687003711133,
  0.0932609289798183,
  0.03019828744518046,
  0.003770094483693156,
  -0.0017398461783257513,
  -0.0008154092337049543,
  6.667210458007389e-05,
  0.00011554750868138713,
  -9.53838015359549e-07,
  -1.7572555951418827e-05,
  3.573010765633731e-07,
  2.960805522961989e-06,
  -3.124775538782589e-07,
  -5.123925508276387e-07,
  1.323668640989934e-07,
  7.98869807111961e-08,
  -3.939180171346819e-08,
  -8.922463886490707e-09,
  8.0336934786647e-09,
  2.9368133824935954e-10,
  -8.443288483393368e-10,
  5.998891015626548e-11,
];

/** Below this the power series of erf converges fast, and erfc is well above 0. */
const SERIES_BELOW = 0.75;

/**
 * The error function, `2 / √π` times the integral of `exp(-t²)` from 0 to x.
 *
 * @param x Any number.
 * @returns From -1 to 1, with a relative error below 1e-15.
 *
 * @example
 * ```ts
 * import { erf } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(erf(1), 0.8427007929497149, 1e-15);
 * ```
 */
export function erf(x: number): number {
  if (Math.abs(x) < SERIES_BELOW) return series(x);
  return x < 0 ? erfcOfPositive(-x) - 1 : 1 - erfcOfPositive(x);
}

/**
 * The complementary error function, `1 - erf(x)`, without the loss of digits that
 * the subtraction would bring for large x.
 *
 * @param x Any number.
 * @returns From 0 to 2, with a relative error below 1e-15 (of the smallest normal
 * number where it is less than that).
 *
 * @example
 * ```ts
 * import { erfc } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * assertAlmostEquals(erfc(5) / 1.5374597944280347e-12, 1, 1e-14);
 * ```
 */
export function erfc(x: number): number {
  if (Math.abs(x) < SERIES_BELOW) return 1 - series(x);
  return x < 0 ? 2 - erfcOfPositive(-x) : erfcOfPositive(x);
}

/** `2 / √π` times the sum of `(-1)^k x^(2k + 1) / (k! (2k + 1))`. */
function series(x: number): number {
  const square = x * x;
  let power = 1;
  let rest = 0;
  for (let k = 1; k < 20; k++) {
    power *= -square / k;
    rest += power / (2 * k + 1);
  }
  return 2 / Math.sqrt(Math.PI) * x * (1 + rest);
}

function erfcOfPositive(x: number): number {
  if (x > 28) return 0;
  const t = 1 / (1 + Math.SQRT2 / 4 * x);
  const u = 2 * t - 1;
  let polynomial = 0;
  for (let i = COEFFICIENTS.length - 1; i >= 0; i--) {
    polynomial = polynomial * u + COEFFICIENTS[i]!;
  }
  // The square of a float32 is exact, and the rest of x² is small.
  const high = Math.fround(x);
  const bell = exp(-high * high) * exp((high - x) * (high + x));
  return t * polynomial * bell;
}
