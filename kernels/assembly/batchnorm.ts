// Copyright 2026 the Convlab authors. MIT license.

// Batch normalisation of x (images × channels × size), one mean and variance
// for each channel over images and positions. Sums run within one row (an image's
// channel) in NumPy's pairwise order or in lanes, and over rows in f64.

import { pairwiseSum } from "./sum";
import { bytes, lanes, sumLanes, zero } from "./simd";

/**
 * mean[c] and variance[c] (over N · size, not N · size - 1) of channels `begin` to
 * `end`, in one pass over memory: distances from the mean of the images before
 * are summed, and their squares, and joined by the formula of Chan, Golub and
 * LeVeque (1979). Where an image is far from that mean, what rounding does to its
 * own variance is small beside the variance that its distance adds.
 */
// kernel batchnorm_statistics
export function batchnormStatistics<T>(
  x: usize, mean: usize, variance: usize, images: i32, channels: i32, size: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  for (let c = begin; c < end; c++) {
    const first = x + bytes<T>(c * size);
    let mu = <f64>pairwiseSum<T>(first, size) / <f64>size;
    let squares: f64 = 0;
    for (let n = 0; n < images; n++) {
      const origin = <T>mu;
      sumDistances<T>(first + bytes<T>(n * channels * size), origin, size, scratch);
      const sum = load<f64>(scratch), distance = sum / <f64>size;
      squares += load<f64>(scratch, 8) - sum * distance;
      // The image's mean lies this far from that of the images before.
      const step = <f64>origin + distance - mu;
      if (n > 0) squares += step * step * <f64>size * <f64>n / <f64>(n + 1);
      mu += step / <f64>(n + 1);
    }
    store<T>(mean + bytes<T>(c), <T>mu);
    store<T>(variance + bytes<T>(c), <T>max(0, squares / (<f64>images * <f64>size)));
  }
}

/** Numbers whose sum is kept in lanes of T. */
const BLOCK: i32 = 4096;

/** Two f64 at `sums`: the sum of x - origin over `n` numbers, and that of its squares. */
function sumDistances<T>(p: usize, origin: T, n: i32, sums: usize): void {
  const o = v128.splat<T>(origin);
  let total: f64 = 0, squares: f64 = 0;
  for (let left = n; left > 0; left -= BLOCK) {
    const end = p + bytes<T>(min(left, BLOCK));
    let s0 = zero<T>(), s1 = zero<T>(), s2 = zero<T>(), s3 = zero<T>();
    let q0 = zero<T>(), q1 = zero<T>(), q2 = zero<T>(), q3 = zero<T>();
    while (p + 64 <= end) {
      const a = v128.sub<T>(v128.load(p), o), b = v128.sub<T>(v128.load(p, 16), o);
      const c = v128.sub<T>(v128.load(p, 32), o), d = v128.sub<T>(v128.load(p, 48), o);
      s0 = v128.add<T>(s0, a);
      s1 = v128.add<T>(s1, b);
      s2 = v128.add<T>(s2, c);
      s3 = v128.add<T>(s3, d);
      q0 = v128.add<T>(q0, v128.mul<T>(a, a));
      q1 = v128.add<T>(q1, v128.mul<T>(b, b));
      q2 = v128.add<T>(q2, v128.mul<T>(c, c));
      q3 = v128.add<T>(q3, v128.mul<T>(d, d));
      p += 64;
    }
    total += <f64>sumLanes<T>(v128.add<T>(v128.add<T>(s0, s1), v128.add<T>(s2, s3)));
    squares += <f64>sumLanes<T>(v128.add<T>(v128.add<T>(q0, q1), v128.add<T>(q2, q3)));
    while (p < end) {
      const d = load<T>(p) - origin;
      total += <f64>d;
      squares += <f64>(d * d);
      p += sizeof<T>();
    }
  }
  store<f64>(sums, total);
  store<f64>(sums, squares, 8);
}

