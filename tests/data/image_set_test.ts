// Copyright 2026 the Convlab authors. MIT license.

import {
  assertAlmostEquals,
  assertEquals,
  assertNotEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { channelStatistics } from "../../data/channel_statistics.ts";
import { ImageSet, type ImageSetInit } from "../../data/image_set.ts";
import { meanImage } from "../../data/mean_image.ts";
import { zeros } from "../../numerics/tensor.ts";

/** Three images of two channels, one row and two columns, with a mean that rounds in float32. */
const bytes = Uint8Array.of(0, 1, 2, 3, 10, 11, 12, 128, 255, 254, 253, 252);
const labels = Uint8Array.of(4, 0, 9);
const imageShape = [2, 1, 2] as const;
const mean = Float64Array.of(0.1, 1 / 3, 2, 127.7);
const images = new ImageSet({ bytes, labels, imageShape, mean });

/** Arbitrary image sets of up to 6 images, some with a mean or a std. */
const imageSets = fc.tuple(
  fc.nat(6),
  fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
  ),
).chain(([n, shape]) => {
  const size = shape[0] * shape[1] * shape[2];
  return fc.record({
    bytes: fc.uint8Array({ minLength: n * size, maxLength: n * size }),
    labels: fc.uint8Array({ minLength: n, maxLength: n }),
    imageShape: fc.constant(shape),
    mean: fc.option(
      fc.array(fc.double({ min: 0, max: 255, noNaN: true }), {
        minLength: size,
        maxLength: size,
      }).map((values) => Float64Array.from(values)),
      { nil: undefined },
    ),
    std: fc.option(
      fc.array(fc.double({ min: 1e-3, max: 255, noNaN: true }), {
        minLength: size,
        maxLength: size,
      }).map((values) => Float64Array.from(values)),
      { nil: undefined },
    ),
  });
}).map((init) => new ImageSet(init));

describe("ImageSet", () => {
  it("gather() writes pixel - mean in float64", () => {
    const out = zeros([2, ...imageShape]);
    images.gather([2, 0], out);
    assertEquals(
      out.data,
      Float64Array.of(
        255 - 0.1,
        254 - 1 / 3,
        251,
        252 - 127.7,
        0 - 0.1,
        1 - 1 / 3,
        0,
        3 - 127.7,
      ),
    );
  });

  it("gather() rounds once for a float32 tensor", () => {
    const out = zeros([1, ...imageShape], "float32");
    images.gather([1], out);
    assertEquals(
      out.data,
      Float32Array.of(10 - 0.1, 11 - 1 / 3, 10, 128 - 127.7),
    );
    assertNotEquals(
      Math.fround(128 - Math.fround(127.7)),
      out.data[3],
      "the case tells one rounding from two",
    );
  });

  it("gather() writes raw pixels without a mean", () => {
    const out = zeros([1, ...imageShape], "float32");
    new ImageSet({ bytes, labels, imageShape }).gather([2], out);
    assertEquals(out.data, Float32Array.of(255, 254, 253, 252));
  });

  it("gather() writes (pixel - mean) / std in float64, with or without a mean", () => {
    const std = Float64Array.of(3, 0.7, 2, 1);
    const out = zeros([1, ...imageShape]);
    new ImageSet({ bytes, labels, imageShape, mean, std }).gather([2], out);
    assertEquals(
      out.data,
      Float64Array.of(
        (255 - 0.1) / 3,
        (254 - 1 / 3) / 0.7,
        251 / 2,
        252 - 127.7,
      ),
    );
    new ImageSet({ bytes, labels, imageShape, std }).gather([2], out);
    assertEquals(out.data, Float64Array.of(85, 254 / 0.7, 253 / 2, 252));
  });

  it("gather() equals rows of toTensor() for any set and indices", () => {
    fc.assert(fc.property(
      imageSets,
      fc.array(fc.nat(1000), { maxLength: 9 }),
      fc.constantFrom("float32" as const, "float64" as const),
      (set, numbers, dtype) => {
        const all = set.toTensor(dtype);
        const indices = set.length === 0
          ? []
          : numbers.map((number) => number % set.length);
        const out = zeros([indices.length, ...set.imageShape], dtype);
        set.gather(indices, out);
        for (const [row, index] of indices.entries()) {
          assertEquals(out.slice(row, row + 1), all.slice(index, index + 1));
        }
        assertEquals(
          set.labelsOf(indices),
          Int32Array.from(indices, (index) => set.labels[index]!),
        );
      },
    ));
  });

  it("slice() equals the rows of the whole set, with the same mean and std", () => {
    fc.assert(
      fc.property(imageSets, fc.nat(100), fc.nat(100), (set, a, b) => {
        const begin = a % (set.length + 1);
        const end = begin + b % (set.length - begin + 1);
        const part = set.slice(begin, end);
        assertEquals(part.length, end - begin);
        assertEquals(part.mean, set.mean);
        assertEquals(part.std, set.std);
        assertEquals(part.toTensor(), set.toTensor().slice(begin, end));
        assertEquals(part.labels, set.labels.slice(begin, end));
      }),
    );
  });

  it("slice() copies nothing", () => {
    assertEquals(images.slice(1, 3).bytes.buffer, bytes.buffer);
  });

  it("toTensor() is float64 unless told otherwise", () => {
    assertEquals(images.toTensor().dtype, "float64");
    assertEquals(images.toTensor("float32").dtype, "float32");
    assertEquals(images.toTensor().shape, [3, 2, 1, 2]);
  });

  it("gather() leaves out as it was when it throws", () => {
    const out = zeros([2, ...imageShape]);
    for (const index of [3, -1, 0.5, NaN]) {
      assertThrows(
        () => images.gather([0, index], out),
        RangeError,
        `Cannot gather images: expected indices from 0 to 2 but found ${index} at position 1`,
      );
    }
    assertThrows(
      () => images.gather([0], out),
      RangeError,
      "expected out to have shape (1, 2, 1, 2) but found (2, 2, 1, 2)",
    );
    assertEquals(out, zeros([2, ...imageShape]));
  });

  it("labelsOf() refuses indices out of range", () => {
    assertThrows(() => images.labelsOf([3]), RangeError, "found 3");
  });

  it("slice() refuses ranges outside the set", () => {
    for (const [begin, end] of [[-1, 2], [2, 1], [0, 4], [0.5, 1], [0, NaN]]) {
      assertThrows(
        () => images.slice(begin!, end!),
        RangeError,
        `range ${begin} to ${end} does not lie within its 3 images`,
      );
    }
  });

  it("refuses arrays that do not fit together", () => {
    const flat: ImageSetInit = JSON.parse('{"imageShape": [4]}');
    assertThrows(
      () => new ImageSet({ ...flat, bytes, labels }),
      TypeError,
      "expected imageShape to be (C, H, W) but found (4,)",
    );
    assertThrows(
      () => new ImageSet({ bytes: bytes.subarray(1), labels, imageShape }),
      RangeError,
      "expected 3 images of shape (2, 1, 2) to have 12 bytes but found 11",
    );
    assertThrows(
      () => new ImageSet({ bytes, labels, imageShape, mean: mean.subarray(1) }),
      RangeError,
      "expected the mean to have 4 numbers but found 3",
    );
    assertThrows(
      () => new ImageSet({ bytes, labels, imageShape, std: mean.subarray(1) }),
      RangeError,
      "expected the std to have 4 numbers but found 3",
    );
    for (const wrong of [0, -1, NaN, Infinity]) {
      const std = Float64Array.of(1, 2, wrong, 4);
      assertThrows(
        () => new ImageSet({ bytes, labels, imageShape, std }),
        RangeError,
        `expected the std to be positive and finite but found ${wrong}`,
      );
    }
    assertThrows(
      () =>
        new ImageSet({ bytes, labels: Int32Array.of(1, -2, 3), imageShape }),
      RangeError,
      "expected labels not to be negative but found -2 for image 1",
    );
  });
});

