// Copyright 2026 the Convlab authors. MIT license.

/** Image files of every kind, against what Pillow reads from them. */

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { encode } from "fast-png";
import { DataError } from "../../data/data_error.ts";
import { decodeImage } from "../../data/decode_image.ts";
import { MAX_PIXELS } from "../../data/image_limit.ts";
import cases from "../../fixtures/images/pillow.json" with { type: "json" };

/** JPEG leaves rounding to the decoder. */
const JPEG_TOLERANCE = 3;

function fileOf(name: string): Uint8Array {
  return Uint8Array.fromBase64(cases.find((c) => c.name === name)!.file);
}

describe("decodeImage()", () => {
  for (const { name, file, width, height, channels, pixels } of cases) {
    const tolerance = name.endsWith(".jpg") ? JPEG_TOLERANCE : 0;
    it(`reads ${name} as Pillow does`, () => {
      const image = decodeImage(Uint8Array.fromBase64(file), name);
      assertEquals([image.width, image.height, image.channels], [
        width,
        height,
        channels,
      ]);
      assertEquals(image.pixels.length, pixels.length);
      for (const [i, value] of pixels.entries()) {
        const difference = Math.abs(image.pixels[i]! - value);
        assert(difference <= tolerance, `sample ${i} is ${difference} off`);
      }
    });

    it(`says so when ${name} is truncated, wherever that is`, () => {
      const bytes = Uint8Array.fromBase64(file);
      for (let length = 0; length < bytes.length; length++) {
        const error = assertThrows(
          () => decodeImage(bytes.subarray(0, length), name),
          DataError,
        );
        assertMatch(
          error.message,
          /^Cannot decode \S+: expected .* but found /,
        );
      }
    });
  }

  it("reads an interlaced PNG", () => {
    const data = Uint8Array.from({ length: 11 * 9 * 3 }, (_, i) => i % 251);
    const png = encode({ width: 11, height: 9, channels: 3, data }, {
      interlace: "Adam7",
    });
    assertEquals(decodeImage(png).pixels, data);
  });

  it("refuses an interlaced PNG whose samples share bytes, which its decoder would garble", () => {
    const png = fileOf("1-bit.png");
    png[28] = 1;
    assertThrows(() => decodeImage(png, "a.png"), DataError, "but found 1");
  });

  it("refuses JPEG files of 12 bits a sample and of too many pixels", () => {
    const jpeg = fileOf("rgb.jpg");
    const frame = jpeg.findIndex((byte, i) =>
      byte === 0xff && jpeg[i + 1] === 0xc0
    );
    const view = new DataView(jpeg.buffer);
    view.setUint8(frame + 4, 12);
    assertThrows(() => decodeImage(jpeg, "a.jpg"), DataError, "8 bits");
    view.setUint8(frame + 4, 8);
    view.setUint16(frame + 5, 65_000);
    view.setUint16(frame + 7, 65_000);
    assertThrows(
      () => decodeImage(jpeg, "a.jpg"),
      DataError,
      `expected 1 to ${MAX_PIXELS} pixels but found 65000 x 65000`,
    );
  });

  it("reads a photo whose EXIF data point nowhere", () => {
    const jpeg = fileOf("orientation-6.jpg");
    const exif = new TextDecoder("latin1").decode(jpeg).indexOf("Exif");
    jpeg.fill(0xff, exif + 10, exif + 14); // The offset of the directory.
    const upright = decodeImage(fileOf("orientation-1.jpg"));
    assertEquals(decodeImage(jpeg), upright);
  });

  it("names the formats that it cannot read", () => {
    const bytes = (text: string) =>
      Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    for (
      const [start, found] of [
        ["GIF89a", "a GIF file"],
        ["RIFF\x10\0\0\0WEBPVP8 ", "a WebP file"],
        ["\0\0\0\x18ftypheic", "a HEIC file"],
        ["", "an empty file"],
        ["\x01\x02", "a file that starts with the bytes 01 02"],
      ] as const
    ) {
      const error = assertThrows(
        () => decodeImage(bytes(start), "photo"),
        DataError,
      );
      assertEquals(
        error.message,
        `Cannot decode photo: expected a PNG or JPEG file but found ${found}`,
      );
    }
  });
});
