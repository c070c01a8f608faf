// Copyright 2026 the Convlab authors. MIT license.

/**
 * The JPEG format.
 *
 * @module
 */

import { decode } from "jpeg-js";
import { DataError } from "./data_error.ts";
import { exifOrientation, orientImage } from "./exif_orientation.ts";
import { assertImageSize, MAX_PIXELS } from "./image_limit.ts";
import type { Image } from "./image.ts";

/** More than an image of {@linkcode MAX_PIXELS} takes, 3 samples a pixel at 4 bytes or more. */
const MAX_MEMORY_MB = 2048;

/** What the segments before the pixels say. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** EXIF orientation, 1 to 8; 1 is upright. */
  readonly orientation: number;
}

/** Whether `bytes` begin as a JPEG file does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/**
 * Decodes a JPEG file, as {@linkcode decodeImage} describes.
 *
 * @throws {DataError} If the file is truncated, damaged or too large.
 */
export function decodeJpeg(bytes: Uint8Array, name: string): Image {
  const header = readHeader(bytes);
  if (!header) throw damaged(name, "no frame header");
  assertImageSize(header.width, header.height, name);
  if (header.bits !== 8) {
    throw new DataError(
      `Cannot decode ${name}: expected 8 bits a sample but found ${header.bits}`,
    );
  }
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MAX_PIXELS / 1e6,
      maxMemoryUsageInMB: MAX_MEMORY_MB,
    });
    const isGrey = header.channels === 1;
    const channels = isGrey ? 1 : 3;
    const pixels = isGrey ? data.filter((_, i) => i % 3 === 0) : data;
    return orientImage(
      { width, height, channels, pixels },
      header.orientation,
    );
  } catch (cause) {
    throw damaged(name, cause);
  }
}

function damaged(name: string, cause: unknown): DataError {
  const reason = cause instanceof Error ? cause.message : cause;
  return new DataError(
    `Cannot decode ${name}: expected a complete JPEG file but found a truncated or damaged one (${reason})`,
    { cause },
  );
}

/** Reads segments (marker, length, contents) up to the one that gives the size. */
function readHeader(bytes: Uint8Array): Header | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let orientation = 1;
  let at = 2;
  while (at + 10 <= bytes.length) {
    const marker = view.getUint16(at);
    if (marker === 0xffff) { // Padding before a marker.
      at++;
      continue;
    }
    if (marker < 0xffc0) return undefined;
    if (isFrame(marker)) {
      return {
        height: view.getUint16(at + 5),
        width: view.getUint16(at + 7),
        channels: view.getUint8(at + 9),
        bits: view.getUint8(at + 4),
        orientation,
      };
    }
    const length = view.getUint16(at + 2);
    if (marker === 0xffe1) {
      orientation = exifOrientation(bytes.subarray(at + 4, at + 2 + length)) ??
        orientation;
    }
    at += 2 + length;
  }
  return undefined;
}

/** SOF0 to SOF15, but for the three markers among them that mean something else. */
function isFrame(marker: number): boolean {
  return marker >= 0xffc0 && marker <= 0xffcf &&
    ![0xffc4, 0xffc8, 0xffcc].includes(marker);
}
