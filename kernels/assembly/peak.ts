// Copyright 2026 the Convlab authors. MIT license.

// How fast the machine can multiply and add at all: a tile's multiply-adds on
// registers, without a load in between.

import { registerProducts } from "./tile";
import { bytes } from "./simd";

/** Each item does `turns` turns, and writes five rows of a register tile to `out`. */
// kernel multiply_add_peak_{tile}
export function multiplyAddPeak<T>(
  out: usize, turns: i32, scratch: usize, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    store<T>(scratch, <T>1e-3);
    registerProducts<T>(scratch, turns);
    store<T>(out + bytes<T>(i), load<T>(scratch));
  }
}
