// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shows images in a terminal: half a letter for each pixel.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { resizeImage } from "../data/resize_image.ts";
import { background, foreground, RESET } from "./ansi.ts";
import type { Rgb, TerminalColors } from "./ansi.ts";
import { enlargeImage } from "./enlarge_image.ts";

/** The largest preview, in pixels; it has half as many lines. */
const MAX_HEIGHT = 48;
/** Images are enlarged up to here, which makes small ones recognisable. */
const ENLARGED_WIDTH = 48;

/** Lines of text and their width in letters. */
export interface PreviewBlock {
  readonly lines: readonly string[];
  readonly width: number;
}

/**
 * An image as lines of text for a terminal.
 *
 * @param image The image.
 * @param columns Letters in a line at most.
 * @param colors The terminal's colours, not `"none"`.
 */
export function previewImage(
  image: Image,
  columns: number,
  colors: TerminalColors,
): PreviewBlock {
  const pixels = fit(image, columns);
  const lines: string[] = [];
  for (let y = 0; y < pixels.height; y += 2) {
    let line = "";
    let current = "";
    for (let x = 0; x < pixels.width; x++) {
      const isLast = y + 1 === pixels.height;
      const codes = (isLast ? "\x1b[49m" : background(
        colorAt(pixels, x, y + 1),
        colors,
      )) + foreground(colorAt(pixels, x, y), colors);
      line += codes === current ? "▀" : `${codes}▀`;
      current = codes;
    }
    lines.push(line + RESET);
  }
  return { lines, width: pixels.width };
}

function fit(image: Image, columns: number): Image {
  const { width, height } = image;
  const factor = Math.min(columns / width, MAX_HEIGHT / height);
  if (factor >= 2) {
    const enlarged = Math.floor(Math.min(factor, ENLARGED_WIDTH / width));
    return enlarged >= 2 ? enlargeImage(image, enlarged) : image;
  }
  if (factor >= 1) return image;
  return resizeImage(
    image,
    Math.max(1, Math.round(height * factor)),
    Math.max(1, Math.round(width * factor)),
  );
}

function colorAt(
  { width, channels, pixels }: Image,
  x: number,
  y: number,
): Rgb {
  const at = (y * width + x) * channels;
  const red = pixels[at]!;
  return channels === 1
    ? [red, red, red]
    : [red, pixels[at + 1]!, pixels[at + 2]!];
}
