// Copyright 2026 the Convlab authors. MIT license.

/** Damaged files of all formats: read, or refused in one line; never more. */

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { deflateSync } from "node:zlib";
import jpeg from "jpeg-js";
import { decodeCifar10 } from "../../data/cifar10_format.ts";
import { DataError } from "../../data/data_error.ts";
import { decodeImage } from "../../data/decode_image.ts";
import { encodeIdx } from "../../data/encode_idx.ts";
import { decodeIdx } from "../../data/idx.ts";
import { decodeNpy } from "../../data/npy.ts";
import { decodeNpz, encodeNpz } from "../../data/npz.ts";
import { tensor } from "../../numerics/tensor.ts";
import images from "../../fixtures/images/pillow.json" with { type: "json" };
import { decodeBase64 } from "./decode_base64.ts";
import { readsOrComplains } from "./mutate.ts";
import numpy from "./numpy/arrays.json" with { type: "json" };

const gzip = async (bytes: Uint8Array<ArrayBuffer>) =>
  await new Response(
    new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip")),
  ).bytes();

const imageFiles = images.map(({ file }) => decodeBase64(file));
const pngs = imageFiles.filter((bytes) => bytes[0] === 0x89);
const jpegs = imageFiles.filter((bytes) => bytes[0] === 0xff);

describe("damaged files", () => {
  it("IDX, plain and gzipped", async () => {
    const idx = encodeIdx({ shape: [3, 4], data: new Uint8Array(12).fill(7) });
    await readsOrComplains([idx, await gzip(idx)], (b) => decodeIdx(b), 2000);
  });

  it("CIFAR-10 records", async () => {
    const records = new Uint8Array(2 * 3073).fill(3);
    await readsOrComplains([records], (bytes) => decodeCifar10(bytes), 300);
  });

  it(".npy", async () => {
    const files = numpy.files.map(({ file }) => decodeBase64(file));
    await readsOrComplains(files, (bytes) => decodeNpy(bytes), 3000);
  });

  it(".npz", async () => {
    const x = tensor([[1, 2], [3, 4]]);
    const files = [
      ...numpy.archives.map(({ file }) => decodeBase64(file)),
      encodeNpz({ x }),
      encodeNpz({ x, y: x }, { compress: true }),
    ];
    await readsOrComplains(files, (bytes) => decodeNpz(bytes), 2000);
  });

  it("PNG", async () => {
    await readsOrComplains(pngs, (bytes) => decodeImage(bytes), 1500);
  });

  it("PNG, whose checksums are right", async () => {
    const read = (bytes: Uint8Array) => decodeImage(withChecksums(bytes));
    await readsOrComplains(pngs, read, 1500);
  });

  it("JPEG", async () => {
    await readsOrComplains(jpegs, (bytes) => decodeImage(bytes), 400);
  });
});

/** The file with the checksums of all chunks made right. */
function withChecksums(bytes: Uint8Array): Uint8Array {
  const file = bytes.slice();
  const view = new DataView(file.buffer);
  for (let at = 8; at + 12 <= file.length;) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > file.length) break;
    view.setUint32(end, crc32(file.subarray(at + 4, end)));
    at = end + 4;
  }
  return file;
}

/** A chunk of a PNG file, with a right checksum. */
function chunk(type: string, data: Uint8Array): number[] {
  const header = [...type].map((letter) => letter.charCodeAt(0));
  return [
    ...word(data.length),
    ...header,
    ...data,
    ...word(crc32(Uint8Array.of(...header, ...data))),
  ];
}

function word(value: number): number[] {
  return [24, 16, 8, 0].map((shift) => value >>> shift & 255);
}

/** By the definition in the PNG specification, a bit at a time. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) {
      crc = crc & 1 ? crc >>> 1 ^ 0xedb88320 : crc >>> 1;
    }
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A PNG file of one grey pixel, or of another header, with chunks of the test's own. */
function png(
  chunks: readonly number[][],
  header = [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0],
) {
  return Uint8Array.of(
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk("IHDR", Uint8Array.from(header)),
    ...chunks.flat(),
    ...chunk("IEND", new Uint8Array(0)),
  );
}

describe("decodeImage() takes no memory that a file does not justify:", () => {
  const bomb = deflateSync(new Uint8Array(20_000_000));
  const pixel = chunk("IDAT", deflateSync(Uint8Array.of(0, 9)));

  it("reads the file that the others are made of", () => {
    assertEquals(decodeImage(png([pixel])).pixels, Uint8Array.of(9));
  });

  it("pixels beyond those of the header", () => {
    assertThrows(
      () => decodeImage(png([chunk("IDAT", bomb)]), "a.png"),
      DataError,
      "Cannot decode a.png: expected a complete PNG file but found a truncated or damaged one (",
    );
  });

  it("compressed profiles and texts, which are passed over", () => {
    const zeros = (name: string) =>
      Uint8Array.of(...[...name].map((c) => c.charCodeAt(0)), 0, 0, ...bomb);
    for (const type of ["iCCP", "zTXt"]) {
      const file = png([chunk(type, zeros("x")), pixel]);
      assertEquals(decodeImage(file).pixels, Uint8Array.of(9));
    }
  });

  it("a header, a palette or pixels that are missing, or a second header", () => {
    const size = [0, 0, 0, 1, 0, 0, 0, 1];
    const large = [0, 0, 0x10, 0, 0, 0, 0x10, 0, 8, 0, 0, 0, 0];
    for (
      const file of [
        png([pixel], [...size, 8, 3, 0, 0, 0]),
        png([pixel], [...size, 4, 2, 0, 0, 0]),
        png([pixel], [...size, 8, 0, 1, 0, 0]),
        png([pixel], large),
        png([]),
        png([chunk("IHDR", Uint8Array.from(large)), pixel]),
      ]
    ) {
      assertThrows(() => decodeImage(file), DataError, "truncated or damaged");
    }
  });

  it("JPEG files too short for the size that they state", () => {
    const data = new Uint8Array(4 * 64);
    const small = new Uint8Array(
      jpeg.encode({ width: 8, height: 8, data }).data,
    );
    const frame = small.findIndex((byte, i) =>
      byte === 0xff && small[i + 1] === 0xc0
    );
    const huge = small.slice();
    new DataView(huge.buffer).setUint32(frame + 5, 7000 << 16 | 7000);
    assertThrows(
      () => decodeImage(huge, "a.jpg"),
      DataError,
      "Cannot decode a.jpg: expected a complete JPEG file but found a truncated or damaged one (fewer bytes than its size needs)",
    );
    const scans = Uint8Array.of(
      ...small,
      ...Array.from({ length: 202 }, () => [0xff, 0xda]).flat(),
    );
    assertThrows(() => decodeImage(scans), DataError, "more than 200 scans");
  });
});
