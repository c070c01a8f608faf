// Copyright 2026 the Convlab authors. MIT license.

/**
 * Small helpers for tensors and the indices of their elements.
 *
 * @module
 */

import type { Tensor } from "../../numerics/tensor.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** Whether two tensors are equal, bit by bit. */
export function same(a: Tensor, b: Tensor): boolean {
  return String(a.shape) === String(b.shape) &&
    a.data.every((v, i) => Object.is(v, b.data[i]));
}

/** Copies of tensors. */
export function copyOf(inputs: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, x]) => [name, x.clone()]),
  );
}

/** Index of an element, one number for each axis, from its offset. */
export function indexOf(offset: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (const length of shape.toReversed()) {
    index.unshift(offset % length);
    offset = Math.floor(offset / length);
  }
  return index;
}

/** An index as it is written in a program: `[0, 2]`. */
export function formatIndex(index: readonly number[]): string {
  return `[${index.join(", ")}]`;
}