describe("meanImage()", () => {
  it("divides the exact sum of each pixel position", () => {
    fc.assert(fc.property(imageSets, (set) => {
      fc.pre(set.length > 0);
      const pixels = new ImageSet({
        ...set,
        mean: undefined,
        std: undefined,
      }).toTensor()
        .reshape([set.length, -1]);
      const expected = Float64Array.from(
        { length: pixels.shape[1]! },
        (_, position) => {
          let sum = 0;
          for (let n = 0; n < set.length; n++) sum += pixels.at(n, position);
          return sum / set.length;
        },
      );
      assertEquals(meanImage(set), expected);
    }));
  });

  it("adds up any number of images", () => {
    for (let n = 1; n < 35; n++) {
      const bytes = Uint8Array.from({ length: 3 * n }, (_, i) => i * 37);
      const labels = new Uint8Array(n);
      const set = new ImageSet({ bytes, labels, imageShape: [3, 1, 1] });
      const sums = [0, 0, 0];
      bytes.forEach((byte, i) => sums[i % 3]! += byte);
      assertEquals([...meanImage(set)], sums.map((sum) => sum / n));
    }
  });

  it("refuses an empty set", () => {
    assertThrows(
      () => meanImage(images.slice(1, 1)),
      RangeError,
      "expected at least 1 image but found 0",
    );
  });
});

describe("channelStatistics()", () => {
  it("equals NumPy's mean and std over images, rows and columns", () => {
    // x = np.arange(48).reshape(2, 3, 2, 4) * 37 % 256
    // x.mean((0, 2, 3)), x.std((0, 2, 3))
    const set = new ImageSet({
      bytes: Uint8Array.from({ length: 48 }, (_, i) => i * 37 % 256),
      labels: Uint8Array.of(0, 1),
      imageShape: [3, 2, 4],
    });
    const { mean, std } = channelStatistics(set);
    const expected = {
      mean: [109.5, 117.5, 125.5],
      std: [74.10296890138748, 71.91140382442829, 71.91140382442829],
    };
    for (let i = 0; i < 24; i++) {
      const channel = Math.floor(i / 8);
      assertAlmostEquals(mean[i]!, expected.mean[channel]!, 1e-12);
      assertAlmostEquals(std[i]!, expected.std[channel]!, 1e-12);
    }
  });

  it("gives each channel mean 0 and deviation 1, or 0 where it is constant", () => {
    fc.assert(fc.property(imageSets, ({ bytes, labels, imageShape }) => {
      fc.pre(labels.length > 0);
      const raw = new ImageSet({ bytes, labels, imageShape });
      const x = new ImageSet({ ...raw, ...channelStatistics(raw) }).toTensor();
      const [channels, height, width] = imageShape;
      const all = x.transpose([1, 0, 2, 3]).reshape([channels, -1]);
      for (let c = 0; c < channels; c++) {
        const values = [...all.slice(c, c + 1).data];
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const squares = values.reduce((a, b) => a + b * b, 0) / values.length;
        assertAlmostEquals(mean, 0, 1e-9);
        assertAlmostEquals(squares, new Set(values).size > 1 ? 1 : 0, 1e-9);
      }
      assertEquals(all.shape[1], labels.length * height * width);
    }));
  });

  it("refuses an empty set", () => {
    assertThrows(
      () => channelStatistics(images.slice(1, 1)),
      RangeError,
      "expected at least 1 pixel but found 0",
    );
  });
});
