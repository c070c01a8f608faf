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

/** Bits that the shortest code of a block of 8 x 8 samples has, in its first scan. */
const MIN_BLOCK_BITS = 1;
/** Progressive files have about ten; more only take time. */
const MAX_SCANS = 200;

/** What the segments before the pixels say. */
interface Header {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  /** Bits of a sample. */
  readonly bits: number;
  /** Blocks of 8 x 8 samples, of all channels. */
  readonly blocks: number;
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
  // Each block has a code: what is too short for its size is cut off.
  if (header.blocks * MIN_BLOCK_BITS > bytes.length * 8) {
    throw damaged(name, "fewer bytes than its size needs");
  }
  if (countScans(bytes) > MAX_SCANS) {
    throw damaged(name, `more than ${MAX_SCANS} scans`);
  }
  try {
    const { width, height, data } = decode(bytes, {
      useTArray: true,
      formatAsRGBA: false,
      tolerantDecoding: false,
      maxResolutionInMP: MAX_PIXELS / 1e6,
      maxMemoryUsageInMB: memoryFor(header),
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

/** What the decoder counts for such an image, in MB: a file may hold a second one. */
function memoryFor({ width, height, blocks }: Header): number {
  return Math.ceil((blocks * 64 * 5 + width * height * 8) / 2 ** 20) + 8;
}

function countScans(bytes: Uint8Array): number {
  let scans = 0;
  for (
    let at = bytes.indexOf(0xff);
    at !== -1;
    at = bytes.indexOf(0xff, at + 1)
  ) {
    if (bytes[at + 1] === 0xda) scans++;
  }
  return scans;
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
      const channels = view.getUint8(at + 9);
      const end = at + 10 + 3 * channels;
      if (end > bytes.length) return undefined;
      const height = view.getUint16(at + 5);
      const width = view.getUint16(at + 7);
      return {
        ...{ height, width, channels, orientation },
        bits: view.getUint8(at + 4),
        blocks: countBlocks(width, height, bytes.subarray(at + 10, end)),
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

/**
 * Blocks that an image is coded in.
 *
 * @param components Three bytes for each channel; the second has the sampling factors.
 */
function countBlocks(
  width: number,
  height: number,
  components: Uint8Array,
): number {
  const factors = Array.from({ length: components.length / 3 }, (_, i) => {
    const byte = components[3 * i + 1]!;
    return { h: byte >> 4, v: byte & 15 };
  });
  const maxH = factors.reduce((most, { h }) => Math.max(most, h), 1);
  const maxV = factors.reduce((most, { v }) => Math.max(most, v), 1);
  const units = Math.ceil(width / (8 * maxH)) * Math.ceil(height / (8 * maxV));
  return factors.reduce((sum, { h, v }) => sum + units * h * v, 0);
}

/** SOF0 to SOF15, but for the three markers among them that mean something else. */
function isFrame(marker: number): boolean {
  return marker >= 0xffc0 && marker <= 0xffcf &&
    ![0xffc4, 0xffc8, 0xffcc].includes(marker);
}
