// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes NumPy's `.npy` files.
 *
 * @module
 */

import { formatShape, sizeOf } from "../numerics/tensor.ts";
import { encodeNpyHeader } from "./npy_header.ts";
import { type NpyArray, NUMBER_FORMATS } from "./npy_types.ts";

/**
 * Writes an array, such as a tensor, as the bytes of a `.npy` file: format 1.0,
 * little-endian, in C order, as `numpy.save` does.
 *
 * @throws {RangeError} If the shape does not hold the elements, or an element of a 64-bit integer type is no integer.
 *
 * @example What NumPy reads as float32 of shape (2,)
 * ```ts
 * import { encodeNpy, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const bytes = encodeNpy(tensor([1, 2], undefined, "float32"));
 * const header = new TextDecoder().decode(bytes.subarray(10, 127)).trimEnd();
 * assertEquals(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }");
 * ```
 */
export function encodeNpy(array: NpyArray): Uint8Array<ArrayBuffer> {
  const { shape, dtype, data } = array;
  if (sizeOf(shape) !== data.length) {
    throw new RangeError(
      `Cannot encode array: expected a shape that holds ${data.length} elements but found ${
        formatShape(shape)
      }`,
    );
  }
  if (dtype === "string") {
    return encodeStrings(data as readonly string[], shape);
  }
  const { code, bytes, set } = NUMBER_FORMATS[dtype];
  const header = encodeNpyHeader(`${bytes === 1 ? "|" : "<"}${code}`, shape);
  const out = new Uint8Array(header.length + data.length * bytes);
  out.set(header);
  if (set === undefined) {
    const { buffer, byteOffset, byteLength } = data as Uint8Array;
    out.set(new Uint8Array(buffer, byteOffset, byteLength), header.length);
    return out;
  }
  const view = new DataView(out.buffer, header.length);
  for (let i = 0; i < data.length; i++) set(view, i * bytes, Number(data[i]));
  return out;
}

function encodeStrings(
  strings: readonly string[],
  shape: readonly number[],
): Uint8Array<ArrayBuffer> {
  const codes = strings.map((text) =>
    Array.from(text, (c) => c.codePointAt(0)!)
  );
  const width = codes.reduce((most, { length }) => Math.max(most, length), 1);
  const header = encodeNpyHeader(`<U${width}`, shape);
  const out = new Uint8Array(header.length + strings.length * width * 4);
  out.set(header);
  const view = new DataView(out.buffer, header.length);
  for (const [i, text] of codes.entries()) {
    for (const [j, code] of text.entries()) {
      view.setUint32(4 * (i * width + j), code, true);
    }
  }
  return out;
}
