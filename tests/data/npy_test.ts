// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { decodeBase64 } from "./decode_base64.ts";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { encodeNpy } from "../../data/encode_npy.ts";
import { decodeNpy, type NpyArray, type NpyDType } from "../../data/npy.ts";
import { tensor } from "../../numerics/tensor.ts";
import { npyArrays } from "./npy_arrays.ts";
import numpy from "./numpy/arrays.json" with { type: "json" };

/** A file with a header of the test's own. */
function file(
  header: string,
  data: readonly number[] = [],
): Uint8Array<ArrayBuffer> {
  const text = new TextEncoder().encode(header);
  const magic = [0x93, ...new TextEncoder().encode("NUMPY"), 1, 0];
  return Uint8Array.of(
    ...magic,
    text.length & 255,
    text.length >> 8,
    ...text,
    ...data,
  );
}

describe("decodeNpy()", () => {
  for (const { name, file, shape, dtype, data } of numpy.files) {
    it(`reads what NumPy writes: ${name}`, () => {
      const array = decodeNpy(decodeBase64(file));
      assertEquals(array.shape, shape);
      assertEquals(array.dtype, dtype as NpyDType);
      assertEquals<unknown>([...array.data], data);
    });
  }

  it("reads what encodeNpy() writes, for all types and shapes", () => {
    fc.assert(fc.property(npyArrays, (array) => {
      assertEquals(decodeNpy(encodeNpy(array)), array);
    }));
  });

  it("reads from within a larger buffer, aligned or not", () => {
    const bytes = encodeNpy(tensor([1, 2, 3]));
    for (const offset of [0, 1, 4]) {
      const larger = new Uint8Array(bytes.length + 9);
      larger.set(bytes, offset);
      const part = larger.subarray(offset, offset + bytes.length);
      assertEquals(decodeNpy(part).data, Float64Array.of(1, 2, 3));
    }
  });

  it("reads headers of Python 2 and of any spacing and order", () => {
    for (
      const header of [
        "{'descr': '|u1', 'fortran_order': False, 'shape': (2L, 1L), }   \n",
        "{ 'shape':(2,1) ,'fortran_order':False,'descr':'u1'}",
      ]
    ) {
      const { shape, data } = decodeNpy(file(header, [5, 6]));
      assertEquals([shape, data], [[2, 1], Uint8Array.of(5, 6)]);
    }
  });

  it("refuses Python objects and structures", () => {
    for (
      const [bytes, found] of [
        [
          numpy.refused.objects,
          "numbers or strings but found Python objects (dtype=object)",
        ],
        [
          numpy.refused.structures,
          "a dictionary with descr, fortran_order and shape but found",
        ],
      ] as const
    ) {
      assertThrows(
        () => decodeNpy(decodeBase64(bytes), { name: "a.npy" }),
        SyntaxError,
        `Cannot read a.npy: expected ${found}`,
      );
    }
  });

  it("says what is wrong with a file", () => {
    const header = (descr: string, shape: string) =>
      file(
        `{'descr': '${descr}', 'fortran_order': False, 'shape': ${shape}, }\n`,
      );
    for (
      const [bytes, message] of [
        [
          new Uint8Array(0),
          "expected it to begin with \\x93NUMPY but found other bytes",
        ],
        [
          encodeNpy(tensor([1])).subarray(0, 6),
          "version 1, 2 or 3 of the format but found none",
        ],
        [
          encodeNpy(tensor([1])).subarray(0, 9),
          "a header but found its beginning",
        ],
        [
          encodeNpy(tensor([1])).subarray(0, 20),
          "a header of 118 bytes but found 10",
        ],
        [
          encodeNpy(tensor([1])).subarray(0, 135),
          "8 bytes for shape (1,) but found 7",
        ],
        [file("{}"), 'shape but found "{}"'],
        [header("<c8", "(1,)"), 'numbers or strings but found the type "<c8"'],
        [header("<f4", "(1.5,)"), "a dictionary with descr"],
        [
          header("<f4", "(1,,2)"),
          "a shape of at most 64 dimensions but found (1,,2)",
        ],
        [
          header("<f4", "(9007199254740993,)"),
          "a shape of at most 64 dimensions",
        ],
        [
          header("<f4", "(9000000000, 9000000000)"),
          "an array that fits into memory but found shape (9000000000, 9000000000)",
        ],
        [header("<U0", "(9000000000,)"), "an array that fits into memory"],
        [
          header("<f4", "(1000000000,)"),
          "4000000000 bytes for shape (1000000000,) but found 0",
        ],
        [
          file("{'descr': '<i8', 'fortran_order': False, 'shape': ()}", [
            0,
            0,
            0,
            0,
            0,
            0,
            32,
            0,
          ]),
          "integers of at most 2^53 - 1 in magnitude but found 9007199254740992",
        ],
      ] as const
    ) {
      assertThrows(() => decodeNpy(bytes), SyntaxError, message);
    }
  });
});

describe("encodeNpy()", () => {
  it("writes the bytes that NumPy writes", () => {
    const names = new Set(
      ["bool", "uint8", "int8", "int64", "float64", "nothing", "strings"]
        .map((name) => `${name}, version 1`),
    );
    const files = numpy.files.filter(({ name }) => names.has(name));
    assertEquals(files.length, names.size);
    for (const { name, file, shape, dtype, data } of files) {
      const array = { shape, dtype, data } as unknown as NpyArray;
      assertEquals(encodeNpy(typedArray(array)), decodeBase64(file), name);
    }
  });

  it("refuses a shape that does not hold the elements", () => {
    assertThrows(
      () => encodeNpy({ shape: [3], dtype: "uint8", data: new Uint8Array(2) }),
      RangeError,
      "Cannot encode array: expected a shape that holds 2 elements but found (3,)",
    );
  });
});

/** The array with its elements in the arrays that decodeNpy() gives. */
function typedArray(array: NpyArray): NpyArray {
  const { dtype, data } = array;
  const arrays = {
    ...{ bool: Uint8Array, uint8: Uint8Array, int8: Int8Array },
    ...{ float32: Float32Array, float64: Float64Array, int64: Float64Array },
  };
  const type = Object.entries(arrays).find(([name]) => name === dtype)?.[1];
  return type
    ? { ...array, data: type.from(data as unknown as number[]) }
    : array;
}
