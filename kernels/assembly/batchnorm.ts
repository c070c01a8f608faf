// Copyright 2026 the Convlab authors. MIT license.

// Batch normalisation of x (images × channels × size), one mean and variance
// for each channel over images and positions. Sums run within one row (an image's
// channel) in NumPy's pairwise order or in lanes, and over rows in f64.

import { pairwiseSum } from "./sum";
import { bytes, lanes, sumLanes, zero } from "./simd";

/**
 * mean[c] and variance[c] (over N · size, not N · size - 1) of channels `begin` to
 * `end`, in one pass over memory: the squared distances within each row are
 * summed around the row's own mean while it is in the cache, and joined by the
 * formula of Chan, Golub and LeVeque (1979).
 */
// kernel batchnorm_statistics
export function batchnormStatistics<T>(
  x: usize, mean: usize, variance: usize, images: i32, channels: i32, size: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const count = <f64>images * <f64>size;
  for (let c = begin; c < end; c++) {
    let total: f64 = 0, squares: f64 = 0;
    for (let n = 0; n < images; n++) {
      const p = x + bytes<T>((n * channels + c) * size);
      const rowSum = <f64>pairwiseSum<T>(p, size);
      const exact = rowSum / <f64>size;
      const mu = <T>exact;
      const vmu = v128.splat<T>(mu);
      let acc = zero<T>();
      let i = 0;
      for (; i + lanes<T>() <= size; i += lanes<T>()) {
        const d = v128.sub<T>(v128.load(p + bytes<T>(i)), vmu);
        acc = v128.add<T>(acc, v128.mul<T>(d, d));
      }
      let sum = <f64>sumLanes<T>(acc);
      for (; i < size; i++) {
        const d = load<T>(p + bytes<T>(i)) - mu;
        sum += <f64>(d * d);
      }
      // Around the row's exact mean, and then around that of this and all rows before.
      sum -= <f64>size * (exact - <f64>mu) * (exact - <f64>mu);
      if (n > 0) {
        const distance = exact - total / (<f64>n * <f64>size);
        sum += distance * distance * <f64>size * <f64>n / <f64>(n + 1);
      }
      squares += sum;
      total += rowSum;
    }
    store<T>(mean + bytes<T>(c), <T>(total / count));
    store<T>(variance + bytes<T>(c), <T>max(0, squares / count));
  }
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
