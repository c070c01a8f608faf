// Copyright 2026 the Convlab authors. MIT license.

/**
 * What it means that fast and naive layers agree.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { DType, Tensor } from "../../numerics/tensor.ts";

/**
 * How far a fast result may lie from the naive one, in units of the largest
 * value: 1e-12 in float64, and in float32 what sums of some hundred rounded
 * products of like size can be off by (the naive ones are rounded once).
 */
export const TOLERANCE: Readonly<Record<DType, number>> = {
  float64: 1e-12,
  float32: 1e-5,
};

/** Asserts that two results have the same shape and dtype, and agree within the tolerance. */
export function assertAgree(
  actual: Tensor,
  expected: Tensor,
  name: string,
): void {
  assertEquals(actual.shape, expected.shape, name);
  assertEquals(actual.dtype, expected.dtype, name);
  let size = 0;
  let difference = 0;
  for (let i = 0; i < expected.size; i++) {
    size = Math.max(size, Math.abs(expected.data[i]!));
    difference = Math.max(
      difference,
      Math.abs(actual.data[i]! - expected.data[i]!),
    );
    assert(Number.isFinite(actual.data[i]!), `${name}[${i}] is not finite`);
  }
  const tolerance = TOLERANCE[expected.dtype] * size;
  assert(
    difference <= tolerance,
    `${name} differs by ${difference} of ${size}`,
  );
}

/** Asserts that NaN stands in exactly the same places. */
export function assertSameNaN(
  actual: Tensor,
  expected: Tensor,
  name: string,
): void {
  for (let i = 0; i < expected.size; i++) {
    assertEquals(
      Number.isNaN(actual.data[i]!),
      Number.isNaN(expected.data[i]!),
      `${name}[${i}]: ${actual.data[i]} for ${expected.data[i]}`,
    );
  }
}

/** The bytes of tensors, one after the other, as text that can be compared. */
export function bytesOf(...tensors: readonly Tensor[]): string {
  return tensors.map(({ data }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    let hash = 0xcbf29ce484222325n;
    const words = new BigUint64Array(bytes.slice(0, bytes.length & ~7).buffer);
    for (const word of words) {
      hash = BigInt.asUintN(64, (hash ^ word) * 0x100000001b3n);
    }
    for (const byte of bytes.subarray(bytes.length & ~7)) {
      hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
    }
    return hash.toString(16);
  }).join();
}
