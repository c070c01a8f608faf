// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compares what a pass gives with its references, before it is timed.
 *
 * @module
 */

import type { DType, Tensor } from "../../numerics/tensor.ts";
import { nameOf, type Pass } from "./pass.ts";

/** How far a fast result may lie from an independent one, in units of the largest value. */
const TOLERANCE: Readonly<Record<DType, number>> = {
  float64: 1e-12,
  float32: 1e-5,
};
/** Terms of a sum for which the float32 tolerance is meant; longer sums have more. */
const TERMS = 1000;

/** How well a pass agrees with its references. */
export interface Verdict {
  /** Largest difference of each result, in units of its largest value. */
  readonly differences: Readonly<Record<string, number>>;
  /** What is wrong, one line for each result that is too far off. */
  readonly complaints: readonly string[];
}

/** Runs a pass once and compares. */
export function verify(pass: Pass): Verdict {
  const references = Object.entries(pass.references());
  const results = pass.results();
  const differences: Record<string, number> = {};
  const complaints: string[] = [];
  for (const [name, { value, terms }] of references) {
    const result = results[name];
    const difference = result === undefined
      ? NaN
      : scaledDifference(value, result);
    const allowed = tolerance(pass.work.dtype, terms);
    differences[name] = difference;
    // Negated, so that NaN does not agree.
    if (!(difference <= allowed)) {
      complaints.push(
        `${nameOf(pass.work)}: expected ${name} within ${
          allowed.toExponential(0)
        } of the naive one but found ${difference.toExponential(1)}`,
      );
    }
  }
  return { differences, complaints };
}

/**
 * The difference that rounding may make. Each addition rounds by about half a
 * unit in the last place, up or down, so the error of a sum of n terms grows as
 * √n; float64 has digits to spare.
 */
export function tolerance(dtype: DType, terms: number): number {
  const growth = dtype === "float32" ? Math.sqrt(terms / TERMS) : 1;
  return TOLERANCE[dtype] * Math.max(1, growth);
}

/** Largest difference over largest value; NaN if there is one, or the shapes differ. */
export function scaledDifference(a: Tensor, b: Tensor): number {
  if (String(a.shape) !== String(b.shape)) return NaN;
  let difference = 0;
  let size = 0;
  for (let i = 0; i < a.size; i++) {
    difference = Math.max(difference, Math.abs(a.data[i]! - b.data[i]!));
    size = Math.max(size, Math.abs(a.data[i]!));
  }
  return size === 0 ? difference : difference / size;
}
