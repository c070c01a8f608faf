// Copyright 2026 the Convlab authors. MIT license.

/**
 * Lays out headings: a title, and a quieter line below it.
 *
 * @module
 */

import type { PlacedText } from "./svg.ts";
import { cleanText, wrapText } from "./text.ts";

/** Words of a heading and their measures. */
export interface Heading {
  /** What is below, in semi-bold letters. */
  readonly title?: string | undefined;
  /** More about it, in smaller and paler ones. */
  readonly subtitle?: string | undefined;
  /** Sizes of the letters. */
  readonly fontSize: { readonly title: number; readonly subtitle: number };
  /** Where it begins. */
  readonly x: number;
  /** Its top. */
  readonly y: number;
  /** Width that lines may have; longer ones are broken. */
  readonly width: number;
}

/** A heading in its place. */
export interface PlacedHeading {
  readonly texts: readonly PlacedText[];
  /** Height of its lines; 0 without any. */
  readonly height: number;
}

/** Distance of lines, in sizes of their letters. */
const LINE_HEIGHT = 1.4;
/** From the bottom of a line up to its baseline, in sizes of its letters. */
const DESCENT = 0.4;

/** Finds the places of the lines of a heading. */
export function layoutHeading(heading: Heading): PlacedHeading {
  const { x, width } = heading;
  const texts: PlacedText[] = [];
  let y = heading.y;
  for (const part of ["title", "subtitle"] as const) {
    const bold = part === "title";
    const style = { fontSize: heading.fontSize[part], bold };
    for (const text of wrapText(cleanText(heading[part] ?? ""), width, style)) {
      y += Math.round(style.fontSize * LINE_HEIGHT);
      const baseline = y - Math.round(style.fontSize * DESCENT);
      texts.push({ text, x, y: baseline, ...style, muted: !bold });
    }
  }
  return { texts, height: y - heading.y };
}
