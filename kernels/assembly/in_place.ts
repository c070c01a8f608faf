// Copyright 2026 the Convlab authors. MIT license.

// What training does to gradients and averages besides the update rules: one
// pass over memory, in place. Nothing is fused, as in elementwise.ts.

import { bytes, lanes } from "./simd";

/** y *= a. */
// kernel scale
export function scale<T>(a: T, y: usize, scratch: usize, begin: i32, end: i32): void {
  const va = v128.splat<T>(a);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = y + bytes<T>(i);
    v128.store(at, v128.mul<T>(v128.load(at), va));
  }
  for (; i < end; i++) {
    const at = y + bytes<T>(i);
    store<T>(at, load<T>(at) * a);
  }
}

/** y = min(max(y, -limit), limit); NaN stays NaN. */
// kernel clamp
export function clamp<T>(limit: T, y: usize, scratch: usize, begin: i32, end: i32): void {
  const high = v128.splat<T>(limit), low = v128.splat<T>(-limit);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = y + bytes<T>(i);
    v128.store(at, v128.min<T>(v128.max<T>(v128.load(at), low), high));
  }
  for (; i < end; i++) {
    const at = y + bytes<T>(i);
    store<T>(at, min<T>(max<T>(load<T>(at), -limit), limit));
  }
}

/** y += a * (x - y), which leaves y as it is where x equals it. */
// kernel move_towards
export function moveTowards<T>(
  a: T, x: usize, y: usize, scratch: usize, begin: i32, end: i32,
): void {
  const va = v128.splat<T>(a);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = y + bytes<T>(i);
    const value = v128.load(at);
    const way = v128.sub<T>(v128.load(x + bytes<T>(i)), value);
    v128.store(at, v128.add<T>(value, v128.mul<T>(va, way)));
  }
  for (; i < end; i++) {
    const at = y + bytes<T>(i);
    const value = load<T>(at);
    store<T>(at, value + a * (load<T>(x + bytes<T>(i)) - value));
  }
}
