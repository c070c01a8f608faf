// Copyright 2026 the Convlab authors. MIT license.

/**
 * The chunks of a PNG file, looked at before any memory is taken for pixels.
 *
 * Source of the format: {@link https://www.w3.org/TR/png-3/}.
 *
 * @module
 */

import { nodeZlib } from "./node_builtins.ts";

/** What the header chunk says. */
export interface PngHeader {
  /** Pixels in a row. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Bits of a sample. */
  readonly depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha. */
  readonly colorType: number;
  /** Whether the pixels come in the seven passes of Adam7. */
  readonly isInterlaced: boolean;
}

interface Chunk {
  readonly type: string;
  /** The chunk's contents. */
  readonly data: Uint8Array;
  /** The whole chunk, with its length, type and checksum. */
  readonly bytes: Uint8Array;
}

const SIGNATURE_BYTES = 8;
/** Chunks that pixels depend on. */
const NEEDED = ["IHDR", "PLTE", "tRNS", "IDAT", "IEND"];
/** Samples of a pixel, and bits that a sample may have, by colour type. */
const COLOR_TYPES: Readonly<
  Record<number, { samples: number; depths: number[] }>
> = {
  0: { samples: 1, depths: [1, 2, 4, 8, 16] },
  2: { samples: 3, depths: [8, 16] },
  3: { samples: 1, depths: [1, 2, 4, 8] },
  4: { samples: 2, depths: [8, 16] },
  6: { samples: 4, depths: [8, 16] },
};
/** First column and row, and steps, of the passes of Adam7. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;
/** What may follow the pixels in their stream, as decoders let it. */
const SLACK = 2 ** 16;

/**
 * Reads the header chunk.
 *
 * @throws {Error} If it is not there or describes no image.
 */
export function readPngHeader(bytes: Uint8Array): PngHeader {
  const [first] = chunksOf(bytes);
  if (first?.type !== "IHDR" || first.data.length !== 13) {
    throw new Error("no header");
  }
  const { buffer, byteOffset } = first.data;
  const view = new DataView(buffer, byteOffset, 13);
  const [depth, colorType, compression, filter, interlace] = first.data
    .subarray(8) as unknown as [number, number, number, number, number];
  const known = COLOR_TYPES[colorType]?.depths.includes(depth) ?? false;
  if (!known || compression !== 0 || filter !== 0 || interlace > 1) {
    throw new Error("a header that describes no image");
  }
  return {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    colorType,
    isInterlaced: interlace === 1,
  };
}

/**
 * The same image with its pixels stored, not compressed, and without the chunks
 * that pixels do not depend on, which may be compressed as well.
 *
 * Pixels are decompressed no further than the header justifies, and checksums of
 * the chunks that are kept are checked.
 *
 * @throws {Error} If the file is damaged or truncated.
 */
export function storePng(
  bytes: Uint8Array,
  header: PngHeader,
): Uint8Array<ArrayBuffer> {
  const { crc32, deflateSync } = nodeZlib();
  const chunks = [...chunksOf(bytes)].filter(({ type }) =>
    NEEDED.includes(type)
  );
  for (const { type, bytes } of chunks) {
    const stated = viewOf(bytes).getUint32(bytes.length - 4);
    if (crc32(bytes.subarray(4, -4)) !== stated) {
      throw new Error(`a wrong checksum of the chunk ${type}`);
    }
  }
  const count = (wanted: string) =>
    chunks.filter(({ type }) => type === wanted).length;
  if (count("IHDR") !== 1 || count("IEND") !== 1) throw new Error("no end");
  if (header.colorType === 3 && count("PLTE") !== 1) {
    throw new Error("no palette");
  }
  const pixels = chunks.filter(({ type }) => type === "IDAT");
  const stored = deflateSync(
    inflate(concatenate(pixels.map(({ data }) => data)), header),
    { level: 0 },
  );
  const [end] = chunks.slice(-1) as [Chunk];
  return concatenate([
    bytes.subarray(0, SIGNATURE_BYTES),
    ...chunks.filter(({ type }) => type !== "IDAT" && type !== "IEND")
      .map(({ bytes }) => bytes),
    chunkOf("IDAT", stored),
    end.bytes,
  ]);
}

function* chunksOf(bytes: Uint8Array): Generator<Chunk> {
  const view = viewOf(bytes);
  let at = SIGNATURE_BYTES;
  while (at + 12 <= bytes.length) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > bytes.length) break;
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    yield {
      type,
      data: bytes.subarray(at + 8, end - 4),
      bytes: bytes.subarray(at, end),
    };
    if (type === "IEND") return;
    at = end;
  }
}

/** The rows of the image, each with its filter, and nothing after them. */
function inflate(compressed: Uint8Array, header: PngHeader): Uint8Array {
  const expected = bytesOfRows(header);
  const rows = nodeZlib().inflateSync(compressed, {
    maxOutputLength: expected + SLACK,
  });
  if (rows.length < expected) throw new Error("too few pixels");
  return rows.subarray(0, expected);
}

function bytesOfRows(
  { width, height, depth, colorType, isInterlaced }: PngHeader,
): number {
  const bits = depth * (COLOR_TYPES[colorType]?.samples ?? 0);
  const passes = isInterlaced ? ADAM7 : [[0, 0, 1, 1]] as const;
  return passes.reduce((sum, [x, y, dx, dy]) => {
    const columns = Math.ceil((width - x) / dx);
    const rows = Math.ceil((height - y) / dy);
    return columns > 0 && rows > 0
      ? sum + rows * (1 + Math.ceil(columns * bits / 8))
      : sum;
  }, 0);
}

/** A chunk without its checksum, which nobody looks at again. */
function chunkOf(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length);
  viewOf(bytes).setUint32(0, data.length);
  for (let i = 0; i < 4; i++) bytes[4 + i] = type.charCodeAt(i);
  bytes.set(data, 8);
  return bytes;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((n, { length }) => n + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
