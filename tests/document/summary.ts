// Copyright 2026 the Convlab authors. MIT license.

/**
 * Comparison with arrays that are too large for a fixture, and are summed up.
 *
 * @module
 */

import { assertAlmostEquals, assertEquals } from "@std/assert";
import { sum } from "../../numerics/sum.ts";
import type { Tensor } from "../../numerics/tensor.ts";

/** What a fixture tells of a large array. */
export interface Summary {
  readonly shape: readonly number[];
  readonly first8: readonly number[];
  readonly last8: readonly number[];
  readonly sum_npsum: number;
  readonly sum_abs: number;
  readonly max: number;
  readonly min: number;
}

/** Asserts that a tensor is the one that was summed up, but for rounding. */
export function assertSummary(actual: Tensor, expected: Summary): void {
  assertEquals([...actual.shape], [...expected.shape]);
  const close = (a: number, b: number, scale = Math.abs(b)) =>
    assertAlmostEquals(a, b, 1e-11 * scale + Number.MIN_VALUE);
  const { data } = actual;
  const scale = Math.max(Math.abs(expected.max), Math.abs(expected.min));
  const ends = [[data.slice(0, 8), expected.first8], [
    data.slice(-8),
    expected.last8,
  ]] as const;
  for (const [values, references] of ends) {
    references.forEach((reference, i) => close(values[i]!, reference, scale));
  }
  close(sum(data), expected.sum_npsum, expected.sum_abs);
  close(sum(data.map(Math.abs)), expected.sum_abs);
  let max = -Infinity;
  let min = Infinity;
  for (const value of data) {
    max = Math.max(max, value);
    min = Math.min(min, value);
  }
  close(max, expected.max);
  close(min, expected.min, scale);
}
