// Copyright 2026 the Convlab authors. MIT license.

/**
 * The PNG format.
 *
 * @module
 */

import { convertIndexedToRgb, decode, encode } from "fast-png";
import type { DecodedPng } from "fast-png";
import { DataError } from "./data_error.ts";
import { assertImageSize } from "./image_limit.ts";
import type { Image } from "./image.ts";
import { readPngHeader, storePng } from "./png_chunks.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether `bytes` begin as a PNG file does. */
export function isPng(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}

/**
 * Encodes an image as PNG, 8 bits a sample.
 *
 * @example A grey pixel
 * ```ts
 * import { encodePng } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const png = encodePng({ width: 1, height: 1, channels: 1, pixels: new Uint8Array([7]) });
 * assertEquals(new TextDecoder().decode(png.subarray(1, 4)), "PNG");
 * ```
 */
export function encodePng(image: Image): Uint8Array {
  const { width, height, channels, pixels } = image;
  return encode({ width, height, channels, depth: 8, data: pixels }, {
    zlib: { level: 6 },
  });
}

/**
 * Decodes a PNG file, as {@linkcode decodeImage} describes.
 *
 * Memory is taken for the pixels that the header states, once these are known to
 * be there, and for nothing else in the file.
 *
 * @throws {DataError} If the file is truncated, damaged or too large.
 */
export function decodePng(bytes: Uint8Array, name: string): Image {
  const header = attempt(name, () => readPngHeader(bytes));
  assertImageSize(header.width, header.height, name);
  if (header.depth < 8 && header.isInterlaced) {
    throw new DataError(
      `Cannot decode ${name}: expected an interlaced PNG to have 8 or 16 bits a sample but found ${header.depth}`,
    );
  }
  return attempt(name, () => toImage(decode(storePng(bytes, header))));
}

function attempt<T>(name: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function damaged(name: string, cause: unknown): DataError {
  const reason = cause instanceof Error ? cause.message : cause;
  return new DataError(
    `Cannot decode ${name}: expected a complete PNG file but found a truncated or damaged one (${reason})`,
    { cause },
  );
}

/** Samples as numbers from 0 to `max`, with an alpha channel if there are 2 or 4 channels. */
interface Samples {
  readonly data: ArrayLike<number>;
  readonly channels: number;
  readonly max: number;
}

function toImage(png: DecodedPng): Image {
  const { width, height } = png;
  const { data, channels: stored, max } = samplesOf(png);
  const channels = stored < 3 ? 1 : 3;
  const pixels = new Uint8Array(width * height * channels);
  const isOpaque = stored === channels;
  for (let i = 0, from = 0; i < pixels.length; from += stored) {
    const alpha = isOpaque ? max : data[from + channels]!;
    for (let c = 0; c < channels; c++) {
      const value = (data[from + c]! * alpha + max * (max - alpha)) / max;
      pixels[i++] = Math.round(value * 255 / max);
    }
  }
  return { width, height, channels, pixels };
}

function samplesOf(png: DecodedPng): Samples {
  if (png.palette) {
    const channels = png.palette[0]?.length ?? 3;
    return { data: convertIndexedToRgb(png), channels, max: 255 };
  }
  const data = png.depth < 8 ? unpackBits(png) : png.data;
  const { channels, transparency } = png;
  const max = 2 ** png.depth - 1;
  return transparency
    ? withAlpha(data, channels, max, transparency)
    : { data, channels, max };
}

/** One number a sample, from rows in which a byte holds several. */
function unpackBits({ data, width, height, depth }: DecodedPng): Uint8Array {
  const samples = new Uint8Array(width * height);
  const perByte = 8 / depth;
  const bytesPerRow = Math.ceil(width / perByte);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const byte = data[y * bytesPerRow + Math.floor(x / perByte)]!;
      const shift = 8 - depth * (x % perByte + 1);
      samples[i] = byte >> shift & (1 << depth) - 1;
    }
  }
  return samples;
}

/** Adds an alpha channel that makes one colour transparent. */
function withAlpha(
  data: ArrayLike<number>,
  channels: number,
  max: number,
  color: Uint16Array,
): Samples {
  const pixels = data.length / channels;
  const out = new Uint16Array(pixels * (channels + 1));
  for (let i = 0, to = 0; i < pixels; i++) {
    let isColor = true;
    for (let c = 0; c < channels; c++) {
      const value = data[i * channels + c]!;
      out[to++] = value;
      if (value !== color[c]) isColor = false;
    }
    out[to++] = isColor ? 0 : max;
  }
  return { data: out, channels: channels + 1, max };
}
