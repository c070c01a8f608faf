// Copyright 2026 the Convlab authors. MIT license.

/**
 * Decompresses gzip in small pieces, so that whoever reads can stop before a
 * decompression bomb fills the memory.
 *
 * @module
 */

import { DataError } from "./data_error.ts";

/** Deflate expands by at most 1032 times: this gives pieces of at most 17 MB. */
const PIECE_BYTES = 16 * 1024;

/** Whether `bytes` begin as gzip does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * The bytes that were compressed, piece by piece.
 *
 * @param bytes One gzip member.
 * @param name What the bytes are called in errors.
 * @throws {DataError} If the stream is damaged, truncated, or followed by other bytes.
 */
export async function* gunzip(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = pieces(bytes).pipeThrough(new DecompressionStream("gzip"))
    .getReader();
  try {
    // Not every browser can go through a stream with a loop.
    for (let next; !(next = await reader.read()).done;) yield next.value;
  } catch (cause) {
    throw new DataError(
      `Cannot read ${name}: expected one complete gzip stream but found a damaged or truncated one`,
      { cause },
    );
  } finally {
    // Where it failed it says so once more.
    await reader.cancel().catch(() => {});
  }
}

/** The bytes in pieces, each when it is asked for. */
function pieces(
  bytes: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, at += PIECE_BYTES));
    },
  });
}