/** Rows `begin` to `end` (image and channel) of out = scale[c] * (x - mean[c]) + shift[c]. */
// kernel batchnorm_apply
export function batchnormApply<T>(
  x: usize, mean: usize, scale: usize, shift: usize, out: usize, channels: i32, size: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  for (let row = begin; row < end; row++) {
    const c = bytes<T>(row % channels);
    const mu = load<T>(mean + c), a = load<T>(scale + c), b = load<T>(shift + c);
    const vmu = v128.splat<T>(mu), va = v128.splat<T>(a), vb = v128.splat<T>(b);
    const from = x + bytes<T>(row * size), to = out + bytes<T>(row * size);
    let i = 0;
    for (; i + lanes<T>() <= size; i += lanes<T>()) {
      const d = v128.sub<T>(v128.load(from + bytes<T>(i)), vmu);
      v128.store(to + bytes<T>(i), v128.add<T>(v128.mul<T>(va, d), vb));
    }
    for (; i < size; i++) {
      store<T>(to + bytes<T>(i), a * (load<T>(from + bytes<T>(i)) - mu) + b);
    }
  }
}

/** dgamma[c] = sum of dout * (x - mean[c]) * inverse[c], dbeta[c] = sum of dout. */
// kernel batchnorm_backward_sums
export function batchnormBackwardSums<T>(
  x: usize, dout: usize, mean: usize, inverse: usize, dgamma: usize, dbeta: usize,
  images: i32, channels: i32, size: i32, scratch: usize, begin: i32, end: i32,
): void {
  for (let c = begin; c < end; c++) {
    const mu = load<T>(mean + bytes<T>(c));
    const vmu = v128.splat<T>(mu);
    let sum: f64 = 0, weighted: f64 = 0;
    for (let n = 0; n < images; n++) {
      const offset = bytes<T>((n * channels + c) * size);
      const p = x + offset, q = dout + offset;
      let acc = zero<T>();
      let i = 0;
      for (; i + lanes<T>() <= size; i += lanes<T>()) {
        const d = v128.sub<T>(v128.load(p + bytes<T>(i)), vmu);
        acc = v128.add<T>(acc, v128.mul<T>(v128.load(q + bytes<T>(i)), d));
      }
      let part = <f64>sumLanes<T>(acc);
      for (; i < size; i++) {
        part += <f64>(load<T>(q + bytes<T>(i)) * (load<T>(p + bytes<T>(i)) - mu));
      }
      weighted += part;
      sum += <f64>pairwiseSum<T>(q, size);
    }
    store<T>(dgamma + bytes<T>(c), <T>(weighted * <f64>load<T>(inverse + bytes<T>(c))));
    store<T>(dbeta + bytes<T>(c), <T>sum);
  }
}

/**
 * Rows `begin` to `end` of
 * dx = gamma * inverse * (dout - dbeta / M - (x - mean) * inverse * dgamma / M), M = N · size.
 */
// kernel batchnorm_backward_input
export function batchnormBackwardInput<T>(
  x: usize, dout: usize, mean: usize, inverse: usize, gamma: usize, dgamma: usize, dbeta: usize,
  dx: usize, images: i32, channels: i32, size: i32, scratch: usize, begin: i32, end: i32,
): void {
  const count = <T>(images * size);
  for (let row = begin; row < end; row++) {
    const c = bytes<T>(row % channels);
    const mu = load<T>(mean + c), istd = load<T>(inverse + c);
    const a = load<T>(gamma + c) * istd;
    const b = load<T>(dbeta + c) / count;
    const g = istd * load<T>(dgamma + c) / count;
    const vmu = v128.splat<T>(mu), va = v128.splat<T>(a), vb = v128.splat<T>(b), vg = v128.splat<T>(g);
    const p = x + bytes<T>(row * size), q = dout + bytes<T>(row * size), to = dx + bytes<T>(row * size);
    let i = 0;
    for (; i + lanes<T>() <= size; i += lanes<T>()) {
      const d = v128.sub<T>(v128.load(p + bytes<T>(i)), vmu);
      const centred = v128.sub<T>(v128.load(q + bytes<T>(i)), vb);
      v128.store(to + bytes<T>(i), v128.mul<T>(va, v128.sub<T>(centred, v128.mul<T>(d, vg))));
    }
    for (; i < size; i++) {
      const d = load<T>(p + bytes<T>(i)) - mu;
      store<T>(to + bytes<T>(i), a * ((load<T>(q + bytes<T>(i)) - b) - d * g));
    }
  }
}
