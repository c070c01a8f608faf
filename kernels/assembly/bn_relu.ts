// Copyright 2026 the Convlab authors. MIT license.

// Batch normalisation and a ReLU in one pass over memory (batchnorm.ts has the
// formulas). The backward passes do not read what the ReLU gave: whether it let
// a number through is worked out from x again, in the same operations.

import { bytes, lanes, sumLanes, zero } from "./simd";

/** Rows `begin` to `end` (image and channel) of out = max(scale[c] * (x - mean[c]) + shift[c], 0). */
// kernel bn_relu_forward
export function bnReluForward<T>(
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
      const v = v128.add<T>(v128.mul<T>(va, d), vb);
      v128.store(to + bytes<T>(i), v128.max<T>(v, zero<T>()));
    }
    for (; i < size; i++) {
      const v = a * (load<T>(from + bytes<T>(i)) - mu) + b;
      store<T>(to + bytes<T>(i), v <= 0 ? <T>0 : v);
    }
  }
}

/** Of channels `begin` to `end`: dgamma = sum of g * (x - mean) * inverse, dbeta = sum of g, where g is dout behind the ReLU. */
// kernel bn_relu_backward_sums
export function bnReluBackwardSums<T>(
  x: usize, dout: usize, mean: usize, inverse: usize, scale: usize, shift: usize,
  dgamma: usize, dbeta: usize, images: i32, channels: i32, size: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  for (let channel = begin; channel < end; channel++) {
    const c = bytes<T>(channel);
    const mu = load<T>(mean + c), a = load<T>(scale + c), b = load<T>(shift + c);
    const vmu = v128.splat<T>(mu), va = v128.splat<T>(a), vb = v128.splat<T>(b);
    let total: f64 = 0, weighted: f64 = 0;
    for (let n = 0; n < images; n++) {
      const offset = bytes<T>((n * channels + channel) * size);
      const p = x + offset, q = dout + offset;
      let s = zero<T>(), w = zero<T>();
      let i = 0;
      for (; i + lanes<T>() <= size; i += lanes<T>()) {
        const d = v128.sub<T>(v128.load(p + bytes<T>(i)), vmu);
        const off = v128.le<T>(v128.add<T>(v128.mul<T>(va, d), vb), zero<T>());
        const g = v128.andnot(v128.load(q + bytes<T>(i)), off);
        s = v128.add<T>(s, g);
        w = v128.add<T>(w, v128.mul<T>(g, d));
      }
      let sum = <f64>sumLanes<T>(s), product = <f64>sumLanes<T>(w);
      for (; i < size; i++) {
        const d = load<T>(p + bytes<T>(i)) - mu;
        const g = a * d + b <= 0 ? <T>0 : load<T>(q + bytes<T>(i));
        sum += <f64>g;
        product += <f64>(g * d);
      }
      total += sum;
      weighted += product;
    }
    store<T>(dgamma + c, <T>(weighted * <f64>load<T>(inverse + c)));
    store<T>(dbeta + c, <T>total);
  }
}

/** Rows `begin` to `end` of dx, as batchnormBackwardInput has it for dout behind the ReLU. */
// kernel bn_relu_backward_input
export function bnReluBackwardInput<T>(
  x: usize, dout: usize, mean: usize, inverse: usize, scale: usize, shift: usize,
  dgamma: usize, dbeta: usize, dx: usize, images: i32, channels: i32, size: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const count = <T>(images * size);
  for (let row = begin; row < end; row++) {
    const c = bytes<T>(row % channels);
    const mu = load<T>(mean + c), a = load<T>(scale + c), b = load<T>(shift + c);
    const m = load<T>(dbeta + c) / count;
    const k = load<T>(inverse + c) * load<T>(dgamma + c) / count;
    const vmu = v128.splat<T>(mu), va = v128.splat<T>(a), vb = v128.splat<T>(b);
    const vm = v128.splat<T>(m), vk = v128.splat<T>(k);
    const p = x + bytes<T>(row * size), q = dout + bytes<T>(row * size), to = dx + bytes<T>(row * size);
    let i = 0;
    for (; i + lanes<T>() <= size; i += lanes<T>()) {
      const d = v128.sub<T>(v128.load(p + bytes<T>(i)), vmu);
      const off = v128.le<T>(v128.add<T>(v128.mul<T>(va, d), vb), zero<T>());
      const g = v128.andnot(v128.load(q + bytes<T>(i)), off);
      v128.store(to + bytes<T>(i), gradient<T>(g, d, va, vm, vk));
    }
    for (; i < size; i++) {
      const d = load<T>(p + bytes<T>(i)) - mu;
      const g = a * d + b <= 0 ? <T>0 : load<T>(q + bytes<T>(i));
      store<T>(to + bytes<T>(i), a * ((g - m) - d * k));
    }
  }
}

/** a * ((g - m) - d * k). */
// @ts-ignore: decorator
@inline
export function gradient<T>(g: v128, d: v128, a: v128, m: v128, k: v128): v128 {
  return v128.mul<T>(a, v128.sub<T>(v128.sub<T>(g, m), v128.mul<T>(d, k)));
}
