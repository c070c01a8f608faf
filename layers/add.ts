// Copyright 2026 the Convlab authors. MIT license.

/**
 * The sum of two branches of a network: what closes a residual block.
 *
 * @module
 */

import { add } from "../kernels/elementwise.ts";
import { promoteDTypes, type Tensor } from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/**
 * Computes `a + b`, element by element. Its gradient with respect to either is
 * the gradient of the sum itself.
 *
 * @param a A tensor of any shape.
 * @param b Another of the same shape.
 * @returns The sum, float64 if either is.
 * @throws {TypeError} If the shapes differ.
 *
 * @example
 * ```ts
 * import { addTensors, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const sum = addTensors(tensor([1, 2]), tensor([10, 20]));
 * assertEquals(sum.data, new Float64Array([11, 22]));
 * ```
 */
export function addTensors(a: Tensor, b: Tensor): Tensor {
  checkShape("add", "b", b, a.shape);
  return add(a, b, promoteDTypes(a, b));
}
