// Copyright 2026 the Convlab authors. MIT license.

/**
 * Decodes image files to squares of one size.
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

/** Options of {@linkcode decodeImageFiles}. */
export interface DecodeImageFilesOptions {
  /** Height and width of the results. */
  readonly imageSize: number;
  /** Whether all images become grey. */
  readonly grayscale: boolean;
  /** Whether the first file that cannot be decoded ends it. */
  readonly strict: boolean;
  /** Called after each file. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What {@linkcode decodeImageFiles} returns. */
export interface DecodedImages {
  /** Pixels of the images, each in the order channel, row, column. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** 1 if all images are grey, and otherwise 3. */
  readonly channels: 1 | 3;
  /** Which files could be decoded, in order. */
  readonly decoded: Int32Array;
  /** For each of the others, one line that names it. */
  readonly failures: readonly string[];
}

/** Largest image file that is read. */
const MAX_FILE_BYTES = 2 ** 28;
/** Most bytes of pixels that are kept. */
const MAX_BYTES = 2 ** 32;

/**
 * Decodes files, crops them to their largest centred square and resizes them
 * by area averaging.
 *
 * @throws {DataError} If `strict` is set and a file cannot be decoded, or if the results would take more than 4 GiB.
 */
export async function decodeImageFiles(
  paths: readonly string[],
  options: DecodeImageFilesOptions,
): Promise<DecodedImages> {
  const { imageSize, grayscale, strict, onProgress } = options;
  const area = imageSize * imageSize;
  const channels = grayscale ? 1 : 3;
  if (paths.length * channels * area > MAX_BYTES) {
    throw new DataError(
      `Cannot load images: expected at most 4 GiB of pixels but found ${paths.length} images, each of ${
        channels * area
      } bytes; choose a smaller image size`,
    );
  }
  const bytes = new Uint8Array(paths.length * channels * area);
  const decoded: number[] = [];
  const failures: string[] = [];
  let isColored = false;
  for (const [i, path] of paths.entries()) {
    try {
      const image = readSquare(path, imageSize);
      const converted = grayscale ? toGrayscale(image) : image;
      isColored ||= converted.channels === 3;
      writePlanes(converted, bytes, decoded.length * channels * area, channels);
      decoded.push(i);
    } catch (error) {
      if (strict || !(error instanceof DataError)) throw error;
      failures.push(error.message);
    }
    onProgress?.(i + 1, paths.length);
    if (i % 16 === 15) await breathe();
  }
  const used = decoded.length * channels * area;
  return {
    ...isColored || channels === 1
      ? { bytes: bytes.slice(0, used), channels }
      : { bytes: firstPlanes(bytes, decoded.length, area), channels: 1 },
    decoded: Int32Array.from(decoded),
    failures,
  };
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

function firstPlanes(bytes: Uint8Array, count: number, area: number) {
  const out = new Uint8Array(count * area);
  for (let i = 0; i < count; i++) {
    out.set(bytes.subarray(3 * i * area, (3 * i + 1) * area), i * area);
  }
  return out;
}

/** Lets other work have its turn, such as a handler of Ctrl-C. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
