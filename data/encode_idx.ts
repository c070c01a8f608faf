// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes the IDX format, which `idx.ts` describes and reads.
 *
 * @module
 */

import { formatShape } from "../numerics/tensor.ts";
import type { IdxArray } from "./idx.ts";

const UNSIGNED_BYTE = 0x08;

/**
 * Writes an array in the IDX format, not compressed.
 *
 * @throws {RangeError} If there are no dimensions, more than 255, or the shape does not hold the elements.
 *
 * @example A header of eight bytes
 * ```ts
 * import { encodeIdx } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = { shape: [2], data: Uint8Array.of(9, 0) };
 * assertEquals(encodeIdx(labels), Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 9, 0));
 * ```
 */
export function encodeIdx(array: IdxArray): Uint8Array<ArrayBuffer> {
  const { shape, data } = array;
  if (shape.length < 1 || shape.length > 255) {
    throw new RangeError(
      `Cannot encode IDX: expected 1 to 255 dimensions but found ${shape.length}`,
    );
  }
  if (
    shape.some((d) => !Number.isInteger(d) || d < 0 || d >= 2 ** 32) ||
    shape.reduce((n, d) => n * d, 1) !== data.length
  ) {
    throw new RangeError(
      `Cannot encode IDX: expected a shape that holds ${data.length} elements but found ${
        formatShape(shape)
      }`,
    );
  }
  const headerBytes = 4 + 4 * shape.length;
  const bytes = new Uint8Array(headerBytes + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(2, UNSIGNED_BYTE << 8 | shape.length);
  for (const [i, d] of shape.entries()) view.setUint32(4 + 4 * i, d);
  bytes.set(data, headerBytes);
  return bytes;
}
