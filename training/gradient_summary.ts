// Copyright 2026 the Convlab authors. MIT license.

/**
 * A gradient in a few numbers, to be kept while a network trains: how large it
 * is, and how its numbers are spread over orders of magnitude.
 *
 * @module
 */

import { sumSquares } from "../kernels/sum.ts";
import type { Tensor } from "../numerics/tensor.ts";

/** What {@linkcode summarizeGradient} returns. */
export interface GradientSummary {
  /** The square root of the sum of all squares. */
  readonly norm: number;
  /** Numbers that were looked at. */
  readonly sample: number;
  /** Those of them that are 0. */
  readonly zeros: number;
  /** Those of them that are NaN or infinite. */
  readonly nonFinite: number;
  /** The bin of the first count. */
  readonly first: number;
  /** How many are in each bin from there on: bin b holds 10^(b / 5) ≤ |g| < 10^((b + 1) / 5). */
  readonly counts: readonly number[];
}

/** Bins of one power of ten. */
export const BINS_PER_DECADE = 5;

/** Numbers that are looked at, at most. */
const SAMPLE = 65_536;
/** Iterations of a training whose gradients are looked at, about. */
const MOMENTS = 64;
/** The least bin, for whatever is smaller. */
const LEAST = -20 * BINS_PER_DECADE;
/** The bin of the largest float32 number. */
const LARGEST = Math.floor(Math.log10(3.4028234663852886e38) * BINS_PER_DECADE);
/** Bits of the mantissa that are not looked at in the table. */
const SHIFT = 16;

/** Where bin LEAST + i begins, rounded to float32. */
const EDGES = Float32Array.from(
  { length: LARGEST - LEAST + 2 },
  (_, i) => 10 ** ((LEAST + i) / BINS_PER_DECADE),
);

/** For the upper bits of a positive number the bin of the least number that begins so. */
let table: Uint16Array | undefined;

/**
 * Whether the gradients of an iteration are kept: of 64 or so that are spread
 * evenly over a training, the first among them.
 *
 * @param iteration From 1.
 * @param lastIteration How many there will be.
 */
export function isGradientMoment(
  iteration: number,
  lastIteration: number,
): boolean {
  return (iteration - 1) % Math.ceil(lastIteration / MOMENTS) === 0;
}

/**
 * Counts the numbers of a gradient by their order of magnitude, as float32
 * numbers, five bins a power of ten. Of more than 65,536 numbers every so many
 * are taken; the step has no factor in common with their number, so that no row
 * or column is favoured. What is below 10⁻²⁰ is counted at 10⁻²⁰.
 *
 * @param gradient Of any shape and dtype.
 *
 * @example Hundredths, tenths and nothing
 * ```ts
 * import { summarizeGradient, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { first, counts, zeros } = summarizeGradient(tensor([0.03, -0.04, 0.2, 0]));
 * assertEquals(first, -8); // from 10^-1.6 on
 * assertEquals(counts, [1, 1, 0, 0, 1]);
 * assertEquals(zeros, 1);
 * ```
 */
export function summarizeGradient(gradient: Tensor): GradientSummary {
  const { data, size } = gradient;
  const bins = table ??= makeTable();
  const step = stepThrough(size);
  const sample = Math.ceil(size / step);
  const values = new Float32Array(sample);
  for (let i = 0, at = 0; i < sample; i++, at += step) values[i] = data[at]!;
  const bits = new Uint32Array(values.buffer);
  const all = new Uint32Array(EDGES.length);
  let [zeros, nonFinite] = [0, 0];
  for (let i = 0; i < sample; i++) {
    const positive = bits[i]! & 0x7fffffff;
    if (positive === 0) zeros++;
    else if (positive >= 0x7f800000) nonFinite++;
    else {
      const bin = bins[positive >>> SHIFT]!;
      all[Math.abs(values[i]!) >= EDGES[bin + 1]! ? bin + 1 : bin]!++;
    }
  }
  const begin = Math.max(0, all.findIndex((n) => n > 0));
  const end = all.findLastIndex((n) => n > 0) + 1;
  return {
    norm: Math.sqrt(sumSquares(gradient)),
    ...{ sample, zeros, nonFinite },
    first: LEAST + begin,
    counts: [...all.subarray(begin, end)],
  };
}

/** The least step that takes at most {@linkcode SAMPLE} numbers and has no factor in common with `size`. */
function stepThrough(size: number): number {
  let step = Math.max(1, Math.ceil(size / SAMPLE));
  while (greatestCommonDivisor(step, size) > 1) step++;
  return step;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** A number's upper bits leave it within 1 % of others, so within two bins. */
function makeTable(): Uint16Array {
  const bits = new Uint32Array(1);
  const value = new Float32Array(bits.buffer);
  let bin = 0;
  return Uint16Array.from({ length: 0x7f80 }, (_, i) => {
    bits[0] = i << SHIFT;
    while (EDGES[bin + 1]! <= value[0]!) bin++;
    return bin;
  });
}
