// Copyright 2026 the Convlab authors. MIT license.

/**
 * Checks of arguments that several layers share.
 *
 * @module
 */

import { formatShape, type Tensor } from "../numerics/tensor.ts";

/** Throws a `TypeError` unless tensor `name` has this shape. */
export function checkShape(
  action: string,
  name: string,
  value: Tensor,
  shape: readonly number[],
): void {
  const same = value.shape.length === shape.length &&
    shape.every((length, axis) => length === value.shape[axis]);
  if (!same) {
    throw new TypeError(
      `Cannot ${action}: expected ${name} of shape ${
        formatShape(shape)
      } but found ${formatShape(value.shape)}`,
    );
  }
}
