// Copyright 2026 the Convlab authors. MIT license.

// Sums in NumPy's order, so that they agree with it to the last bit: eight
// running sums (here the lanes of vectors) over up to 128 numbers, halves of
// longer runs added to each other.

import { addScaled } from "./elementwise";
import { bytes, lanes, sumLanes, zero } from "./simd";

/** Sum of `n` numbers as NumPy's pairwise summation adds them. */
export function pairwiseSum<T>(p: usize, n: i32): T {
  if (n > 128) {
    let half = n >> 1;
    half -= half & 7;
    return pairwiseSum<T>(p, half) + pairwiseSum<T>(p + bytes<T>(half), n - half);
  }
  return blockSum<T>(p, n, false);
}

/** Sum of the squares of `n` numbers, each rounded, in the same order. */
export function pairwiseSumSquares<T>(p: usize, n: i32): T {
  if (n > 128) {
    let half = n >> 1;
    half -= half & 7;
    return pairwiseSumSquares<T>(p, half) + pairwiseSumSquares<T>(p + bytes<T>(half), n - half);
  }
  return blockSum<T>(p, n, true);
}

// @ts-ignore: decorator
@inline
function blockSum<T>(p: usize, n: i32, squares: bool): T {
  let total: T = 0;
  let i = 0;
  if (n >= 8) {
    const end = n & ~7;
    if (sizeof<T>() == 4) {
      let r0 = term<T>(p, squares), r1 = term<T>(p + 16, squares);
      for (i = 8; i < end; i += 8) {
        const q = p + bytes<T>(i);
        r0 = v128.add<T>(r0, term<T>(q, squares));
        r1 = v128.add<T>(r1, term<T>(q + 16, squares));
      }
      total = <T>(fourLanes(r0) + fourLanes(r1));
    } else {
      let r0 = term<T>(p, squares), r1 = term<T>(p + 16, squares);
      let r2 = term<T>(p + 32, squares), r3 = term<T>(p + 48, squares);
      for (i = 8; i < end; i += 8) {
        const q = p + bytes<T>(i);
        r0 = v128.add<T>(r0, term<T>(q, squares));
        r1 = v128.add<T>(r1, term<T>(q + 16, squares));
        r2 = v128.add<T>(r2, term<T>(q + 32, squares));
        r3 = v128.add<T>(r3, term<T>(q + 48, squares));
      }
      total = <T>((twoLanes(r0) + twoLanes(r1)) + (twoLanes(r2) + twoLanes(r3)));
    }
  }
  for (; i < n; i++) {
    const v = load<T>(p + bytes<T>(i));
    total += squares ? v * v : v;
  }
  return total;
}

// @ts-ignore: decorator
@inline
function term<T>(p: usize, squares: bool): v128 {
  const v = v128.load(p);
  return squares ? v128.mul<T>(v, v) : v;
}

// @ts-ignore: decorator
@inline
function fourLanes(v: v128): f32 {
  return (f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1)) +
    (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

// @ts-ignore: decorator
@inline
function twoLanes(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Numbers that one work item of `sumSquares` adds; NumPy's buffer size. */
export const SUM_BLOCK: i32 = 8192;

/** parts[i] = sum of the squares of block i of `n` numbers. */
// kernel sum_squares
export function sumSquares<T>(
  x: usize, parts: usize, n: i32, scratch: usize, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const from = i * SUM_BLOCK;
    store<T>(parts + bytes<T>(i), pairwiseSumSquares<T>(x + bytes<T>(from), min(SUM_BLOCK, n - from)));
  }
}

/** The same, and y += a * x on the way: a block of x is read from memory once. */
// kernel sum_squares_add_scaled
export function sumSquaresAddScaled<T>(
  x: usize, parts: usize, n: i32, a: T, y: usize, scratch: usize, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    sumSquares<T>(x, parts, n, scratch, i, i + 1);
    const first = i * SUM_BLOCK;
    addScaled<T>(a, x, y, scratch, first, min(n, first + SUM_BLOCK));
  }
}

/** parts[i] = 0 if all numbers of block i are finite, and NaN otherwise. */
// kernel sum_of_zeros
export function sumOfZeros<T>(
  x: usize, parts: usize, n: i32, scratch: usize, begin: i32, end: i32,
): void {
  for (let block = begin; block < end; block++) {
    const first = block * SUM_BLOCK, last = min(n, first + SUM_BLOCK);
    let total = zero<T>();
    let i = first;
    for (; i + lanes<T>() <= last; i += lanes<T>()) {
      // 0 times what is not finite is NaN, and a sum stays it.
      total = v128.add<T>(total, v128.mul<T>(zero<T>(), v128.load(x + bytes<T>(i))));
    }
    let sum = sumLanes<T>(total);
    for (; i < last; i++) sum += <T>0 * load<T>(x + bytes<T>(i));
    store<T>(parts + bytes<T>(block), sum);
  }
}

/** Columns `begin` to `end` of out[j] = sum over i of x[i][j], in sequence over i. */
// kernel sum_rows
export function sumRows<T>(
  x: usize, out: usize, rows: i32, columns: i32, scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(columns);
  let j = begin;
  for (; j + lanes<T>() <= end; j += lanes<T>()) {
    let p = x + bytes<T>(j);
    let total = zero<T>();
    for (let i = 0; i < rows; i++, p += rowBytes) total = v128.add<T>(total, v128.load(p));
    v128.store(out + bytes<T>(j), total);
  }
  for (; j < end; j++) {
    let p = x + bytes<T>(j);
    let total: T = 0;
    for (let i = 0; i < rows; i++, p += rowBytes) total += load<T>(p);
    store<T>(out + bytes<T>(j), total);
  }
}
