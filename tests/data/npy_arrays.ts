// Copyright 2026 the Convlab authors. MIT license.

/**
 * Arbitrary arrays for the tests of NumPy's formats.
 *
 * @module
 */

import fc from "fast-check";
import type { NpyArray } from "../../data/npy.ts";

/** An integer of 64 bits that a number holds. */
const safe = fc.maxSafeInteger().map((value) => value + 0);
const noZeroAtEnd = fc.string({ unit: "binary", maxLength: 5 })
  .map((text) => text.replaceAll(/\0|[\ud800-\udfff]/g, "x"));

/** Small arrays of any type and shape. */
export const npyArrays: fc.Arbitrary<NpyArray> = fc
  .array(fc.nat(3), { maxLength: 4 })
  .chain((shape) => {
    const length = shape.reduce((n, d) => n * d, 1);
    const size = { minLength: length, maxLength: length };
    return fc.oneof(
      fc.array(fc.nat(1), size).map((data) => ({
        dtype: "bool" as const,
        data: Uint8Array.from(data),
      })),
      fc.uint8Array(size).map((data) => ({
        dtype: "uint8" as const,
        data: Uint8Array.from(data),
      })),
      fc.int8Array(size).map((data) => ({
        dtype: "int8" as const,
        data: Int8Array.from(data),
      })),
      fc.uint16Array(size).map((data) => ({
        dtype: "uint16" as const,
        data: Uint16Array.from(data),
      })),
      fc.int16Array(size).map((data) => ({
        dtype: "int16" as const,
        data: Int16Array.from(data),
      })),
      fc.uint32Array(size).map((data) => ({
        dtype: "uint32" as const,
        data: Uint32Array.from(data),
      })),
      fc.int32Array(size).map((data) => ({
        dtype: "int32" as const,
        data: Int32Array.from(data),
      })),
      fc.array(safe, size).map((data) => ({
        dtype: "int64" as const,
        data: Float64Array.from(data),
      })),
      fc.array(fc.maxSafeNat(), size).map((data) => ({
        dtype: "uint64" as const,
        data: Float64Array.from(data),
      })),
      fc.float32Array(size).map((data) => ({
        dtype: "float32" as const,
        data: Float32Array.from(data),
      })),
      fc.float64Array(size).map((data) => ({
        dtype: "float64" as const,
        data: Float64Array.from(data),
      })),
      fc.float32Array(size).map((data) => ({
        dtype: "float16" as const,
        data: Float32Array.from(data, (value) => Math.f16round(value)),
      })),
      fc.array(noZeroAtEnd, size).map((data) => ({
        dtype: "string" as const,
        data,
      })),
    ).map((array) => ({ shape, ...array }));
  });
