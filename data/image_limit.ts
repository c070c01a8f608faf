// Copyright 2026 the Convlab authors. MIT license.

/**
 * The largest image that is decoded.
 *
 * @module
 */

import { DataError } from "./data_error.ts";

/**
 * Most pixels of an image: those of the largest phone cameras. Decoding a JPEG
 * of this size takes 2 GB of memory and three seconds.
 */
export const MAX_PIXELS = 50_000_000;

/**
 * Checks the size that an image file states, before it is decoded.
 *
 * @throws {DataError} If it is empty or has more than {@linkcode MAX_PIXELS} pixels.
 */
export function assertImageSize(
  width: number,
  height: number,
  name: string,
): void {
  if (width > 0 && height > 0 && width * height <= MAX_PIXELS) return;
  throw new DataError(
    `Cannot decode ${name}: expected 1 to ${MAX_PIXELS} pixels but found ${width} x ${height}`,
  );
}
