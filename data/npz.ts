// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads and writes NumPy's `.npz` files: zip archives of `.npy` files.
 *
 * @module
 */

import { type Zippable, zipSync } from "fflate";
import { encodeNpy } from "./encode_npy.ts";
import { decodeNpy, type NpyArray } from "./npy.ts";
import { decodeNpyHeader, invalid } from "./npy_header.ts";
import {
  listZip,
  peekZipEntry,
  unpackZipEntry,
  type ZipEntry,
} from "./zip_entries.ts";

/** Options of {@linkcode decodeNpz}. */
export interface DecodeNpzOptions {
  /** What the bytes are called in errors. @default {"NumPy archive"} */
  readonly name?: string | undefined;
  /** Most bytes that all arrays together may have. @default {4294967296} */
  readonly maxBytes?: number | undefined;
}

/** Options of {@linkcode encodeNpz}. */
export interface EncodeNpzOptions {
  /** Whether the arrays are compressed, as `numpy.savez_compressed` does. @default {false} */
  readonly compress?: boolean | undefined;
}

const DEFAULT_MAX_BYTES = 2 ** 32;
const ENDING = ".npy";
/** One time for all files, so that the same arrays give the same bytes. */
const TIME = new Date(1980, 0, 1);

/**
 * Reads all arrays from the bytes of a `.npz` file, by their names, as
 * {@linkcode decodeNpy} reads each.
 *
 * Checksums are checked. No memory is taken for an array whose size in the
 * archive is not the one that its own shape needs, is more than the compressed
 * bytes could give, or exceeds `maxBytes` with the others.
 *
 * @throws {SyntaxError} If the bytes are no such file or damaged, or one of the arrays cannot be read.
 *
 * @example There and back
 * ```ts
 * import { decodeNpz, encodeNpz, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const arrays = decodeNpz(encodeNpz({ W: tensor([[1, 2]]), b: tensor([3]) }));
 * assertEquals(Object.keys(arrays), ["W", "b"]);
 * assertEquals(arrays.W?.shape, [1, 2]);
 * assertEquals(arrays.b?.data, Float64Array.of(3));
 * ```
 */
export function decodeNpz(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeNpzOptions = {},
): Record<string, NpyArray> {
  const { name = "NumPy archive", maxBytes = DEFAULT_MAX_BYTES } = options;
  const entries = listZip(bytes, name).filter((entry) =>
    entry.name.endsWith(ENDING)
  );
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > maxBytes) {
    throw invalid(name, `at most ${maxBytes} bytes of arrays`, `${total}`);
  }
  return Object.fromEntries(entries.map((entry) => {
    const array = `${entry.name} in ${name}`;
    checkSize(entry, array);
    return [
      entry.name.slice(0, -ENDING.length),
      decodeNpy(unpackZipEntry(entry, name), { name: array }),
    ];
  }));
}

/** Compares the size that the archive says with that of the array's own header. */
function checkSize(entry: ZipEntry, name: string): void {
  const peeked = peekZipEntry(entry);
  let header;
  try {
    header = decodeNpyHeader(peeked, name);
  } catch (error) {
    // A header that did not come whole is complained of when all of it is read.
    if (entry.size > 2 ** 20) throw error;
    return;
  }
  const { dataStart, elements, itemBytes } = header;
  const expected = dataStart + elements * itemBytes;
  if (entry.size === expected) return;
  throw invalid(name, `${expected} bytes`, `${entry.size}`);
}

/**
 * Writes arrays, such as tensors, as the bytes of a `.npz` file, in their
 * order. The same arrays give the same bytes.
 *
 * @param arrays The arrays by name.
 * @throws {RangeError} If a shape does not hold its elements, or the file would have more than 4 GB.
 *
 * @example Compress labels
 * ```ts
 * import { encodeNpz } from "@convlab/convlab";
 * import { assertLess } from "@std/assert";
 *
 * const labels = { shape: [1000], dtype: "uint8", data: new Uint8Array(1000) } as const;
 * const plain = encodeNpz({ labels });
 * assertLess(encodeNpz({ labels }, { compress: true }).length, plain.length / 2);
 * ```
 */
export function encodeNpz(
  arrays: Readonly<Record<string, NpyArray>>,
  options: EncodeNpzOptions = {},
): Uint8Array<ArrayBuffer> {
  const { compress = false } = options;
  const files = Object.entries(arrays).map((
    [name, array],
  ) => [`${name}${ENDING}`, encodeNpy(array)] as const);
  const total = files.reduce((sum, [, { length }]) => sum + length, 0);
  if (total > DEFAULT_MAX_BYTES - 2 ** 20) {
    throw new RangeError(
      `Cannot encode arrays: expected less than 4 GB but found ${total} bytes`,
    );
  }
  const zippable: Zippable = Object.fromEntries(files);
  return zipSync(zippable, { level: compress ? 6 : 0, mtime: TIME });
}
