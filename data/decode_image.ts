// Copyright 2026 the Convlab authors. MIT license.

/**
 * Decodes image files.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import type { Image } from "./image.ts";
import { decodeJpeg, isJpeg } from "./jpeg.ts";
import { decodePng, isPng } from "./png.ts";

/** Formats that people try, by the text that their files hold at an offset. */
const OTHER_FORMATS = [
  { name: "GIF", offset: 0, text: "GIF8" },
  { name: "BMP", offset: 0, text: "BM" },
  { name: "TIFF", offset: 0, text: "II*\0" },
  { name: "TIFF", offset: 0, text: "MM\0*" },
  { name: "WebP", offset: 8, text: "WEBP" },
  { name: "HEIC", offset: 4, text: "ftyphei" },
  { name: "HEIC", offset: 4, text: "ftypmif1" },
  { name: "AVIF", offset: 4, text: "ftypavif" },
  { name: "SVG", offset: 0, text: "<svg" },
];

/**
 * Decodes a PNG or JPEG file, whichever the bytes are, to 8 bits a sample.
 *
 * Grey images stay grey and the others become RGB: palettes are looked up,
 * 16-bit samples rounded, transparency blended over white, and photos turned
 * upright where their EXIF data says that the camera was not.
 *
 * @param bytes The file.
 * @param name What to call it in errors, such as its path. Default `"the image"`.
 * @throws {DataError} If the bytes are neither format, truncated or damaged, or if the image has more than 50 million pixels.
 *
 * @example Encode and decode
 * ```ts
 * import { decodeImage, encodePng } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const image = { width: 2, height: 1, channels: 1, pixels: new Uint8Array([0, 255]) } as const;
 * assertEquals(decodeImage(encodePng(image), "tiny.png"), image);
 * ```
 */
export function decodeImage(bytes: Uint8Array, name = "the image"): Image {
  if (isPng(bytes)) return decodePng(bytes, name);
  if (isJpeg(bytes)) return decodeJpeg(bytes, name);
  throw new DataError(
    `Cannot decode ${name}: expected a PNG or JPEG file but found ${
      describe(bytes)
    }`,
  );
}

function describe(bytes: Uint8Array): string {
  if (bytes.length === 0) return "an empty file";
  const start = String.fromCharCode(...bytes.subarray(0, 16));
  const other = OTHER_FORMATS.find(({ offset, text }) =>
    start.startsWith(text, offset)
  );
  if (other) return `a ${other.name} file`;
  const hex = [...bytes.subarray(0, 8)]
    .map((byte) => byte.toString(16).padStart(2, "0"));
  return `a file that starts with the bytes ${hex.join(" ")}`;
}
