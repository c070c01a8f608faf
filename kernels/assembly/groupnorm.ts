// Copyright 2026 the Convlab authors. MIT license.

// Normalisation of rows, each by its own mean and variance: of examples (layer
// normalisation), or of groups of an image's channels (group normalisation). A
// row has `channels` channels of `size` numbers; row r has the channels of group
// r % groups. What is added up over a row goes through f64 every BLOCK numbers.

import { bytes, lanes, sumLanes, zero } from "./simd";
import { pairwiseSum } from "./sum";

/** Numbers whose sum is kept in lanes of T. */
const BLOCK: i32 = 1024;

/**
 * Rows `begin` to `end` of out = gamma * (x - mean) * inverse + beta, where
 * inverse = 1 / sqrt(variance + eps) and the variance is divided by the row's size.
 */
// kernel groupnorm_forward
export function groupnormForward<T>(
  x: usize, gamma: usize, beta: usize, out: usize, mean: usize, inverse: usize,
  groups: i32, channels: i32, size: i32, eps: f64,
  scratch: usize, begin: i32, end: i32,
): void {
  const count = channels * size;
  for (let row = begin; row < end; row++) {
    let from = x + bytes<T>(row * count), to = out + bytes<T>(row * count);
    const mu = <T>(<f64>pairwiseSum<T>(from, count) / <f64>count);
    const istd = <T>(1 / sqrt<f64>(squaredDistance<T>(from, mu, count) / <f64>count + eps));
    store<T>(mean + bytes<T>(row), mu);
    store<T>(inverse + bytes<T>(row), istd);
    const first = bytes<T>(row % groups * channels);
    const vmu = v128.splat<T>(mu), vi = v128.splat<T>(istd);
    if (size == 1) {
      let c = 0;
      for (; c + lanes<T>() <= channels; c += lanes<T>()) {
        const at = bytes<T>(c);
        const d = v128.mul<T>(v128.sub<T>(v128.load(from + at), vmu), vi);
        const scaled = v128.mul<T>(v128.load(gamma + first + at), d);
        v128.store(to + at, v128.add<T>(scaled, v128.load(beta + first + at)));
      }
      for (; c < channels; c++) {
        const at = bytes<T>(c);
        const d = (load<T>(from + at) - mu) * istd;
        store<T>(to + at, load<T>(gamma + first + at) * d + load<T>(beta + first + at));
      }
      continue;
    }
    for (let c = 0; c < channels; c++) {
      const a = load<T>(gamma + first + bytes<T>(c)) * istd, b = load<T>(beta + first + bytes<T>(c));
      const va = v128.splat<T>(a), vb = v128.splat<T>(b);
      let i = 0;
      for (; i + lanes<T>() <= size; i += lanes<T>()) {
        const d = v128.sub<T>(v128.load(from + bytes<T>(i)), vmu);
        v128.store(to + bytes<T>(i), v128.add<T>(v128.mul<T>(va, d), vb));
      }
      for (; i < size; i++) {
        store<T>(to + bytes<T>(i), a * (load<T>(from + bytes<T>(i)) - mu) + b);
      }
      from += bytes<T>(size);
      to += bytes<T>(size);
    }
  }
}

/** Sum of (x - mu)² over n numbers. */
function squaredDistance<T>(p: usize, mu: T, n: i32): f64 {
  const vmu = v128.splat<T>(mu);
  let total: f64 = 0;
  for (let first = 0; first < n; first += BLOCK) {
    const last = min(n, first + BLOCK);
    let sum = zero<T>();
    let i = first;
    for (; i + lanes<T>() <= last; i += lanes<T>()) {
      const d = v128.sub<T>(v128.load(p + bytes<T>(i)), vmu);
      sum = v128.add<T>(sum, v128.mul<T>(d, d));
    }
    total += <f64>sumLanes<T>(sum);
    for (; i < last; i++) {
      const d = load<T>(p + bytes<T>(i)) - mu;
      total += <f64>(d * d);
    }
  }
  return total;
}

/**
 * Rows `begin` to `end` of dx, and for each channel of a row the sums over its
 * numbers of dout (to `sums`) and of dout * xhat (to `weighted`), where
 * xhat = (x - mean) * inverse:
 * dx = inverse * (gamma * dout - m - xhat * v), with m and v the means over the
 * row of gamma * dout and of gamma * dout * xhat.
 */
// kernel groupnorm_backward
export function groupnormBackward<T>(
  x: usize, dout: usize, mean: usize, inverse: usize, gamma: usize,
  sums: usize, weighted: usize, dx: usize, groups: i32, channels: i32, size: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const count = channels * size;
  for (let row = begin; row < end; row++) {
    const at = bytes<T>(row * count);
    const mu = load<T>(mean + bytes<T>(row)), istd = load<T>(inverse + bytes<T>(row));
    const g = gamma + bytes<T>(row % groups * channels);
    const s = sums + bytes<T>(row * channels), w = weighted + bytes<T>(row * channels);
    if (size == 1) backwardOfExample<T>(x + at, dout + at, mu, istd, g, s, w, dx + at, channels);
    else backwardOfGroup<T>(x + at, dout + at, mu, istd, g, s, w, dx + at, channels, size);
  }
}

