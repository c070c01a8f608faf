// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { it } from "@std/testing/bdd";
import fc from "fast-check";
import { encode } from "fast-png";
import jpeg from "jpeg-js";
import { cropToSquare } from "../../data/crop_to_square.ts";
import { DataError } from "../../data/data_error.ts";
import { decodeImage } from "../../data/decode_image.ts";
import {
  type Image,
  imageFromTensor,
  imageToTensor,
} from "../../data/image.ts";
import { encodePng } from "../../data/png.ts";
import { resizeImage } from "../../data/resize_image.ts";
import resized from "../../fixtures/resize.json" with { type: "json" };
import { tensor, zeros } from "../../numerics/tensor.ts";
import { describePermitted } from "../permitted.ts";

function read(name: string): Uint8Array {
  return Deno.readFileSync(
    new URL(`../../fixtures/photos/${name}`, import.meta.url),
  );
}

/** Images of any small size and content. */
const images = fc.record({
  width: fc.integer({ min: 1, max: 9 }),
  height: fc.integer({ min: 1, max: 9 }),
  channels: fc.constantFrom<1 | 3>(1, 3),
}).chain(({ width, height, channels }) =>
  fc.uint8Array({
    minLength: width * height * channels,
    maxLength: width * height * channels,
  })
    .map((pixels): Image => ({ width, height, channels, pixels }))
);

/**
 * Means over areas by counting: each pixel stands for `height * width` equal
 * ones, which divide evenly among the pixels of the result.
 */
function areaMeans(image: Image, height: number, width: number): number[] {
  const { channels, pixels } = image;
  const sums = new Array<number>(height * width * channels).fill(0);
  for (let y = 0; y < image.height * height; y++) {
    for (let x = 0; x < image.width * width; x++) {
      const pixel = Math.floor(y / height) * image.width +
        Math.floor(x / width);
      const to = Math.floor(y / image.height) * width +
        Math.floor(x / image.width);
      for (let c = 0; c < channels; c++) {
        sums[to * channels + c]! += pixels[pixel * channels + c]!;
      }
    }
  }
  return sums.map((sum) => sum / (image.height * image.width));
}

describePermitted("decodeImage()", () => {
  it("reads what encodePng() writes", () => {
    fc.assert(fc.property(images, (image) => {
      assertEquals(decodeImage(encodePng(image)), image);
    }));
  });

  it("reads the photos", () => {
    for (const name of ["chelsea-200.png", "coffee-200.png"]) {
      const { width, height, channels } = decodeImage(read(name));
      assertEquals([width, height, channels], [200, 200, 3]);
    }
  });

  it("reads a JPEG file, but for what the compression loses", () => {
    const data = new Uint8Array(16 * 16 * 4).fill(255);
    for (let i = 0; i < 256; i++) data.set([200, 100, 50], 4 * i);
    const bytes = jpeg.encode({ width: 16, height: 16, data }, 95).data;
    const { width, channels, pixels } = decodeImage(new Uint8Array(bytes));
    assertEquals([width, channels], [16, 3]);
    [200, 100, 50].forEach((value, c) =>
      assert(Math.abs(pixels[c]! - value) < 4)
    );
  });

  it("lays transparent pixels over white, and takes the upper byte of 16 bits", () => {
    const alpha = encode({
      width: 2,
      height: 1,
      channels: 4,
      depth: 8,
      data: Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0),
    });
    assertEquals([...decodeImage(alpha).pixels], [10, 20, 30, 255, 255, 255]);
    const deep = encode({
      width: 2,
      height: 1,
      channels: 1,
      depth: 16,
      data: Uint16Array.of(0xffff, 0x8080),
    });
    assertEquals([...decodeImage(deep).pixels], [255, 128]);
  });

  it("gives a DataError that names the file for every truncation and for other bytes", () => {
    const png = encodePng({
      width: 3,
      height: 3,
      channels: 3,
      pixels: new Uint8Array(27).fill(77),
    });
    for (let length = 0; length < png.length; length++) {
      const error = assertThrows(
        () => decodeImage(png.subarray(0, length), "photo.png"),
        DataError,
      );
      assertMatch(error.message, /^Cannot decode photo\.png: /);
    }
    const text = new TextEncoder().encode("no picture at all");
    assertThrows(
      () => decodeImage(text, "a.txt"),
      DataError,
      "Cannot decode a.txt: expected a PNG or JPEG file",
    );
    const photo = read("coffee-200.png");
    for (let at = 40; at < photo.length; at += 4001) {
      const changed = photo.slice();
      changed[at]! ^= 0x5a;
      assertThrows(
        () => decodeImage(changed, "photo.png"),
        DataError,
        "photo.png",
      );
    }
  });

  it("refuses a size that no photo has, before it takes the memory", () => {
    const png = encodePng({
      width: 1,
      height: 1,
      channels: 1,
      pixels: new Uint8Array(1),
    });
    new DataView(png.buffer, png.byteOffset).setUint32(16, 2_000_000_000);
    assertThrows(() => decodeImage(png, "huge.png"), DataError, "huge.png");
  });
});

