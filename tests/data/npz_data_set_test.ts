// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { DataError } from "../../data/data_error.ts";
import type { NpyArray } from "../../data/npy.ts";
import { encodeNpz } from "../../data/npz.ts";
import { loadNpzDataSet } from "../../data/npz_data_set.ts";
import { describePermitted } from "../permitted.ts";

let folder = "";
beforeAll(() => {
  folder = Deno.makeTempDirSync();
});
afterAll(() => Deno.removeSync(folder, { recursive: true }));

/** An array of bytes that count up. */
function bytes(...shape: number[]): NpyArray {
  const length = shape.reduce((n, d) => n * d, 1);
  const data = Uint8Array.from({ length }, (_, i) => i);
  return { shape, dtype: "uint8", data };
}

/** Labels 0, 1, 2, 0, … of `count` images. */
function labels(count: number): NpyArray {
  const data = Int32Array.from({ length: count }, (_, i) => i % 3);
  return { shape: [count], dtype: "int32", data };
}

function save(arrays: Record<string, NpyArray>): string {
  const path = join(folder, "data.npz");
  Deno.writeFileSync(path, encodeNpz(arrays));
  return path;
}

describePermitted("loadNpzDataSet()", () => {
  it("takes the parts that are there, and keeps images with their labels", () => {
    const path = save({
      ...{ x_train: bytes(9, 2, 2), y_train: labels(9) },
      ...{ x_val: bytes(3, 2, 2), y_val: labels(3) },
      ...{ x_test: bytes(4, 2, 2), y_test: labels(4) },
    });
    const data = loadNpzDataSet(path, { normalize: "none" });
    assertEquals(data.classNames, ["0", "1", "2"]);
    assertEquals(
      [data.train.length, data.validation.length, data.test.length],
      [9, 3, 4],
    );
    for (const set of [data.train, data.validation, data.test]) {
      for (const [i, label] of set.labels.entries()) {
        // The first pixel of image n is 4 n.
        assertEquals(set.bytes[4 * i]! / 4 % 3, label);
      }
    }
  });

  it("splits off the parts that are not", () => {
    const path = save({ x_train: bytes(30, 2, 2), y_train: labels(30) });
    const data = loadNpzDataSet(path, { valFraction: 0.2 });
    assertEquals(
      [data.train.length, data.validation.length, data.test.length],
      [21, 6, 3],
    );
  });

  it("tells channels by their number, the last dimension first", () => {
    for (
      const [shape, imageShape, first] of [
        [[3, 4, 5], [1, 4, 5], [0, 1]],
        [[3, 4, 5, 1], [1, 4, 5], [0, 1]],
        [[3, 4, 5, 3], [3, 4, 5], [0, 3]],
        [[3, 1, 4, 5], [1, 4, 5], [0, 1]],
        [[3, 3, 4, 5], [3, 4, 5], [0, 1]],
        [[3, 3, 4, 3], [3, 3, 4], [0, 3]],
      ] as const
    ) {
      const path = save({ x_train: bytes(...shape), y_train: labels(3) });
      const options = { valFraction: 0, testFraction: 0 };
      const { train } = loadNpzDataSet(path, options);
      assertEquals(train.imageShape, imageShape);
      const at = train.labels.indexOf(0) * train.bytes.length / 3;
      assertEquals([...train.bytes.subarray(at, at + 2)], [...first]);
    }
  });

  it("takes labels in a column, of 64 bits, and names of classes", () => {
    const path = save({
      x_train: bytes(4, 2, 2),
      y_train: {
        shape: [4, 1],
        dtype: "int64",
        data: Float64Array.of(0, 1, 1, 0),
      },
      class_names: { shape: [3], dtype: "string", data: ["a", "b", "c"] },
    });
    const { train, classNames } = loadNpzDataSet(path, { valFraction: 0 });
    assertEquals(classNames, ["a", "b", "c"]);
    assertEquals(train.labels.length, 2);
  });

  it("says what is wrong with an array", () => {
    const [x_train, y_train] = [bytes(3, 2, 2), labels(3)];
    const strings = { shape: [2], dtype: "string", data: ["a", "b"] } as const;
    const floats = {
      shape: [3, 2, 2],
      dtype: "float32",
      data: new Float32Array(12),
    } as const;
    for (
      const [arrays, message] of [
        [{}, "expected x_train and y_train but found no arrays"],
        [
          { x_train, y: y_train },
          "expected x_train and y_train but found x_train, y",
        ],
        [
          { x_train, y_train, x_test: x_train },
          "expected x_test and y_test but found",
        ],
        [
          { x_train: bytes(3, 4), y_train },
          "expected shape (N, H, W), (N, H, W, C) or (N, C, H, W) with 1 or 3 channels but found (3, 4)",
        ],
        [{ x_train: bytes(3, 2, 2, 2), y_train }, "but found (3, 2, 2, 2)"],
        [
          { x_train: floats, y_train },
          "expected pixels of uint8, from 0 to 255, but found float32",
        ],
        [
          { x_train, y_train: labels(4) },
          "expected a label for each image, of shape (3,), but found (4,)",
        ],
        [
          { x_train, y_train: bytes(3, 10) },
          "of shape (3,), but found (3, 10)",
        ],
        [{
          x_train,
          y_train: { ...floats, shape: [3], data: new Float32Array(3) },
        }, "expected labels of an integer type but found float32"],
        [{
          x_train,
          y_train: {
            shape: [3],
            dtype: "int8",
            data: Int8Array.of(0, 1, -1),
          } as const,
        }, "expected labels from 0 to 9999 but found -1 for image 2"],
        [
          { x_train, y_train: { ...y_train, data: new Int32Array(3) } },
          "expected 2 or more classes but found 1",
        ],
        [
          { x_train, y_train, class_names: strings },
          "expected 3 or more strings but found string of shape (2,)",
        ],
        [
          { x_train, y_train, x_test: bytes(3, 3, 2), y_test: y_train },
          "expected test images of shape (1, 2, 2) as those to train on but found (1, 3, 2)",
        ],
      ] as const
    ) {
      const path = save(arrays);
      assertThrows(() => loadNpzDataSet(path), DataError, message);
    }
    const path = join(folder, "text.npz");
    Deno.writeTextFileSync(path, "text");
    assertThrows(
      () => loadNpzDataSet(path),
      DataError,
      `Cannot read ${path}: expected a complete zip archive but found`,
    );
    const none = join(folder, "none.npz");
    assertThrows(
      () => loadNpzDataSet(none),
      DataError,
      "expected a file but found none",
    );
  });
});
