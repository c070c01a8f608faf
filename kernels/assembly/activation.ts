// Copyright 2026 the Convlab authors. MIT license.

// Activations besides the ReLU, which pass once over memory (elementwise.ts).

import { bytes, lanes, zero } from "./simd";

/** out = x where x > 0, and slope * x elsewhere. */
// kernel leaky_relu_forward
export function leakyReluForward<T>(
  x: usize, out: usize, slope: T, scratch: usize, begin: i32, end: i32,
): void {
  leakyReluBackward<T>(x, x, out, slope, scratch, begin, end);
}

/** dx = dout where x > 0, and slope * dout elsewhere. */
// kernel leaky_relu_backward
export function leakyReluBackward<T>(
  x: usize, dout: usize, dx: usize, slope: T, scratch: usize, begin: i32, end: i32,
): void {
  const s = v128.splat<T>(slope);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const d = v128.load(dout + at);
    const positive = v128.gt<T>(v128.load(x + at), zero<T>());
    v128.store(dx + at, v128.bitselect(d, v128.mul<T>(s, d), positive));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const d = load<T>(dout + at);
    store<T>(dx + at, load<T>(x + at) > 0 ? d : slope * d);
  }
}

/** out = x * P(x), P being the probability that a normal number is below x. */
// kernel gelu_forward
export function geluForward<T>(x: usize, out: usize, scratch: usize, begin: i32, end: i32): void {
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    v128.store(out + bytes<T>(i), gelu<T>(v128.load(x + bytes<T>(i))));
  }
  if (i == end) return;
  // The last ones, through a vector that is filled up.
  const rest = bytes<T>(end - i);
  v128.store(scratch, zero<T>());
  memory.copy(scratch, x + bytes<T>(i), rest);
  v128.store(scratch, gelu<T>(v128.load(scratch)));
  memory.copy(out + bytes<T>(i), scratch, rest);
}

/** dx = dout * (P(x) + x * p(x)), p being the normal density. */
// kernel gelu_backward
export function geluBackward<T>(
  x: usize, dout: usize, dx: usize, scratch: usize, begin: i32, end: i32,
): void {
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    v128.store(dx + at, geluGradient<T>(v128.load(x + at), v128.load(dout + at)));
  }
  if (i == end) return;
  const rest = bytes<T>(end - i);
  v128.store(scratch, zero<T>());
  v128.store(scratch, zero<T>(), 16);
  memory.copy(scratch, x + bytes<T>(i), rest);
  memory.copy(scratch + 16, dout + bytes<T>(i), rest);
  v128.store(scratch, geluGradient<T>(v128.load(scratch), v128.load(scratch, 16)));
  memory.copy(dx + bytes<T>(i), scratch, rest);
}

// @ts-ignore: decorator
@inline
function gelu<T>(x: v128): v128 {
  return v128.mul<T>(x, probability<T>(x, bell<T>(x)));
}

// @ts-ignore: decorator
@inline
function geluGradient<T>(x: v128, dout: v128): v128 {
  const q = bell<T>(x);
  // 1 / sqrt(2 pi)
  const density = v128.mul<T>(q, v128.splat<T>(<T>0.3989422804014327));
  return v128.mul<T>(dout, v128.add<T>(probability<T>(x, q), v128.mul<T>(x, density)));
}

/**
 * The probability that a normal number is below x, given q = exp(-x² / 2). With
 * t = 1 / (1 + |x| / 4) and u = 2t - 1, that of -|x| is q * t * a polynomial in u
 * (interpolated at Chebyshev nodes, in 50 digits): to 6e-9 in f32, 3e-16 in f64.
 */
