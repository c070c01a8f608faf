// Copyright 2026 the Convlab authors. MIT license.

/**
 * The IDX format of MNIST and Fashion-MNIST, plain or gzipped, for arrays of
 * unsigned bytes: two zero bytes, the element type 0x08, the number of
 * dimensions, each dimension as a big-endian 32-bit integer, then the elements
 * in C order.
 *
 * Source of the format: {@link http://yann.lecun.com/exdb/mnist/}.
 *
 * @module
 */

import { DataError } from "./data_error.ts";
import { readDataFile } from "./files.ts";
import { formatShape } from "../numerics/tensor.ts";
import { gunzip, isGzip } from "./gunzip.ts";

/** An array of unsigned bytes of any number of dimensions. */
export interface IdxArray {
  /** Length of each dimension, outermost first. */
  readonly shape: readonly number[];
  /** The elements, in C order. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/** Options of {@linkcode decodeIdx}. */
export interface DecodeIdxOptions {
  /** What the bytes are called in errors. @default {"IDX data"} */
  readonly name?: string | undefined;
  /** Most elements that are accepted. @default {1073741824} */
  readonly maxElements?: number | undefined;
}

const UNSIGNED_BYTE = 0x08;
const DEFAULT_MAX_ELEMENTS = 2 ** 30;

/**
 * Reads an array from bytes in the IDX format, plain or gzipped.
 *
 * The header alone decides whether the rest is looked at, and memory grows with
 * the bytes that are there, not with those that the header announces. The
 * elements of a plain array share the memory of `bytes`.
 *
 * @throws {DataError} If the bytes are no IDX array of unsigned bytes, are truncated, go on after the last element, or hold more than `maxElements`.
 *
 * @example There and back
 * ```ts
 * import { decodeIdx, encodeIdx } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const array = { shape: [2, 3], data: Uint8Array.of(1, 2, 3, 4, 5, 6) };
 * assertEquals(await decodeIdx(encodeIdx(array)), array);
 * ```
 */
export async function decodeIdx(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeIdxOptions = {},
): Promise<IdxArray> {
  const { name = "IDX data", maxElements = DEFAULT_MAX_ELEMENTS } = options;
  let buffer = new Uint8Array(0);
  let length = 0;
  let header: Header | undefined;
  for await (const chunk of isGzip(bytes) ? gunzip(bytes, name) : [bytes]) {
    buffer = append(buffer, length, chunk, header?.totalBytes);
    length += chunk.length;
    header ??= decodeHeader(buffer.subarray(0, length), name, maxElements);
    if (header && length > header.totalBytes) {
      throw wrongLength(name, header, `at least ${length}`);
    }
  }
  if (header === undefined) {
    throw new DataError(
      `Cannot read ${name}: expected an IDX header but found only ${length} bytes`,
    );
  }
  if (length < header.totalBytes) throw wrongLength(name, header, `${length}`);
  return { shape: header.shape, data: buffer.subarray(header.bytes, length) };
}

/**
 * Reads the IDX file at `path`, plain or gzipped.
 *
 * @throws {DataError} If the file cannot be read, or as {@linkcode decodeIdx}.
 */
export async function readIdx(
  path: string,
  options: Omit<DecodeIdxOptions, "name"> = {},
): Promise<IdxArray> {
  const { maxElements = DEFAULT_MAX_ELEMENTS } = options;
  // What gzip cannot shrink it stores, with 5 bytes for every 16 KB at most.
  const maxBytes = Math.ceil(maxElements * 1.001) + 4096;
  const bytes = readDataFile(path, { minBytes: 0, maxBytes });
  return await decodeIdx(bytes, { name: path, maxElements });
}

interface Header {
  readonly shape: readonly number[];
  /** Size of the header itself. */
  readonly bytes: number;
  /** Size of the header and the elements. */
  readonly totalBytes: number;
}

/** The header at the beginning of `bytes`, or `undefined` if more are needed. */
function decodeHeader(
  bytes: Uint8Array,
  name: string,
  maxElements: number,
): Header | undefined {
  if (bytes.length < 4) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const magic = view.getUint32(0);
  const rank = magic & 0xff;
  if (magic >>> 8 !== UNSIGNED_BYTE || rank === 0) {
    throw new DataError(
      `Cannot read ${name}: expected it to begin with 0x000008 and the number of dimensions but found 0x${
        magic.toString(16).padStart(8, "0")
      }`,
    );
  }
  const headerBytes = 4 + 4 * rank;
  if (bytes.length < headerBytes) return undefined;
  const shape = Array.from(
    { length: rank },
    (_, i) => view.getUint32(4 + 4 * i),
  );
  const elements = shape.reduce((n, d) => n * d, 1);
  if (elements > maxElements) {
    throw new DataError(
      `Cannot read ${name}: expected at most ${maxElements} elements but found shape ${
        formatShape(shape)
      }`,
    );
  }
  return { shape, bytes: headerBytes, totalBytes: headerBytes + elements };
}

/**
 * `buffer` with `chunk` written at `length`. It is grown to twice what is needed,
 * but not past `limit`; the first chunk is taken as it is.
 */
function append(
  buffer: Uint8Array<ArrayBuffer>,
  length: number,
  chunk: Uint8Array<ArrayBuffer>,
  limit = Infinity,
): Uint8Array<ArrayBuffer> {
  if (length === 0) return chunk;
  const needed = length + chunk.length;
  let grown = buffer;
  if (needed > buffer.length) {
    grown = new Uint8Array(Math.max(needed, Math.min(2 * needed, limit)));
    grown.set(buffer.subarray(0, length));
  }
  grown.set(chunk, length);
  return grown;
}

function wrongLength(name: string, header: Header, found: string): DataError {
  return new DataError(
    `Cannot read ${name}: expected ${header.totalBytes} bytes for shape ${
      formatShape(header.shape)
    } but found ${found}`,
  );
}
