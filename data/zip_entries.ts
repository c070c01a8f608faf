// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads zip archives that are in memory, without trusting what they say: sizes
 * are checked against the bytes that are there before memory is taken, and
 * contents against their checksums.
 *
 * Source of the format: PKWARE's APPNOTE.TXT, 4.3 and 4.5.
 *
 * @module
 */

import { nodeZlib } from "./node_builtins.ts";
import { invalid } from "./npy_header.ts";

/** A file in an archive. */
export interface ZipEntry {
  /** Its name. */
  readonly name: string;
  /** Its size once it is unpacked, as the archive says. */
  readonly size: number;
  /** The bytes as they are stored. */
  readonly stored: Uint8Array<ArrayBuffer>;
  /** Whether they are compressed. */
  readonly isDeflated: boolean;
  /** Checksum of what is unpacked. */
  readonly crc: number;
}

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_BYTES = 22;
const END64 = 0x06064b50;
const END64_LOCATOR = 0x07064b50;
/** Deflate makes of a byte at most so many. */
const MAX_EXPANSION = 1032;

/**
 * Lists the files of an archive.
 *
 * @throws {SyntaxError} If it is damaged, encrypted, compressed in another way than by deflate, or names a file twice.
 */
export function listZip(
  bytes: Uint8Array<ArrayBuffer>,
  name: string,
): ZipEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const { at, count } = findDirectory(view);
    const entries = readDirectory(view, bytes, at, count, name);
    const names = new Set(entries.map((entry) => entry.name));
    const stored = entries.reduce((sum, entry) => sum + entry.stored.length, 0);
    if (names.size === entries.length && stored <= bytes.length) return entries;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // Else an offset beyond the end.
  }
  throw invalid(name, "a complete zip archive", "a damaged or truncated one");
}

function findDirectory(view: DataView): { at: number; count: number } {
  // The end may be followed by a comment of up to 65,535 bytes.
  const last = view.byteLength - END_BYTES;
  for (let end = last; end >= Math.max(0, last - 0xffff); end--) {
    if (view.getUint32(end, true) !== END) continue;
    const count = view.getUint16(end + 10, true);
    const at = view.getUint32(end + 16, true);
    if (count !== 0xffff && at !== 0xffffffff) return { at, count };
    if (end < 20 || view.getUint32(end - 20, true) !== END64_LOCATOR) break;
    const end64 = Number(view.getBigUint64(end - 12, true));
    if (view.getUint32(end64, true) !== END64) break;
    return {
      at: Number(view.getBigUint64(end64 + 48, true)),
      count: Number(view.getBigUint64(end64 + 32, true)),
    };
  }
  throw new RangeError("no directory");
}

function readDirectory(
  view: DataView,
  bytes: Uint8Array<ArrayBuffer>,
  start: number,
  count: number,
  archive: string,
): ZipEntry[] {
  const entries: ZipEntry[] = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    if (view.getUint32(at, true) !== CENTRAL) throw new RangeError("no entry");
    const [nameLength, extraLength, commentLength] = [28, 30, 32]
      .map((offset) => view.getUint16(at + offset, true)) as [
        number,
        number,
        number,
      ];
    const nameEnd = at + 46 + nameLength;
    const name = new TextDecoder().decode(bytes.subarray(at + 46, nameEnd));
    const method = view.getUint16(at + 10, true);
    if (
      (view.getUint16(at + 8, true) & 1) !== 0 || (method !== 0 && method !== 8)
    ) {
      throw invalid(
        archive,
        "files that are stored or deflated",
        `${name} encrypted or compressed by method ${method}`,
      );
    }
    const [size, storedSize, offset] = longFields(
      view,
      at,
      nameEnd,
      nameEnd + extraLength,
    );
    const stored = storedBytes(view, bytes, offset, storedSize);
    const crc = view.getUint32(at + 16, true);
    entries.push({ name, size, stored, isDeflated: method === 8, crc });
    at = nameEnd + extraLength + commentLength;
  }
  return entries;
}

/** Size, stored size and offset, of 32 bits each or, where these are all ones, of 64 bits in the extra field. */
function longFields(
  view: DataView,
  at: number,
  extra: number,
  extraEnd: number,
): [size: number, storedSize: number, offset: number] {
  const fields = [24, 20, 42].map((offset) =>
    view.getUint32(at + offset, true)
  );
  let from = extra;
  while (from + 4 <= extraEnd && view.getUint16(from, true) !== 1) {
    from += 4 + view.getUint16(from + 2, true);
  }
  from += 4;
  return fields.map((field) => {
    if (field !== 0xffffffff) return field;
    from += 8;
    if (from > extraEnd) throw new RangeError("no 64-bit field");
    return Number(view.getBigUint64(from - 8, true));
  }) as [number, number, number];
}

function storedBytes(
  view: DataView,
  bytes: Uint8Array<ArrayBuffer>,
  offset: number,
  size: number,
): Uint8Array<ArrayBuffer> {
  if (view.getUint32(offset, true) !== LOCAL) throw new RangeError("no file");
  const start = offset + 30 + view.getUint16(offset + 26, true) +
    view.getUint16(offset + 28, true);
  if (start + size > bytes.length) throw new RangeError("cut off");
  return bytes.subarray(start, start + size);
}

/**
 * The first bytes of a file, at most 64 KiB of them, or fewer if they do not
 * unpack: enough to see what it is before memory is taken for all of it.
 */
export function peekZipEntry(entry: ZipEntry): Uint8Array<ArrayBuffer> {
  const { stored, isDeflated } = entry;
  if (!isDeflated) return stored.subarray(0, 2 ** 16);
  const { inflateRawSync } = nodeZlib();
  try {
    return toBytes(inflateRawSync(stored.subarray(0, 2 ** 16 / 4), {
      finishFlush: 2, // Z_SYNC_FLUSH: the end may be missing.
      maxOutputLength: 2 ** 16 / 4 * MAX_EXPANSION,
    }));
  } catch {
    return new Uint8Array(0);
  }
}

/**
 * Unpacks a file.
 *
 * @throws {SyntaxError} If it is damaged or not of the size that the archive says.
 */
export function unpackZipEntry(
  entry: ZipEntry,
  archive: string,
): Uint8Array<ArrayBuffer> {
  const { name, size, stored, isDeflated, crc } = entry;
  const bytes = isDeflated ? inflate(stored, size) : stored;
  if (bytes?.length !== size || nodeZlib().crc32(bytes) !== crc) {
    throw invalid(archive, `${size} intact bytes of ${name}`, "damaged ones");
  }
  return bytes;
}

function inflate(
  stored: Uint8Array,
  size: number,
): Uint8Array<ArrayBuffer> | undefined {
  if (size > stored.length * MAX_EXPANSION) return undefined;
  if (size === 0) return new Uint8Array(0);
  const { inflateRawSync } = nodeZlib();
  try {
    return toBytes(inflateRawSync(stored, { maxOutputLength: size }));
  } catch {
    return undefined;
  }
}

function toBytes(buffer: Uint8Array<ArrayBufferLike>): Uint8Array<ArrayBuffer> {
  const { buffer: memory, byteOffset, byteLength } = buffer;
  return new Uint8Array(memory as ArrayBuffer, byteOffset, byteLength);
}
