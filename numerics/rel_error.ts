// Copyright 2026 the Convlab authors. MIT license.

/**
 * The relative error by which the document compares two results.
 *
 * @module
 */
import { formatShape, Tensor } from "./tensor.ts";

/** Smallest denominator, so that two numbers near 0 count as equal. */
const FLOOR = 1e-8;

/**
 * The largest relative error between corresponding elements,
 * `max(|x - y| / max(1e-8, |x| + |y|))`, computed in float64.
 *
 * @param x A tensor, or a number.
 * @param y Another of the same shape, in either dtype; or another number.
 * @returns The error: 0 for equal (or no) elements and at most 1 for finite
 * ones; NaN if any element is NaN or an infinity faces one of the same sign.
 * @throws {TypeError} If the shapes differ.
 *
 * @example Compare two results
 * ```ts
 * import { relError, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(relError(3, 1), 0.5);
 * assertEquals(relError(tensor([1, 2]), tensor([1, 6])), 0.5);
 * ```
 */
export function relError(x: Tensor | number, y: Tensor | number): number {
  if (typeof x === "number" && typeof y === "number") return errorOf(x, y);
  if (!(x instanceof Tensor && y instanceof Tensor)) {
    throw new TypeError(
      `Cannot compare: expected two tensors or two numbers but found ${x} and ${y}`,
    );
  }
  if (String(x.shape) !== String(y.shape)) {
    throw new TypeError(
      `Cannot compare: expected y.shape to equal x.shape ${
        formatShape(x.shape)
      } but found ${formatShape(y.shape)}`,
    );
  }
  let largest = 0;
  for (let i = 0; i < x.size; i++) {
    largest = Math.max(largest, errorOf(x.data[i]!, y.data[i]!));
  }
  return largest;
}

/** `Math.max` passes NaN on, as `numpy.maximum` does. */
function errorOf(x: number, y: number): number {
  return Math.abs(x - y) / Math.max(FLOOR, Math.abs(x) + Math.abs(y));
}
