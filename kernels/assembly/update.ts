// Copyright 2026 the Convlab authors. MIT license.

// Update rules: one pass over the parameter w, its gradient g and the rule's
// own state. The order of operations is that of the formulas written in NumPy,
// so float64 results agree with them to the last bit.
//
// `decay` is the factor of weight decay by the L2 penalty: g + decay * w stands
// for the gradient. Where it is 0 the term is left out, so that these are the
// rules without it, to the last bit, also for what is infinite.

import { bytes, lanes } from "./simd";

/** a + s * x, or a where s is 0. */
// @ts-ignore: decorator
@inline
function addTerm<T>(a: T, s: T, x: T): T {
  return s == 0 ? a : <T>(a + s * x);
}

/** The same for vectors; `vs` holds s. */
// @ts-ignore: decorator
@inline
function addTermLanes<T>(a: v128, s: T, vs: v128, x: v128): v128 {
  return s == 0 ? a : v128.add<T>(a, v128.mul<T>(vs, x));
}

/** g += decay * w; w -= rate * g. */
// kernel sgd
export function sgd<T>(
  w: usize, g: usize, rate: T, decay: T, scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), d = v128.splat<T>(decay);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const value = v128.load(w + at);
    const grad = addTermLanes<T>(v128.load(g + at), decay, d, value);
    v128.store(w + at, v128.sub<T>(value, v128.mul<T>(r, grad)));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const value = load<T>(w + at);
    const grad = addTerm<T>(load<T>(g + at), decay, value);
    store<T>(w + at, value - rate * grad);
  }
}

/** g += decay * w; v = momentum * v + g; w -= rate * (g + momentum * v). */
// kernel sgd_nesterov
export function sgdNesterov<T>(
  w: usize, g: usize, v: usize, rate: T, momentum: T, decay: T,
  scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), m = v128.splat<T>(momentum), d = v128.splat<T>(decay);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const value = v128.load(w + at);
    const grad = addTermLanes<T>(v128.load(g + at), decay, d, value);
    const velocity = v128.add<T>(v128.mul<T>(m, v128.load(v + at)), grad);
    v128.store(v + at, velocity);
    const ahead = v128.add<T>(grad, v128.mul<T>(m, velocity));
    v128.store(w + at, v128.sub<T>(value, v128.mul<T>(r, ahead)));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const value = load<T>(w + at);
    const grad = addTerm<T>(load<T>(g + at), decay, value);
    const velocity: T = momentum * load<T>(v + at) + grad;
    store<T>(v + at, velocity);
    store<T>(w + at, value - rate * (grad + momentum * velocity));
  }
}

/** g += decay * w; v = momentum * v - rate * g; w += v. */
// kernel sgd_momentum
export function sgdMomentum<T>(
  w: usize, g: usize, v: usize, rate: T, momentum: T, decay: T,
  scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), m = v128.splat<T>(momentum), d = v128.splat<T>(decay);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const value = v128.load(w + at);
    const grad = addTermLanes<T>(v128.load(g + at), decay, d, value);
    const velocity = v128.sub<T>(v128.mul<T>(m, v128.load(v + at)), v128.mul<T>(r, grad));
    v128.store(v + at, velocity);
    v128.store(w + at, v128.add<T>(value, velocity));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const value = load<T>(w + at);
    const grad = addTerm<T>(load<T>(g + at), decay, value);
    const velocity = momentum * load<T>(v + at) - rate * grad;
    store<T>(v + at, velocity);
    store<T>(w + at, value + velocity);
  }
}

/**
 * g += decay * w; c = keep * c + (1 - keep) * g²;
 * w -= rate * g / (sqrt(c) + epsilon).
 */
// kernel rmsprop
export function rmsprop<T>(
  w: usize, g: usize, c: usize, rate: T, keep: T, rest: T, epsilon: T, decay: T,
  scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), k = v128.splat<T>(keep), d = v128.splat<T>(decay);
  const q = v128.splat<T>(rest), e = v128.splat<T>(epsilon);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const value = v128.load(w + at);
    const grad = addTermLanes<T>(v128.load(g + at), decay, d, value);
    const cache = v128.add<T>(
      v128.mul<T>(k, v128.load(c + at)),
      v128.mul<T>(q, v128.mul<T>(grad, grad)),
    );
    v128.store(c + at, cache);
    const step = v128.div<T>(v128.mul<T>(r, grad), v128.add<T>(v128.sqrt<T>(cache), e));
    v128.store(w + at, v128.sub<T>(value, step));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const value = load<T>(w + at);
    const grad = addTerm<T>(load<T>(g + at), decay, value);
    const cache = keep * load<T>(c + at) + rest * (grad * grad);
    store<T>(c + at, cache);
    store<T>(w + at, value - rate * grad / (sqrt<T>(cache) + epsilon));
  }
}

/**
 * g += decay * w; m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g²;
 * w -= rate * (m / c1) / (sqrt(v / c2) + epsilon) + shrink * w, where c1 and c2
 * correct the bias, and shrink is the part by which AdamW makes w smaller: 0 in
 * Adam, where the term is left out. AdamW as it is written multiplies w by
 * 1 - shrink, which in f32 would keep few digits of shrink.
 */
// kernel adam
export function adam<T>(
  w: usize, g: usize, m: usize, v: usize, rate: T, b1: T, rest1: T, b2: T, rest2: T,
  c1: T, c2: T, epsilon: T, decay: T, shrink: T, scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), e = v128.splat<T>(epsilon);
  const d = v128.splat<T>(decay), h = v128.splat<T>(shrink);
  const vb1 = v128.splat<T>(b1), vr1 = v128.splat<T>(rest1), vc1 = v128.splat<T>(c1);
  const vb2 = v128.splat<T>(b2), vr2 = v128.splat<T>(rest2), vc2 = v128.splat<T>(c2);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const value = v128.load(w + at);
    const grad = addTermLanes<T>(v128.load(g + at), decay, d, value);
    const first = v128.add<T>(v128.mul<T>(vb1, v128.load(m + at)), v128.mul<T>(vr1, grad));
    const second = v128.add<T>(
      v128.mul<T>(vb2, v128.load(v + at)),
      v128.mul<T>(vr2, v128.mul<T>(grad, grad)),
    );
    v128.store(m + at, first);
    v128.store(v + at, second);
    const step = v128.div<T>(
      v128.mul<T>(r, v128.div<T>(first, vc1)),
      v128.add<T>(v128.sqrt<T>(v128.div<T>(second, vc2)), e),
    );
    v128.store(w + at, v128.sub<T>(value, addTermLanes<T>(step, shrink, h, value)));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const value = load<T>(w + at);
    const grad = addTerm<T>(load<T>(g + at), decay, value);
    const first = b1 * load<T>(m + at) + rest1 * grad;
    const second = b2 * load<T>(v + at) + rest2 * (grad * grad);
    store<T>(m + at, first);
    store<T>(v + at, second);
    const step: T = rate * (first / c1) / (sqrt<T>(second / c2) + epsilon);
    store<T>(w + at, value - addTerm<T>(step, shrink, value));
  }
}
