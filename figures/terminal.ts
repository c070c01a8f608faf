// Copyright 2026 the Convlab authors. MIT license.

/**
 * Images in a terminal: two pixels in each character, the upper one in the
 * colour of a half block and the lower one in that of its background.
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { resizeImage } from "../data/resize_image.ts";

/** How many colours a terminal has. */
export type ColorDepth = "24-bit" | "256";

const UPPER_HALF_BLOCK = "▀";
const RESET = "\x1b[0m";

/**
 * An image as lines of text with colours.
 *
 * @param image The image.
 * @param columns Characters in a line at the most; a smaller image is not enlarged.
 * @param depth How many colours the terminal has.
 */
export function halfBlocks(
  image: Image,
  columns: number,
  depth: ColorDepth,
): string[] {
  const width = Math.min(columns, image.width);
  const height = Math.max(1, Math.round(image.height * width / image.width));
  const small = resizeImage(image, height, width);
  const paint = depth === "24-bit" ? trueColor : indexedColor;
  const lines: string[] = [];
  for (let y = 0; y < height; y += 2) {
    let line = "";
    let before = "";
    for (let x = 0; x < width; x++) {
      const upper = paint(38, pixel(small, y, x));
      const lower = y + 1 < height
        ? paint(48, pixel(small, y + 1, x))
        : "\x1b[49m";
      const colours = upper + lower;
      line += (colours === before ? "" : colours) + UPPER_HALF_BLOCK;
      before = colours;
    }
    lines.push(line + RESET);
  }
  return lines;
}

type Color = readonly [red: number, green: number, blue: number];

function pixel(image: Image, y: number, x: number): Color {
  const at = (y * image.width + x) * image.channels;
  const [red = 0, green = red, blue = red] = image.pixels.subarray(
    at,
    at + image.channels,
  );
  return [red, green, blue];
}

function trueColor(ground: 38 | 48, [red, green, blue]: Color): string {
  return `\x1b[${ground};2;${red};${green};${blue}m`;
}

/** The nearest colour of the 6 × 6 × 6 cube, or of the 24 greys. */
function indexedColor(ground: 38 | 48, color: Color): string {
  const [red, green, blue] = color;
  const grey = Math.max(...color) - Math.min(...color) < 10;
  const level = (value: number) => Math.round(value / 51);
  const index = grey && red > 8 && red < 238
    ? 232 + Math.round((red - 8) / 10)
    : 16 + 36 * level(red) + 6 * level(green) + level(blue);
  return `\x1b[${ground};5;${Math.min(index, 255)}m`;
}