describePermitted("cropToSquare()", () => {
  it("takes the middle of wide and tall images, of odd and even differences", () => {
    const row = (width: number, height: number): Image => ({
      width,
      height,
      channels: 1,
      pixels: Uint8Array.from({ length: width * height }, (_, i) => i),
    });
    assertEquals([...cropToSquare(row(3, 1)).pixels], [1]);
    assertEquals([...cropToSquare(row(4, 2)).pixels], [1, 2, 5, 6]);
    assertEquals([...cropToSquare(row(1, 3)).pixels], [1]);
    assertEquals([...cropToSquare(row(5, 2)).pixels], [1, 2, 6, 7]);
    const square = row(3, 3);
    assert(cropToSquare(square) === square);
  });
});

describePermitted("resizeImage()", () => {
  it("averages areas where an image shrinks, within the rounding of two passes", () => {
    fc.assert(fc.property(
      images,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      (image, a, b) => {
        const height = Math.min(a, image.height);
        const width = Math.min(b, image.width);
        const { pixels } = resizeImage(image, height, width, {
          filter: "area",
        });
        const expected = areaMeans(image, height, width);
        for (const [i, mean] of expected.entries()) {
          assert(Math.abs(pixels[i]! - mean) <= 1.001, `${pixels[i]} ${mean}`);
        }
      },
    ));
  });

  it("is bilinear where an image grows, whatever the filter", () => {
    fc.assert(fc.property(images, (image) => {
      const { width, height } = image;
      const area = resizeImage(image, 2 * height, 3 * width, {
        filter: "area",
      });
      assertEquals(area, resizeImage(image, 2 * height, 3 * width));
    }));
  });

  it("equals Pillow's bilinear resampling, byte for byte", () => {
    for (const { shape, pixels, height, width, resized: expected } of resized) {
      const [h = 0, w = 0, c = 0] = shape;
      const image: Image = {
        height: h,
        width: w,
        channels: c === 3 ? 3 : 1,
        pixels: Uint8Array.from(pixels),
      };
      assertEquals([...resizeImage(image, height, width).pixels], expected);
    }
  });

  it("refuses sizes that are no positive integers", () => {
    const image: Image = {
      width: 1,
      height: 1,
      channels: 1,
      pixels: new Uint8Array(1),
    };
    for (const size of [0, -1, 1.5, NaN]) {
      assertThrows(
        () => resizeImage(image, size, 1),
        RangeError,
        "expected height",
      );
    }
  });
});

describePermitted("imageToTensor() and imageFromTensor()", () => {
  it("are inverse, in either layout", () => {
    fc.assert(
      fc.property(
        images,
        fc.constantFrom<"CHW" | "HWC">("CHW", "HWC"),
        (image, layout) => {
          const x = imageToTensor(image, { layout });
          const { channels: c, height: h, width: w } = image;
          assertEquals([...x.shape], layout === "CHW" ? [c, h, w] : [h, w, c]);
          assertEquals(imageFromTensor(x, { layout }), image);
        },
      ),
    );
  });

  it("imageFromTensor() stretches values to 0..255 if asked to", () => {
    const { pixels } = imageFromTensor(tensor([[-1, 0], [1, 3]]), {
      normalize: true,
    });
    assertEquals([pixels[0], pixels[3]], [0, 255]);
    assert(pixels[1]! > 60 && pixels[1]! < 66);
    assertThrows(() => imageFromTensor(zeros([2, 3, 3])), TypeError);
  });
});
