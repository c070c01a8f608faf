// Copyright 2026 the Convlab authors. MIT license.

/**
 * Pictures in terminals that have DEC's sixel graphics
 * (https://vt100.net/docs/vt3xx-gp/chapter14.html).
 *
 * @module
 */

import type { Image } from "../data/image.ts";
import { image2sixel } from "./bundles/sixel.js";

/** Colours of the palette. */
const COLORS = 256;

/** The sequence that shows an image where the cursor is. */
export function sixelPicture(
  { width, height, channels, pixels }: Image,
): string {
  const data = new Uint8Array(4 * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) {
      data[4 * i + c] = pixels[channels * i + (channels === 1 ? 0 : c)]!;
    }
    data[4 * i + 3] = 255;
  }
  return image2sixel(data, width, height, COLORS, 0);
}
