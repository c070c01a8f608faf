// Copyright 2026 the Convlab authors. MIT license.

/**
 * What it means that fast and naive layers agree.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { assert, assertEquals } from "@std/assert";
import { type DType, Tensor } from "../../numerics/tensor.ts";

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

/** The gap between 1 and the next number. */
const EPSILON: Readonly<Record<DType, number>> = {
  float64: 2 ** -52,
  float32: 2 ** -23,
};

/**
 * Asserts that two results have the same shape and dtype and agree element by
 * element within what rounding can do to sums, in whatever order they are
 * taken; and in float64 within 1e-12 of the largest.
 *
 * @param sizes The same result, of the absolute values of all inputs.
 * @param terms Products that are added up for one element.
 */
export function assertWithinRounding(
  actual: Tensor,
  expected: Tensor,
  sizes: Tensor,
  terms: number,
  name: string,
): void {
  assertEquals(actual.shape, expected.shape, name);
  assertEquals(actual.dtype, expected.dtype, name);
  const bound = (terms + 2) * EPSILON[expected.dtype];
  for (let i = 0; i < expected.size; i++) {
    const difference = Math.abs(actual.data[i]! - expected.data[i]!);
    assert(
      difference <= bound * sizes.data[i]!,
      `${name}[${i}]: ${actual.data[i]} for ${expected.data[i]}`,
    );
  }
  // All of a few sums may happen to be almost 0.
  if (expected.dtype === "float64" && expected.size >= 10) {
    assertAgree(actual, expected, name);
  }
}

/** Asserts that NaN and infinities stand in exactly the same places. */
export function assertSameNonFinite(
  actual: Tensor,
  expected: Tensor,
  name: string,
): void {
  const special = (value: number) => Number.isFinite(value) ? "finite" : value;
  for (let i = 0; i < expected.size; i++) {
    assertEquals(
      special(actual.data[i]!),
      special(expected.data[i]!),
      `${name}[${i}]: ${actual.data[i]} for ${expected.data[i]}`,
    );
  }
}

/** The absolute values of a tensor, in float64. */
export function absolute(x: Tensor): Tensor {
  return new Tensor(x.astype("float64").data.map(Math.abs), x.shape);
}

/** A digest of each tensor's bytes: the same text for the same bytes only. */
export function bytesOf(...tensors: readonly Tensor[]): string {
  return tensors.map(({ data }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return createHash("sha256").update(bytes.slice()).digest("hex");
  }).join();
}