function backwardOfGroup<T>(
  x: usize, dout: usize, mu: T, istd: T, gamma: usize, sums: usize, weighted: usize, dx: usize,
  channels: i32, size: i32,
): void {
  const count = <f64>channels * <f64>size;
  const vmu = v128.splat<T>(mu);
  let m: f64 = 0, v: f64 = 0;
  for (let c = 0; c < channels; c++) {
    const p = x + bytes<T>(c * size), q = dout + bytes<T>(c * size);
    let sum: f64 = 0, product: f64 = 0;
    for (let first = 0; first < size; first += BLOCK) {
      const last = min(size, first + BLOCK);
      let a = zero<T>(), b = zero<T>();
      let i = first;
      for (; i + lanes<T>() <= last; i += lanes<T>()) {
        const d = v128.load(q + bytes<T>(i));
        a = v128.add<T>(a, d);
        b = v128.add<T>(b, v128.mul<T>(d, v128.sub<T>(v128.load(p + bytes<T>(i)), vmu)));
      }
      sum += <f64>sumLanes<T>(a);
      product += <f64>sumLanes<T>(b);
      for (; i < last; i++) {
        const d = load<T>(q + bytes<T>(i));
        sum += <f64>d;
        product += <f64>(d * (load<T>(p + bytes<T>(i)) - mu));
      }
    }
    product *= <f64>istd;
    store<T>(sums + bytes<T>(c), <T>sum);
    store<T>(weighted + bytes<T>(c), <T>product);
    const g = <f64>load<T>(gamma + bytes<T>(c));
    m += g * sum;
    v += g * product;
  }
  const a = <T>(m / count) * istd, b = <T>(v / count) * istd * istd;
  const va = v128.splat<T>(a), vb = v128.splat<T>(b);
  for (let c = 0; c < channels; c++) {
    const p = x + bytes<T>(c * size), q = dout + bytes<T>(c * size), to = dx + bytes<T>(c * size);
    const g = load<T>(gamma + bytes<T>(c)) * istd;
    const vg = v128.splat<T>(g);
    let i = 0;
    for (; i + lanes<T>() <= size; i += lanes<T>()) {
      const d = v128.mul<T>(v128.sub<T>(v128.load(p + bytes<T>(i)), vmu), vb);
      const scaled = v128.sub<T>(v128.mul<T>(vg, v128.load(q + bytes<T>(i))), va);
      v128.store(to + bytes<T>(i), v128.sub<T>(scaled, d));
    }
    for (; i < size; i++) {
      const d = (load<T>(p + bytes<T>(i)) - mu) * b;
      store<T>(to + bytes<T>(i), (g * load<T>(q + bytes<T>(i)) - a) - d);
    }
  }
}

/** The same where a channel is a single number. */
function backwardOfExample<T>(
  x: usize, dout: usize, mu: T, istd: T, gamma: usize, sums: usize, weighted: usize, dx: usize,
  channels: i32,
): void {
  const vmu = v128.splat<T>(mu), vi = v128.splat<T>(istd);
  let m: f64 = 0, v: f64 = 0;
  for (let first = 0; first < channels; first += BLOCK) {
    const last = min(channels, first + BLOCK);
    let sum = zero<T>(), product = zero<T>();
    let c = first;
    for (; c + lanes<T>() <= last; c += lanes<T>()) {
      const at = bytes<T>(c);
      const d = v128.load(dout + at);
      const xhat = v128.mul<T>(v128.sub<T>(v128.load(x + at), vmu), vi);
      v128.store(sums + at, d);
      v128.store(weighted + at, v128.mul<T>(d, xhat));
      const scaled = v128.mul<T>(v128.load(gamma + at), d);
      sum = v128.add<T>(sum, scaled);
      product = v128.add<T>(product, v128.mul<T>(scaled, xhat));
    }
    m += <f64>sumLanes<T>(sum);
    v += <f64>sumLanes<T>(product);
    for (; c < last; c++) {
      const at = bytes<T>(c);
      const d = load<T>(dout + at), xhat = (load<T>(x + at) - mu) * istd;
      store<T>(sums + at, d);
      store<T>(weighted + at, d * xhat);
      const scaled = load<T>(gamma + at) * d;
      m += <f64>scaled;
      v += <f64>(scaled * xhat);
    }
  }
  const a = <T>(m / <f64>channels), b = <T>(v / <f64>channels);
  const va = v128.splat<T>(a), vb = v128.splat<T>(b);
  let c = 0;
  for (; c + lanes<T>() <= channels; c += lanes<T>()) {
    const at = bytes<T>(c);
    const xhat = v128.mul<T>(v128.sub<T>(v128.load(x + at), vmu), vi);
    const scaled = v128.sub<T>(v128.mul<T>(v128.load(gamma + at), v128.load(dout + at)), va);
    v128.store(dx + at, v128.mul<T>(vi, v128.sub<T>(scaled, v128.mul<T>(xhat, vb))));
  }
  for (; c < channels; c++) {
    const at = bytes<T>(c);
    const xhat = (load<T>(x + at) - mu) * istd;
    store<T>(dx + at, istd * ((load<T>(gamma + at) * load<T>(dout + at) - a) - xhat * b));
  }
}