// @ts-ignore: decorator
@inline
function probability<T>(x: v128, q: v128): v128 {
  const one = v128.splat<T>(<T>1);
  const t = v128.div<T>(one, v128.add<T>(one, v128.mul<T>(v128.abs<T>(x), v128.splat<T>(<T>0.25))));
  const u = v128.sub<T>(v128.add<T>(t, t), one);
  let p: v128;
  if (sizeof<T>() == 4) {
    p = v128.splat<T>(<T>3.9330142396146073001e-5);
    p = next<T>(p, u, 3.2331420335188193762e-5);
    p = next<T>(p, u, -3.9094672470664008204e-4);
    p = next<T>(p, u, -8.69041973727230659e-4);
    p = next<T>(p, u, 1.8780578454378912934e-3);
    p = next<T>(p, u, 1.5098823967489227434e-2);
    p = next<T>(p, u, 4.6631677717931245389e-2);
    p = next<T>(p, u, 9.6784390727712278649e-2);
    p = next<T>(p, u, 1.519741009536588574e-1);
    p = next<T>(p, u, 1.8882128178389639316e-1);
  } else {
    p = v128.splat<T>(<T>3.1930878582394300221e-10);
    p = next<T>(p, u, 1.6949424063991744048e-9);
    p = next<T>(p, u, -4.8924022349935121423e-9);
    p = next<T>(p, u, -1.4181378066017801336e-8);
    p = next<T>(p, u, 4.0557908021339176493e-8);
    p = next<T>(p, u, 5.8782361988272196984e-8);
    p = next<T>(p, u, -2.5674601753579823663e-7);
    p = next<T>(p, u, -1.5007121855477569767e-7);
    p = next<T>(p, u, 1.4807234443854820318e-6);
    p = next<T>(p, u, 1.7534908055829718381e-7);
    p = next<T>(p, u, -8.7864005897611287033e-6);
    p = next<T>(p, u, -4.7578413158735944491e-7);
    p = next<T>(p, u, 5.7773784446822334013e-5);
    p = next<T>(p, u, 3.3335809102302859256e-5);
    p = next<T>(p, u, -4.0770462136839643075e-4);
    p = next<T>(p, u, -8.6992305876440889363e-4);
    p = next<T>(p, u, 1.8850472422229047483e-3);
    p = next<T>(p, u, 1.5099143720641609947e-2);
    p = next<T>(p, u, 4.6630464489894678937e-2);
    p = next<T>(p, u, 9.6784350185605365946e-2);
    p = next<T>(p, u, 1.519741604929732394e-1);
    p = next<T>(p, u, 1.8882128260393766157e-1);
  }
  const tail = v128.mul<T>(v128.mul<T>(q, t), p);
  return v128.bitselect(tail, v128.sub<T>(one, tail), v128.lt<T>(x, zero<T>()));
}

/**
 * exp(-x² / 2); 0 where that is near the smallest numbers. 2^n times the series
 * of exp(r), |r| ≤ log(2) / 2.
 */
// @ts-ignore: decorator
@inline
function bell<T>(x: v128): v128 {
  const least = v128.splat<T>(sizeof<T>() == 4 ? <T>-86 : <T>-700);
  const exact = v128.mul<T>(v128.mul<T>(x, v128.splat<T>(<T>-0.5)), x);
  const y = v128.max<T>(exact, least);
  // Adding this rounds to a multiple of 1, and leaves it in the lowest bits.
  const round = v128.splat<T>(sizeof<T>() == 4 ? <T>12582912 : <T>6755399441055744);
  const shifted = v128.add<T>(v128.mul<T>(y, v128.splat<T>(<T>1.4426950408889634)), round);
  const n = v128.sub<T>(shifted, round);
  // log(2) in two parts: n times the first is exact.
  let r: v128, e: v128;
  if (sizeof<T>() == 4) {
    r = v128.sub<T>(y, v128.mul<T>(n, v128.splat<T>(<T>0.693359375)));
    r = v128.sub<T>(r, v128.mul<T>(n, v128.splat<T>(<T>-2.1219444005469057e-4)));
    e = v128.splat<T>(<T>(1.0 / 5040));
  } else {
    r = v128.sub<T>(y, v128.mul<T>(n, v128.splat<T>(<T>0.693147180369123816490)));
    r = v128.sub<T>(r, v128.mul<T>(n, v128.splat<T>(<T>1.90821492927058770002e-10)));
    e = v128.splat<T>(<T>(1.0 / 6227020800));
    e = next<T>(e, r, 1.0 / 479001600);
    e = next<T>(e, r, 1.0 / 39916800);
    e = next<T>(e, r, 1.0 / 3628800);
    e = next<T>(e, r, 1.0 / 362880);
    e = next<T>(e, r, 1.0 / 40320);
    e = next<T>(e, r, 1.0 / 5040);
  }
  e = next<T>(e, r, 1.0 / 720);
  e = next<T>(e, r, 1.0 / 120);
  e = next<T>(e, r, 1.0 / 24);
  e = next<T>(e, r, 1.0 / 6);
  e = next<T>(e, r, 0.5);
  e = next<T>(e, r, 1);
  e = next<T>(e, r, 1);
  const scaled = sizeof<T>() == 4
    ? i32x4.add(e, i32x4.shl(shifted, 23))
    : i64x2.add(e, i64x2.shl(shifted, 52));
  return v128.andnot(scaled, v128.lt<T>(exact, least));
}

/** One step of Horner's scheme. */
// @ts-ignore: decorator
@inline
function next<T>(p: v128, u: v128, coefficient: f64): v128 {
  return v128.add<T>(v128.mul<T>(p, u), v128.splat<T>(<T>coefficient));
}
