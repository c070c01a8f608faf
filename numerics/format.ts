// Copyright 2026 the Convlab authors. MIT license.

/**
 * Numbers as text, character for character as C and Python print them.
 *
 * JavaScript's `toFixed` and `toExponential` round a tie up where C rounds it
 * to even (0.0078125 with six decimals is `0.007812`, not `0.007813`), write
 * exponents with one digit where C writes two, and give up on large numbers.
 *
 * @module
 */

/** Digits after which `toFixed` and `toExponential` stop; a tie ends long before. */
const MAX_DIGITS = 100;

/**
 * `x` with a fixed number of decimals, as `"%.6f" % x` gives it in Python.
 *
 * @param x Any number; not finite ones give `nan`, `inf` or `-inf`.
 * @param digits Decimals, 0 to 100.
 *
 * @example Accuracy in a log line
 * ```ts
 * import { formatF } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatF(0.103), "0.103000");
 * assertEquals(formatF(2.304740055649647, 3), "2.305");
 * ```
 */
export function formatF(x: number, digits = 6): string {
  return withSign(x, (size) => {
    if (size >= 1e21) { // an integer, which toFixed would not write out
      return BigInt(size).toString() + (digits > 0 ? "." : "") +
        "0".repeat(digits);
    }
    const exact = size.toFixed(MAX_DIGITS);
    return tieToEven(exact, exact.indexOf(".") + digits) ??
      size.toFixed(digits);
  });
}

/**
 * `x` in scientific notation, as `"%.6e" % x` gives it in Python.
 *
 * @param x Any number; not finite ones give `nan`, `inf` or `-inf`.
 * @param digits Decimals, 0 to 100.
 *
 * @example A relative error
 * ```ts
 * import { formatE } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatE(2.2121476417505994e-8), "2.212148e-08");
 * ```
 */
export function formatE(x: number, digits = 6): string {
  return withSign(x, (size) => {
    const [exact, power] = size.toExponential(MAX_DIGITS).split("e");
    const tied = tieToEven(exact!, 1 + digits);
    const [mantissa, exponent] = tied === undefined
      ? size.toExponential(digits).split("e")
      : [tied, power];
    return `${mantissa}e${exponent![0]}${exponent!.slice(1).padStart(2, "0")}`;
  });
}

/**
 * `x` to twelve significant digits, as the document prints its numbers: what
 * `print` gave for a float in Python 2 and NumPy before 1.14, which is
 * `"%.12g" % x` with `.0` after an integer.
 *
 * @param x Any number; not finite ones give `nan`, `inf` or `-inf`.
 *
 * @example The document's way of printing
 * ```ts
 * import { formatG12 } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(formatG12(2.2121476417505994e-8), "2.21214764175e-08");
 * assertEquals(formatG12(2.3025831866700004), "2.30258318667");
 * assertEquals(formatG12(0), "0.0");
 * ```
 */
export function formatG12(x: number): string {
  if (!Number.isFinite(x)) return formatE(x);
  const [mantissa, power] = formatE(x, 11).split("e");
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 12) {
    return `${mantissa!.replace(/\.?0+$/, "")}e${power}`;
  }
  if (exponent === 11) return `${formatF(x, 0)}.0`;
  return formatF(x, 11 - exponent).replace(/(\.\d+?)0+$/, "$1");
}

/** Adds the sign, and names the numbers that are not finite. */
function withSign(x: number, format: (size: number) => string): string {
  if (Number.isNaN(x)) return "nan";
  const size = Math.abs(x);
  const text = size === Infinity ? "inf" : format(size);
  return x < 0 || Object.is(x, -0) ? `-${text}` : text;
}

/**
 * If what follows position `last` of an exact decimal is a tie and the digit
 * before it is even, the decimal cut there; otherwise nothing, for then
 * JavaScript rounds as C does.
 */
function tieToEven(exact: string, last: number): string | undefined {
  if (!/^50*$/.test(exact.slice(last + 1))) return undefined;
  const kept = exact.slice(0, last + 1).replace(/\.$/, "");
  return Number(kept.at(-1)) % 2 === 0 ? kept : undefined;
}
