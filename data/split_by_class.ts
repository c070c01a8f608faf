// Copyright 2026 the Convlab authors. MIT license.

/**
 * Splits labelled examples into training, validation and test examples, class
 * by class, so that each part has its share of every class.
 *
 * @module
 */

import { RandomState } from "../numerics/random.ts";

/** What part of the examples goes where, and how they are shuffled. */
export interface FractionOptions {
  /** Part of the images without a folder or array of their own that validate. @default {0.1} */
  readonly valFraction?: number | undefined;
  /** Part of them that test. @default {0.1} */
  readonly testFraction?: number | undefined;
  /** Seed of the shuffling: the same seed gives the same split. @default {231} */
  readonly seed?: number | undefined;
}

/** Which examples are for what. */
export interface SplitIndices {
  /** Examples to train on. */
  readonly train: Int32Array;
  /** Examples to choose parameters by. */
  readonly validation: Int32Array;
  /** Examples for the last word. */
  readonly test: Int32Array;
}

/**
 * Shuffles examples and splits them class by class. Of `n` examples of a class
 * `round(valFraction * n)` validate and `round(testFraction * n)` test, each at
 * least 1 unless its fraction is 0, and the others train, at least 1: a class
 * of one example only trains, one of two trains and tests or validates.
 *
 * @param labels The class of each example.
 * @throws {RangeError} If a fraction is not from 0 to below 1, or both together leave nothing to train on.
 *
 * @example A tenth each by default
 * ```ts
 * import { splitByClass } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const labels = Int32Array.from({ length: 40 }, (_, i) => i % 2);
 * const { train, validation, test } = splitByClass(labels, { seed: 1 });
 * assertEquals([train.length, validation.length, test.length], [32, 4, 4]);
 * assertEquals(validation.filter((i) => labels[i] === 0).length, 2);
 * ```
 */
export function splitByClass(
  labels: ArrayLike<number>,
  options: FractionOptions = {},
): SplitIndices {
  const { valFraction = 0.1, testFraction = 0.1, seed = 231 } = options;
  checkFractions(valFraction, testFraction);
  const totals = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    totals.set(labels[i]!, (totals.get(labels[i]!) ?? 0) + 1);
  }
  const left = new Map(
    [...totals].map(([label, total]) => [
      label,
      shares(total, valFraction, testFraction),
    ]),
  );
  const parts: Record<keyof SplitIndices, number[]> = {
    train: [],
    validation: [],
    test: [],
  };
  for (const index of new RandomState(seed).permutation(labels.length)) {
    const share = left.get(labels[index]!)!;
    if (share.validation-- > 0) parts.validation.push(index);
    else if (share.test-- > 0) parts.test.push(index);
    else parts.train.push(index);
  }
  return {
    train: Int32Array.from(parts.train),
    validation: Int32Array.from(parts.validation),
    test: Int32Array.from(parts.test),
  };
}

function checkFractions(valFraction: number, testFraction: number): void {
  for (const [name, value] of Object.entries({ valFraction, testFraction })) {
    if (!(value >= 0 && value < 1)) {
      throw new RangeError(
        `Cannot split examples: expected ${name} to be from 0 to below 1 but found ${value}`,
      );
    }
  }
  if (valFraction + testFraction >= 1) {
    throw new RangeError(
      `Cannot split examples: expected valFraction and testFraction to be below 1 together but found ${valFraction} and ${testFraction}`,
    );
  }
}

/** How many examples of a class of `total` validate and test. */
function shares(total: number, valFraction: number, testFraction: number) {
  const share = (fraction: number, most: number) =>
    fraction === 0
      ? 0
      : Math.min(most, Math.max(1, Math.round(fraction * total)));
  const validation = share(valFraction, total - 1);
  return { validation, test: share(testFraction, total - 1 - validation) };
}
