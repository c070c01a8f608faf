// Copyright 2026 the Convlab authors. MIT license.

// What every kernel is written in: vectors of 128 bits holding four f32 or two
// f64, and a multiply-add that is fused where the module is built for it.
//
// `@ts-ignore: decorator` is how AssemblyScript has TypeScript's editors accept its
// `@inline`; none of these files is checked or run as TypeScript.
//
// A kernel is generic in T (f32 or f64). Its last three parameters are always
// (scratch, begin, end): memory of the calling thread's own, and the range of
// work items that this call does.

import { VECTORS } from "./variant";

/** Numbers of type T in one vector. */
// @ts-ignore: decorator
@inline
export function lanes<T>(): i32 {
  return 16 / <i32>sizeof<T>();
}

/** Columns (pixels, or columns of a matrix product) in one register tile. */
// @ts-ignore: decorator
@inline
export function tileColumns<T>(): i32 {
  return VECTORS * lanes<T>();
}

/** a * b + c, rounded once in the relaxed module and twice in the strict one. */
// @ts-ignore: decorator
@inline
export function madd<T>(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<T>(a, b, c);
  return v128.add<T>(c, v128.mul<T>(a, b));
}

/** A vector of zeros. */
// @ts-ignore: decorator
@inline
export function zero<T>(): v128 {
  return v128.splat<T>(<T>0);
}

/** Sum over the lanes, in a fixed order. */
// @ts-ignore: decorator
@inline
export function sumLanes<T>(v: v128): T {
  if (sizeof<T>() == 8) {
    return <T>(v128.extract_lane<f64>(v, 0) + v128.extract_lane<f64>(v, 1));
  }
  return <T>((v128.extract_lane<f32>(v, 0) + v128.extract_lane<f32>(v, 1)) +
    (v128.extract_lane<f32>(v, 2) + v128.extract_lane<f32>(v, 3)));
}

/** Every other number of two vectors, from the first on. */
// @ts-ignore: decorator
@inline
export function evenLanes<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return v128.shuffle<f64>(a, b, 0, 2);
  return v128.shuffle<f32>(a, b, 0, 2, 4, 6);
}

/** Every other number of two vectors, from the second on. */
// @ts-ignore: decorator
@inline
export function oddLanes<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return v128.shuffle<f64>(a, b, 1, 3);
  return v128.shuffle<f32>(a, b, 1, 3, 5, 7);
}

/** The first halves of two vectors, in turn. */
// @ts-ignore: decorator
@inline
export function interleavedLow<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return v128.shuffle<f64>(a, b, 0, 2);
  return v128.shuffle<f32>(a, b, 0, 4, 1, 5);
}

/** The second halves of two vectors, in turn. */
// @ts-ignore: decorator
@inline
export function interleavedHigh<T>(a: v128, b: v128): v128 {
  if (sizeof<T>() == 8) return v128.shuffle<f64>(a, b, 1, 3);
  return v128.shuffle<f32>(a, b, 2, 6, 3, 7);
}

/** Lanes of a where all bits of the mask are set, and of b where none is; there must be no other. */
// @ts-ignore: decorator
@inline
export function select<T>(a: v128, b: v128, mask: v128): v128 {
  if (!ASC_FEATURE_RELAXED_SIMD) return v128.bitselect(a, b, mask);
  if (sizeof<T>() == 8) return i64x2.relaxed_laneselect(a, b, mask);
  return i32x4.relaxed_laneselect(a, b, mask);
}

/** Bytes of `n` numbers of type T. */
// @ts-ignore: decorator
@inline
export function bytes<T>(n: i32): usize {
  return <usize>n * sizeof<T>();
}
