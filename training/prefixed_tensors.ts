// Copyright 2026 the Convlab authors. MIT license.

/**
 * Several records of tensors in one, kept apart by what their names begin with.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** Copies of tensors, each name with a prefix. */
export function withPrefix(
  prefix: string,
  tensors: Tensors,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, t]) => [`${prefix}${name}`, t.clone()]),
  );
}

/** Copies of tensors, under the same names. */
export function copyTensors(tensors: Tensors): Record<string, Tensor> {
  return withPrefix("", tensors);
}

/** The tensors whose names have a prefix, without it. */
export function ofPrefix(
  prefix: string,
  tensors: Tensors,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors)
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, t]) => [name.slice(prefix.length), t]),
  );
}
