// Copyright 2026 the Convlab authors. MIT license.

/**
 * Colours for values from least to greatest. Their lightness changes evenly, so
 * that the order can be seen without telling hues apart, and the least value is
 * nearest to the background.
 *
 * @module
 */

import type { Rgb } from "./ansi.ts";

/** Pale green to dark blue, for light ground: ColorBrewer's GnBu (Cynthia Brewer, https://colorbrewer2.org). */
export const GREEN_BLUE: readonly Rgb[] = [
  [247, 252, 250],
  [224, 243, 219],
  [204, 235, 197],
  [168, 221, 181],
  [123, 204, 196],
  [78, 179, 211],
  [43, 140, 190],
  [8, 104, 172],
  [8, 64, 129],
];

/** Almost black over blue to pale green, for dark ground: after seaborn's mako. */
export const MAKO: readonly Rgb[] = [
  [24, 28, 40],
  [42, 37, 77],
  [65, 61, 123],
  [55, 101, 158],
  [52, 143, 167],
  [64, 183, 173],
  [138, 217, 177],
  [222, 245, 229],
];

/**
 * The colour of a value.
 *
 * @param scale Colours at even distances.
 * @param share Where the value lies between the ends, 0 to 1; beyond them it has the colour of the nearer.
 */
export function colorAt(scale: readonly Rgb[], share: number): Rgb {
  const place = Math.min(1, Math.max(0, share)) * (scale.length - 1);
  const before = Math.min(Math.floor(place), scale.length - 2);
  const from = scale[before]!;
  const to = scale[before + 1]!;
  const mix = (c: 0 | 1 | 2) =>
    Math.round(from[c] + (place - before) * (to[c] - from[c]));
  return [mix(0), mix(1), mix(2)];
}

/** How light a colour is, as WCAG 2 defines relative luminance: 0 black, 1 white. */
export function luminance(color: Rgb): number {
  const [red, green, blue] = color.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever stands out more from a colour. */
export function inkOn(color: Rgb): Rgb {
  return luminance(color) > 0.179 ? [0, 0, 0] : [255, 255, 255];
}

/** A colour as CSS writes it. */
export function cssColor(color: Rgb): string {
  return `#${color.map((v) => v.toString(16).padStart(2, "0")).join("")}`;
}
