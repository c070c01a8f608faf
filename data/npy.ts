// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads NumPy's `.npy` files.
 *
 * @module
 */

import { formatShape } from "../numerics/tensor.ts";
import { decodeNpyHeader, invalid, type NpyHeader } from "./npy_header.ts";
import {
  type NpyArray,
  type NpyData,
  type NpyDType,
  NUMBER_FORMATS,
} from "./npy_types.ts";

export type { NpyArray, NpyData, NpyDType };

/** Options of {@linkcode decodeNpy}. */
export interface DecodeNpyOptions {
  /** What the bytes are called in errors. @default {"NumPy array"} */
  readonly name?: string | undefined;
}

/**
 * Reads an array from the bytes of a `.npy` file: format 1.0 to 3.0, of either
 * byte order, in C or Fortran order; the elements come in C order.
 *
 * Bytes that are as they are kept, such as uint8 in C order, share the memory
 * of `bytes`; no more than a few times as much is taken in any case. Python
 * objects are not read, since they could run programs.
 *
 * @throws {SyntaxError} If the bytes are no such file, are cut off or go on after the last element, or hold Python objects, structures, or integers beyond 2^53.
 *
 * @example There and back
 * ```ts
 * import { decodeNpy, encodeNpy, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const array = decodeNpy(encodeNpy(tensor([[1, 2, 3]])));
 * assertEquals(array.shape, [1, 3]);
 * assertEquals(array.dtype, "float64");
 * assertEquals(array.data, Float64Array.of(1, 2, 3));
 * ```
 */
export function decodeNpy(
  bytes: Uint8Array<ArrayBuffer>,
  options: DecodeNpyOptions = {},
): NpyArray {
  const { name = "NumPy array" } = options;
  const header = decodeNpyHeader(bytes, name);
  const { shape, dtype, elements, itemBytes, dataStart } = header;
  const found = bytes.length - dataStart;
  if (found !== elements * itemBytes) {
    throw invalid(
      name,
      `${elements * itemBytes} bytes for shape ${formatShape(shape)}`,
      `${found}`,
    );
  }
  const stored = bytes.subarray(dataStart);
  const data = dtype === "string"
    ? decodeStrings(stored, header)
    : decodeNumbers(stored, header, name);
  return {
    shape,
    dtype,
    data: header.isFortran ? toCOrder(data, shape) : data,
  };
}

function decodeNumbers(
  stored: Uint8Array<ArrayBuffer>,
  { dtype, elements, isLittle }: NpyHeader,
  name: string,
): Exclude<NpyData, readonly string[]> {
  const { array, bytes, get } =
    NUMBER_FORMATS[dtype as keyof typeof NUMBER_FORMATS];
  if (dtype === "uint8") return stored;
  const data = new array(elements);
  if (get === undefined) {
    const copy = new Uint8Array(data.buffer);
    copy.set(stored);
    if (!isLittle) reverseItems(copy, bytes);
    return data;
  }
  const view = new DataView(
    stored.buffer,
    stored.byteOffset,
    stored.byteLength,
  );
  for (let i = 0; i < elements; i++) {
    const value = get(view, i * bytes, isLittle);
    if (bytes === 8 && !Number.isSafeInteger(value)) {
      throw invalid(
        name,
        "integers of at most 2^53 - 1 in magnitude",
        `${value}`,
      );
    }
    data[i] = value;
  }
  return data;
}

/** Turns the byte order of each item around; all machines that Deno runs on are little-endian. */
function reverseItems(bytes: Uint8Array, size: number): void {
  for (let at = 0; size > 1 && at < bytes.length; at += size) {
    bytes.subarray(at, at + size).reverse();
  }
}

/** Strings without the zeros at their ends, of bytes in UTF-8 or of 32-bit characters. */
function decodeStrings(
  stored: Uint8Array,
  { elements, itemBytes, isWide, isLittle }: NpyHeader,
): string[] {
  const decoder = new TextDecoder();
  const view = new DataView(
    stored.buffer,
    stored.byteOffset,
    stored.byteLength,
  );
  return Array.from({ length: elements }, (_, i) => {
    const from = i * itemBytes;
    if (!isWide) {
      const text = decoder.decode(stored.subarray(from, from + itemBytes));
      return text.replace(/\0+$/, "");
    }
    let text = "";
    for (let at = from; at < from + itemBytes; at += 4) {
      const code = view.getUint32(at, isLittle);
      text += code > 0x10ffff ? "\ufffd" : String.fromCodePoint(code);
    }
    return text.replace(/\0+$/, "");
  });
}

/** The elements with the last dimension varying fastest, of those with the first. */
function toCOrder<T extends NpyData>(data: T, shape: readonly number[]): T {
  const ordered = data.slice() as { [index: number]: number | string };
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((n, d) => n * d, 1)
  );
  const position = shape.map(() => 0);
  for (let to = 0, from = 0; to < data.length; to++) {
    ordered[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++position[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      position[axis] = 0;
    }
  }
  return ordered as unknown as T;
}
