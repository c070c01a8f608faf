// Copyright 2026 the Convlab authors. MIT license.

// Kernels that pass once over memory. Work items are single numbers; every
// range but the last begins and ends at a multiple of the vector's lanes.
// No multiply-add is fused here: memory is the limit, and so the results are
// the same on every machine.

import { bytes, lanes, zero } from "./simd";

/** out = max(x, 0); NaN stays NaN. */
// kernel relu_forward
export function reluForward<T>(x: usize, out: usize, scratch: usize, begin: i32, end: i32): void {
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    v128.store(out + bytes<T>(i), v128.max<T>(v128.load(x + bytes<T>(i)), zero<T>()));
  }
  for (; i < end; i++) {
    const v = load<T>(x + bytes<T>(i));
    store<T>(out + bytes<T>(i), v <= 0 ? <T>0 : v);
  }
}

/** dx = dout where x is not ≤ 0, and 0 elsewhere. */
// kernel relu_backward
export function reluBackward<T>(
  x: usize, dout: usize, dx: usize, scratch: usize, begin: i32, end: i32,
): void {
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const off = v128.le<T>(v128.load(x + bytes<T>(i)), zero<T>());
    v128.store(dx + bytes<T>(i), v128.andnot(v128.load(dout + bytes<T>(i)), off));
  }
  for (; i < end; i++) {
    store<T>(dx + bytes<T>(i), load<T>(x + bytes<T>(i)) <= 0 ? <T>0 : load<T>(dout + bytes<T>(i)));
  }
}

/** y += a * x. */
// kernel add_scaled
export function addScaled<T>(
  a: T, x: usize, y: usize, scratch: usize, begin: i32, end: i32,
): void {
  const va = v128.splat<T>(a);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const product = v128.mul<T>(va, v128.load(x + bytes<T>(i)));
    v128.store(y + bytes<T>(i), v128.add<T>(v128.load(y + bytes<T>(i)), product));
  }
  for (; i < end; i++) {
    store<T>(y + bytes<T>(i), load<T>(y + bytes<T>(i)) + a * load<T>(x + bytes<T>(i)));
  }
}

/** Rows `begin` to `end` of out = the given row. */
// kernel fill_rows
export function fillRows<T>(
  row: usize, out: usize, columns: i32, scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(columns);
  for (let i = begin; i < end; i++) {
    memory.copy(out + <usize>i * rowBytes, row, rowBytes);
  }
}

/** out = a + b. */
// kernel add
export function add<T>(
  a: usize, b: usize, out: usize, scratch: usize, begin: i32, end: i32,
): void {
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    v128.store(out + at, v128.add<T>(v128.load(a + at), v128.load(b + at)));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    store<T>(out + at, load<T>(a + at) + load<T>(b + at));
  }
}

/** out = a * b. */
// kernel multiply
export function multiply<T>(
  a: usize, b: usize, out: usize, scratch: usize, begin: i32, end: i32,
): void {
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    v128.store(out + at, v128.mul<T>(v128.load(a + at), v128.load(b + at)));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    store<T>(out + at, load<T>(a + at) * load<T>(b + at));
  }
}
