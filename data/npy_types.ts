// Copyright 2026 the Convlab authors. MIT license.

/**
 * The arrays of NumPy's files, and the element types that are read and written.
 *
 * @module
 */

/** NumPy's names of the element types; `"string"` is what NumPy writes `<U7` or `|S7`. */
export type NpyDType =
  | "bool"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "uint32"
  | "int32"
  | "uint64"
  | "int64"
  | "float16"
  | "float32"
  | "float64"
  | "string";

/**
 * Elements in C order. They have the type of their name, but for `bool`, which
 * are bytes 0 and 1, 64-bit integers, which are safe integers in a
 * `Float64Array`, and `float16`, which are in a `Float32Array`.
 */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array
  | readonly string[];

/** An array of NumPy. A `Tensor` is one, too. */
export interface NpyArray {
  /** Length of each dimension, outermost first; empty for a single number. */
  readonly shape: readonly number[];
  /** Element type. */
  readonly dtype: NpyDType;
  /** The elements, in C order. */
  readonly data: NpyData;
}

/** How numbers of a type are stored and held. */
export interface NumberFormat {
  /** Kind and bytes of an element, as NumPy spells them. */
  readonly code: string;
  /** Bytes of an element. */
  readonly bytes: number;
  /** What holds them here. */
  readonly array: new (length: number) => Exclude<NpyData, readonly string[]>;
  /** Set where that is not how they are stored: reads an element. */
  readonly get?: (view: DataView, at: number, isLittle: boolean) => number;
  /** Writes an element, little-endian. */
  readonly set?: (view: DataView, at: number, value: number) => void;
}

/** All types but strings. */
export const NUMBER_FORMATS: Readonly<
  Record<Exclude<NpyDType, "string">, NumberFormat>
> = {
  bool: {
    ...{ code: "b1", bytes: 1, array: Uint8Array },
    get: (view, at) => view.getUint8(at) === 0 ? 0 : 1,
    set: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1),
  },
  uint8: { code: "u1", bytes: 1, array: Uint8Array },
  int8: { code: "i1", bytes: 1, array: Int8Array },
  uint16: { code: "u2", bytes: 2, array: Uint16Array },
  int16: { code: "i2", bytes: 2, array: Int16Array },
  uint32: { code: "u4", bytes: 4, array: Uint32Array },
  int32: { code: "i4", bytes: 4, array: Int32Array },
  uint64: {
    ...{ code: "u8", bytes: 8, array: Float64Array },
    get: (view, at, isLittle) => Number(view.getBigUint64(at, isLittle)),
    set: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  },
  int64: {
    ...{ code: "i8", bytes: 8, array: Float64Array },
    get: (view, at, isLittle) => Number(view.getBigInt64(at, isLittle)),
    set: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  float16: {
    ...{ code: "f2", bytes: 2, array: Float32Array },
    get: (view, at, isLittle) => view.getFloat16(at, isLittle),
    set: (view, at, value) => view.setFloat16(at, value, true),
  },
  float32: { code: "f4", bytes: 4, array: Float32Array },
  float64: { code: "f8", bytes: 8, array: Float64Array },
};
