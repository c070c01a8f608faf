// Copyright 2026 the Convlab authors. MIT license.

/**
 * Decodes a few image files to squares of one size: what a thread does at a
 * time.
 *
 * @module
 */

import { cropToSquare } from "./crop_to_square.ts";
import { DataError } from "./data_error.ts";
import { decodeImage } from "./decode_image.ts";
import { readDataFile } from "./files.ts";
import type { Image } from "./image.ts";
import { resizeImage } from "./resize_image.ts";
import { toGrayscale } from "./to_grayscale.ts";

/** What is to be decoded, and how. */
export interface SquaresRequest {
  /** The files. */
  readonly paths: readonly string[];
  /** Height and width of the results. */
  readonly imageSize: number;
  /** Whether all images become grey, of one channel instead of three. */
  readonly grayscale: boolean;
}

/** What {@linkcode decodeSquares} returns. */
export interface Squares {
  /** Pixels of all files, in the order channel, row, column; zeros where one cannot be decoded. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** For each file why it cannot be decoded, or `null`. */
  readonly failures: readonly (string | null)[];
  /** Whether an image is in colour. */
  readonly isColored: boolean;
}

/** Largest image file that is read. */
const MAX_FILE_BYTES = 2 ** 28;

/** Decodes files, crops them to their largest centred square, and averages areas. */
export function decodeSquares(request: SquaresRequest): Squares {
  const { paths, imageSize, grayscale } = request;
  const channels = grayscale ? 1 : 3;
  const size = channels * imageSize * imageSize;
  const bytes = new Uint8Array(paths.length * size);
  let isColored = false;
  const failures = paths.map((path, i) => {
    try {
      const image = readSquare(path, imageSize);
      const converted = grayscale ? toGrayscale(image) : image;
      isColored ||= converted.channels === 3;
      writePlanes(converted, bytes, i * size, channels);
      return null;
    } catch (error) {
      if (error instanceof DataError) return error.message;
      throw error;
    }
  });
  return { bytes, failures, isColored };
}

function readSquare(path: string, size: number): Image {
  const file = readDataFile(path, { minBytes: 0, maxBytes: MAX_FILE_BYTES });
  const square = cropToSquare(decodeImage(file, path));
  return resizeImage(square, size, size, { filter: "area" });
}

/** Writes planes of an image, the same one three times if it is grey and three are asked for. */
function writePlanes(
  image: Image,
  out: Uint8Array,
  at: number,
  channels: number,
): void {
  const { pixels, channels: stored } = image;
  const area = image.width * image.height;
  for (let c = 0; c < channels; c++) {
    const from = stored === 1 ? 0 : c;
    const to = at + c * area;
    for (let i = 0; i < area; i++) out[to + i] = pixels[from + i * stored]!;
  }
}
