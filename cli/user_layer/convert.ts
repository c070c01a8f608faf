// Copyright 2026 the Convlab authors. MIT license.

/**
 * Takes whatever a user's layer gives for numbers.
 *
 * @module
 */

import { Tensor, tensor } from "../../numerics/tensor.ts";

/**
 * A tensor of a number, nested arrays, a float array, or a tensor (also one of
 * another copy of Convlab); nothing for anything else.
 */
export function tensorOf(value: unknown): Tensor | undefined {
  try {
    if (value instanceof Tensor) return value;
    if (typeof value === "number" || Array.isArray(value)) return tensor(value);
    if (isFloats(value)) return new Tensor(value, [value.length]);
    if (isTensorLike(value)) return new Tensor(value.data, value.shape);
  } catch {
    // Ragged arrays, or a shape that does not fit.
  }
  return undefined;
}

/** A few words on a value that was not expected. */
export function describe(value: unknown): string {
  if (value === undefined || value === null) return "none";
  if (value instanceof Promise) {
    return "a promise (async functions cannot be checked)";
  }
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return String(value);
  const given = tensorOf(value);
  if (given !== undefined) {
    const odd = given.data.find((v) => !Number.isFinite(v));
    return odd === undefined ? String(given) : String(odd);
  }
  if (Array.isArray(value)) return "an array that is ragged or not of numbers";
  if (typeof value !== "object") return `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? "an empty object" : `{ ${keys.join(", ")} }`;
}

function isFloats(value: unknown): value is Float32Array | Float64Array {
  return value instanceof Float32Array || value instanceof Float64Array;
}

function isTensorLike(
  value: unknown,
): value is { data: Float32Array | Float64Array; shape: readonly number[] } {
  return typeof value === "object" && value !== null && "data" in value &&
    isFloats(value.data) && "shape" in value && Array.isArray(value.shape);
}
