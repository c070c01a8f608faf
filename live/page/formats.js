// Copyright 2026 the Convlab authors. MIT license.

// Numbers as people read them.

/**
 * A whole number with its thousands set apart.
 *
 * @param {number} n
 */
export function grouped(n) {
  return Math.round(n).toLocaleString("en-US");
}

/**
 * A share as a percentage.
 *
 * @param {number | null | undefined} share
 */
export function percent(share) {
  return typeof share === "number" ? `${(100 * share).toFixed(1)} %` : "–";
}

/**
 * Three digits or so, as a loss has them.
 *
 * @param {number | null | undefined} x
 */
export function short(x) {
  if (typeof x !== "number") return "–";
  if (x !== 0 && (Math.abs(x) < 1e-3 || Math.abs(x) >= 1e5)) {
    return x.toExponential(2);
  }
  return Math.abs(x) >= 100 ? x.toFixed(1) : x.toFixed(4).slice(0, 6);
}

/**
 * A number along an axis, in as many digits as it has.
 *
 * @param {number} x
 */
export function tick(x) {
  if (Math.abs(x) >= 1e6) return Number(x.toPrecision(3)).toExponential();
  return Number(x.toPrecision(6)).toLocaleString("en-US", {
    maximumFractionDigits: 8,
  });
}

/**
 * A learning rate in as few digits as tell it apart.
 *
 * @param {number | null | undefined} x
 */
export function rateText(x) {
  if (typeof x !== "number") return "–";
  const rounded = Number(x.toPrecision(4));
  return rounded !== 0 && (rounded < 1e-4 || rounded >= 1e6)
    ? rounded.toExponential()
    : String(rounded);
}

/**
 * Seconds as `2:05` or `1:02:05`.
 *
 * @param {number | null | undefined} seconds
 */
export function clock(seconds) {
  if (typeof seconds !== "number") return "–";
  const whole = Math.max(0, Math.round(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return whole < 3600
    ? `${minutes}:${two(whole % 60)}`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
