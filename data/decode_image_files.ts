// Copyright 2026 the Convlab authors. MIT license.

/**
 * Decodes image files to squares of one size, on all cores.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import { type DecodeThread, ownThread, workerThread } from "./decode_thread.ts";

/** Options of {@linkcode decodeImageFiles}. */
export interface DecodeImageFilesOptions {
  /** Height and width of the results. */
  readonly imageSize: number;
  /** Whether all images become grey. */
  readonly grayscale: boolean;
  /** Whether the first file that cannot be decoded ends it. */
  readonly strict: boolean;
  /** Called with how many files are done. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Threads; the images do not depend on it. By default one for each core, if there are files for it. */
  readonly threads?: number | undefined;
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

/** Most bytes of pixels that are kept. */
const MAX_BYTES = 2 ** 32;
/** Files that a thread decodes at a time. */
const CHUNK = 16;
/** Files for which another thread is worth its start. */
const FILES_PER_THREAD = 64;
/** A thread may take 800 MB for a large photo. */
const MAX_THREADS = 4;

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
  const { threads = threadsFor(paths.length) } = options;
  const size = (grayscale ? 1 : 3) * imageSize * imageSize;
  checkSize(paths.length, size);
  const bytes = new Uint8Array(paths.length * size);
  const failures = new Array<string | null>(paths.length).fill(null);
  let [next, done, isColored, hasFailed] = [0, 0, false, false];
  const work = async (thread: DecodeThread) => {
    while (next < paths.length && !(strict && hasFailed)) {
      const begin = next;
      const part = paths.slice(begin, next += CHUNK);
      const squares = await thread.decode({
        paths: part,
        imageSize,
        grayscale,
      });
      bytes.set(squares.bytes, begin * size);
      for (const [i, failure] of squares.failures.entries()) {
        failures[begin + i] = failure;
        hasFailed ||= failure !== null;
      }
      isColored ||= squares.isColored;
      onProgress?.(done += part.length, paths.length);
    }
  };
  await Promise.all(Array.from({ length: threads }, async () => {
    using thread = threads > 1 ? workerThread() : ownThread();
    await work(thread);
  }));
  const messages = failures.filter((failure) => failure !== null);
  if (strict && messages[0] !== undefined) throw new DataError(messages[0]);
  const decoded = Int32Array.from(failures.keys())
    .filter((i) => failures[i] === null);
  const kept = isColored || grayscale ? size : size / 3;
  return {
    bytes: compact(bytes, decoded, size, kept),
    channels: grayscale || !isColored ? 1 : 3,
    decoded,
    failures: messages,
  };
}

function threadsFor(files: number): number {
  const cores = Math.min(navigator.hardwareConcurrency, MAX_THREADS);
  return Math.max(1, Math.min(cores, Math.floor(files / FILES_PER_THREAD)));
}

function checkSize(count: number, size: number): void {
  if (count * size <= MAX_BYTES) return;
  throw new DataError(
    `Cannot load images: expected at most 4 GiB of pixels but found ${count} images, each of ${size} bytes; choose a smaller image size`,
  );
}

/** The first `kept` of `size` bytes of the images that could be decoded. */
function compact(
  bytes: Uint8Array<ArrayBuffer>,
  decoded: Int32Array,
  size: number,
  kept: number,
): Uint8Array<ArrayBuffer> {
  if (decoded.length * kept === bytes.length) return bytes;
  const out = new Uint8Array(decoded.length * kept);
  for (const [to, from] of decoded.entries()) {
    out.set(bytes.subarray(from * size, from * size + kept), to * kept);
  }
  return out;
}
