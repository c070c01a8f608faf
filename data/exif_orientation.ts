// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a camera was held, as EXIF tells it.
 *
 * @module
 */

import type { Image } from "./image.ts";

/** `"Exif"` and two zero bytes, before a TIFF structure. */
const MAGIC = [0x45, 0x78, 0x69, 0x66, 0, 0];
const ORIENTATION_TAG = 0x0112;

/**
 * The orientation in the APP1 segment of a JPEG file: 1 (upright) to 8, or
 * `undefined` if the segment holds none.
 */
export function exifOrientation(segment: Uint8Array): number | undefined {
  if (!MAGIC.every((byte, i) => segment[i] === byte)) return undefined;
  const tiff = segment.subarray(MAGIC.length);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  try {
    const isLittle = view.getUint16(0) === 0x4949; // "II", against "MM"
    const directory = view.getUint32(4, isLittle);
    const entries = view.getUint16(directory, isLittle);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + i * 12;
      if (view.getUint16(entry, isLittle) !== ORIENTATION_TAG) continue;
      const value = view.getUint16(entry + 8, isLittle);
      return value >= 1 && value <= 8 ? value : undefined;
    }
  } catch (error) {
    // An offset beyond the segment: such metadata is as good as none.
    if (!(error instanceof RangeError)) throw error;
  }
  return undefined;
}

/**
 * Turns an image upright.
 *
 * @param image As the camera stored it.
 * @param orientation Its EXIF orientation, 1 to 8.
 */
export function orientImage(image: Image, orientation: number): Image {
  if (orientation === 1) return image;
  const { channels, pixels } = image;
  // Orientations 5 to 8 swap rows and columns; then 2, 3, 6, 7 mirror in x …
  const isTransposed = orientation >= 5;
  const mirrorsX = [2, 3, 6, 7].includes(orientation);
  const mirrorsY = [3, 4, 7, 8].includes(orientation);
  const width = isTransposed ? image.height : image.width;
  const height = isTransposed ? image.width : image.height;
  const out = new Uint8Array(pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    const v = mirrorsY ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const u = mirrorsX ? width - 1 - x : x;
      const from = (isTransposed ? u * image.width + v : v * image.width + u) *
        channels;
      for (let c = 0; c < channels; c++) out[to++] = pixels[from + c]!;
    }
  }
  return { width, height, channels, pixels: out };
}
