// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the SVG documents of all figures have in common.
 *
 * @module
 */

import { escapeXml } from "./text.ts";
import { FONT_FAMILY } from "./theme.ts";
import type { Theme } from "./theme.ts";

/** A line of text; `y` is its baseline. */
export interface PlacedText {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly fontSize: number;
  /** Default `false`. */
  readonly bold?: boolean;
  /** Default `false`. */
  readonly muted?: boolean;
  /** Default `false`, which begins at `x`. */
  readonly centered?: boolean;
}

/** A figure in SVG. */
export interface SvgFigure {
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
  /** The figure in words, for those who cannot see it. */
  readonly label: string;
  /** SVG elements. */
  readonly content: string;
}

/** An SVG document. */
export function svgDocument(
  { width, height, label, content }: SvgFigure,
  theme: Theme,
): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${
    escapeXml(label)
  }" font-family="${escapeXml(FONT_FAMILY)}"${
    theme.style === undefined
      ? ""
      : ` class="convlab-figure"><style>${theme.style}</style`
  }><rect width="100%" height="100%" fill="${theme.background}"/>${content}</svg>\n`;
}

/** Lines of text as SVG. */
export function textElements(
  texts: readonly PlacedText[],
  theme: Theme,
): string {
  return texts.map(({ text, x, y, fontSize, bold, muted, centered }) =>
    `<text x="${x}" y="${y}" font-size="${fontSize}" fill="${
      muted ? theme.mutedText : theme.text
    }"${bold ? ` font-weight="600"` : ""}${
      centered ? ` text-anchor="middle"` : ""
    }>${escapeXml(text)}</text>`
  ).join("");
}

/** SVG elements enlarged, or made smaller. */
export function scaled(factor: number, content: string): string {
  return factor === 1
    ? content
    : `<g transform="scale(${factor})">${content}</g>`;
}

/** SVG elements moved to another place. */
export function translate(x: number, y: number, content: string): string {
  return content === ""
    ? ""
    : `<g transform="translate(${x},${y})">${content}</g>`;
}
