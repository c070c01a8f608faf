// Copyright 2026 the Convlab authors. MIT license.

/**
 * The element types of safetensors, and how they become the two that Convlab
 * has: those of up to 16 bits float32, which holds each of their values, and the
 * others float64.
 *
 * @module
 */

import type { TensorData } from "../numerics/tensor.ts";

/** How elements of one type are read. */
export interface StoredType {
  /** Bytes of an element. */
  readonly width: number;
  /**
   * The elements in `bytes`, exactly, or a word on one that is out of range or
   * that float64 does not hold.
   */
  decode(bytes: Uint8Array<ArrayBuffer>): TensorData | string;
}

/** The element types by their names in a file's header. */
export const STORED_TYPES: ReadonlyMap<unknown, StoredType> = new Map([
  ["F64", as(8, ({ buffer }) => new Float64Array(buffer))],
  ["F32", as(4, ({ buffer }) => new Float32Array(buffer))],
  [
    "F16",
    as(2, ({ buffer }) => fromBits(new Uint16Array(buffer), halfToSingle)),
  ],
  [
    "BF16",
    as(
      2,
      ({ buffer }) => fromBits(new Uint16Array(buffer), (bits) => bits << 16),
    ),
  ],
  ["I64", as(8, ({ buffer }) => fromBigInts(new BigInt64Array(buffer)))],
  ["U64", as(8, ({ buffer }) => fromBigInts(new BigUint64Array(buffer)))],
  ["I32", as(4, ({ buffer }) => Float64Array.from(new Int32Array(buffer)))],
  ["U32", as(4, ({ buffer }) => Float64Array.from(new Uint32Array(buffer)))],
  ["I16", as(2, ({ buffer }) => Float32Array.from(new Int16Array(buffer)))],
  ["U16", as(2, ({ buffer }) => Float32Array.from(new Uint16Array(buffer)))],
  ["I8", as(1, ({ buffer }) => Float32Array.from(new Int8Array(buffer)))],
  ["U8", as(1, (bytes) => Float32Array.from(bytes))],
  ["BOOL", as(1, fromBooleans)],
]);

function as(width: number, decode: StoredType["decode"]): StoredType {
  return { width, decode };
}

/** float32 by its bits, so that NaN keeps its payload. */
function fromBits(
  bits: Uint16Array,
  toSingle: (bits: number) => number,
): Float32Array {
  const singles = Uint32Array.from(bits, toSingle);
  return new Float32Array(singles.buffer);
}

/**
 * The bits of a float16 (1 sign, 5 exponent, 10 fraction) as those of the equal
 * float32 (1, 8, 23): IEEE 754-2019, 3.4.
 */
function halfToSingle(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f80_0000 | fraction << 13;
  if (exponent > 0) return sign | (exponent + 112) << 23 | fraction << 13;
  if (fraction === 0) return sign;
  // A denormal, fraction · 2^-24, is a normal float32 with its first bit hidden.
  const shift = Math.clz32(fraction) - 21;
  return sign | (113 - shift) << 23 | (fraction << shift & 0x3ff) << 13;
}

function fromBigInts(
  values: BigInt64Array | BigUint64Array,
): Float64Array | string {
  const doubles = new Float64Array(values.length);
  for (const [i, value] of values.entries()) {
    doubles[i] = Number(value);
    if (BigInt(doubles[i]!) !== value) {
      return `${value} at position ${i}`;
    }
  }
  return doubles;
}

function fromBooleans(bytes: Uint8Array): Float32Array | string {
  const wrong = bytes.findIndex((byte) => byte > 1);
  return wrong < 0
    ? Float32Array.from(bytes)
    : `${bytes[wrong]} at position ${wrong}`;
}
