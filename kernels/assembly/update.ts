// Copyright 2026 the Convlab authors. MIT license.

// Update rules: one pass over the parameter w, its gradient g and the rule's
// own state. The order of operations is that of the formulas written in NumPy,
// so float64 results agree with them to the last bit.

import { bytes, lanes } from "./simd";

/** w -= rate * g. */
// kernel sgd
export function sgd<T>(
  w: usize, g: usize, rate: T, scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    v128.store(w + at, v128.sub<T>(v128.load(w + at), v128.mul<T>(r, v128.load(g + at))));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    store<T>(w + at, load<T>(w + at) - rate * load<T>(g + at));
  }
}

/** v = momentum * v - rate * g; w += v. */
// kernel sgd_momentum
export function sgdMomentum<T>(
  w: usize, g: usize, v: usize, rate: T, momentum: T, scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), m = v128.splat<T>(momentum);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const velocity = v128.sub<T>(
      v128.mul<T>(m, v128.load(v + at)),
      v128.mul<T>(r, v128.load(g + at)),
    );
    v128.store(v + at, velocity);
    v128.store(w + at, v128.add<T>(v128.load(w + at), velocity));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const velocity = momentum * load<T>(v + at) - rate * load<T>(g + at);
    store<T>(v + at, velocity);
    store<T>(w + at, load<T>(w + at) + velocity);
  }
}

/** c = decay * c + (1 - decay) * g²; w -= rate * g / (sqrt(c) + epsilon). */
// kernel rmsprop
export function rmsprop<T>(
  w: usize, g: usize, c: usize, rate: T, decay: T, rest: T, epsilon: T,
  scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), d = v128.splat<T>(decay);
  const q = v128.splat<T>(rest), e = v128.splat<T>(epsilon);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const grad = v128.load(g + at);
    const cache = v128.add<T>(
      v128.mul<T>(d, v128.load(c + at)),
      v128.mul<T>(q, v128.mul<T>(grad, grad)),
    );
    v128.store(c + at, cache);
    const step = v128.div<T>(v128.mul<T>(r, grad), v128.add<T>(v128.sqrt<T>(cache), e));
    v128.store(w + at, v128.sub<T>(v128.load(w + at), step));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const grad = load<T>(g + at);
    const cache = decay * load<T>(c + at) + rest * (grad * grad);
    store<T>(c + at, cache);
    store<T>(w + at, load<T>(w + at) - rate * grad / (sqrt<T>(cache) + epsilon));
  }
}

/**
 * m = b1 * m + (1 - b1) * g; v = b2 * v + (1 - b2) * g²;
 * w -= rate * (m / c1) / (sqrt(v / c2) + epsilon), where c1 and c2 correct the bias.
 */
// kernel adam
export function adam<T>(
  w: usize, g: usize, m: usize, v: usize, rate: T, b1: T, rest1: T, b2: T, rest2: T,
  c1: T, c2: T, epsilon: T, scratch: usize, begin: i32, end: i32,
): void {
  const r = v128.splat<T>(rate), e = v128.splat<T>(epsilon);
  const vb1 = v128.splat<T>(b1), vr1 = v128.splat<T>(rest1), vc1 = v128.splat<T>(c1);
  const vb2 = v128.splat<T>(b2), vr2 = v128.splat<T>(rest2), vc2 = v128.splat<T>(c2);
  let i = begin;
  for (; i + lanes<T>() <= end; i += lanes<T>()) {
    const at = bytes<T>(i);
    const grad = v128.load(g + at);
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
    v128.store(w + at, v128.sub<T>(v128.load(w + at), step));
  }
  for (; i < end; i++) {
    const at = bytes<T>(i);
    const grad = load<T>(g + at);
    const first = b1 * load<T>(m + at) + rest1 * grad;
    const second = b2 * load<T>(v + at) + rest2 * (grad * grad);
    store<T>(m + at, first);
    store<T>(v + at, second);
    store<T>(w + at, load<T>(w + at) - rate * (first / c1) / (sqrt<T>(second / c2) + epsilon));
  }
}
