// Copyright 2026 the Convlab authors. MIT license.

/**
 * Sums in NumPy's order, which decides the last digits of a result.
 *
 * @module
 */
import type { TensorData } from "./tensor.ts";

/** Elements that are summed pairwise; NumPy's buffer size. */
const CHUNK = 8192;

/** Elements that are summed without halving. */
const BLOCK = 128;

/**
 * The sum of consecutive elements, added in the order of `numpy.sum` over a
 * contiguous array (NumPy 1.x): chunks of 8192 one after the other, each
 * pairwise, that is by halves down to blocks of at most 128, in which eight
 * running sums are kept. Float32 elements are summed in float32.
 *
 * @param values The elements.
 * @param offset Index of the first.
 * @param length How many; by default all from `offset` on.
 * @returns Their sum; 0 for none.
 * @throws {RangeError} If the range does not lie within `values`.
 *
 * @example Ten tenths are one, which adding them in sequence misses
 * ```ts
 * import { sum } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(sum(new Float64Array(10).fill(0.1)), 1);
 * assertEquals(sum(new Float64Array([1, 2, 3, 4]), 1, 2), 5);
 * ```
 */
export function sum(
  values: TensorData,
  offset = 0,
  length: number = values.length - offset,
): number {
  const end = offset + length;
  if (
    !Number.isInteger(offset) || !Number.isInteger(length) ||
    offset < 0 || length < 0 || end > values.length
  ) {
    throw new RangeError(
      `Cannot sum: expected a range within ${values.length} elements but found ${length} from ${offset}`,
    );
  }
  let total = 0;
  if (values instanceof Float32Array) {
    for (let i = offset; i < end; i += CHUNK) {
      const chunk = pairwise32(values, i, Math.min(CHUNK, end - i));
      total = Math.fround(total + chunk);
    }
  } else {
    for (let i = offset; i < end; i += CHUNK) {
      total += pairwise64(values, i, Math.min(CHUNK, end - i));
    }
  }
  return total;
}

function pairwise64(a: Float64Array, begin: number, length: number): number {
  if (length > BLOCK) {
    const half = firstHalf(length);
    return pairwise64(a, begin, half) +
      pairwise64(a, begin + half, length - half);
  }
  const end = begin + length;
  let i = begin;
  let total = 0;
  if (length >= 8) {
    let r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0, r6 = 0, r7 = 0;
    for (; i + 8 <= end; i += 8) {
      r0 += a[i]!;
      r1 += a[i + 1]!;
      r2 += a[i + 2]!;
      r3 += a[i + 3]!;
      r4 += a[i + 4]!;
      r5 += a[i + 5]!;
      r6 += a[i + 6]!;
      r7 += a[i + 7]!;
    }
    total = ((r0 + r1) + (r2 + r3)) + ((r4 + r5) + (r6 + r7));
  }
  for (; i < end; i++) total += a[i]!;
  return total;
}

/** The same, rounding every sum to float32. */
function pairwise32(a: Float32Array, begin: number, length: number): number {
  const f = Math.fround;
  if (length > BLOCK) {
    const half = firstHalf(length);
    return f(
      pairwise32(a, begin, half) + pairwise32(a, begin + half, length - half),
    );
  }
  const end = begin + length;
  let i = begin;
  let total = 0;
  if (length >= 8) {
    let r0 = 0, r1 = 0, r2 = 0, r3 = 0, r4 = 0, r5 = 0, r6 = 0, r7 = 0;
    for (; i + 8 <= end; i += 8) {
      r0 = f(r0 + a[i]!);
      r1 = f(r1 + a[i + 1]!);
      r2 = f(r2 + a[i + 2]!);
      r3 = f(r3 + a[i + 3]!);
      r4 = f(r4 + a[i + 4]!);
      r5 = f(r5 + a[i + 5]!);
      r6 = f(r6 + a[i + 6]!);
      r7 = f(r7 + a[i + 7]!);
    }
    total = f(f(f(r0 + r1) + f(r2 + r3)) + f(f(r4 + r5) + f(r6 + r7)));
  }
  for (; i < end; i++) total = f(total + a[i]!);
  return total;
}

/** Where NumPy splits: at half, rounded down to a multiple of eight. */
function firstHalf(length: number): number {
  const half = length >> 1;
  return half - half % 8;
}
