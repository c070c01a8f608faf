// Copyright 2026 the Convlab authors. MIT license.

// Batch normalisation, a ReLU and a 2 × 2 max-pooling in one pass over memory.
// As in conv2d_pool.ts, a byte is kept for each window: which of its four taps
// (row by row) was the maximum, or NONE where none is positive. The gradient of
// the ReLU is not zero at these taps only, so the sums of the backward pass run
// over windows, and dx is written in one pass.

import { gradient } from "./bn_relu";
import { lowestBytes, NONE } from "./conv2d_pool";
import { equalTaps, tapNumber, wins } from "./pool";
import { bytes, evenLanes, interleavedHigh, interleavedLow, lanes, oddLanes, select, sumLanes, zero } from "./simd";

/**
 * Planes (image and channel) `begin` to `end` of out (pooled), of `selected`, a
 * byte for each, and of `distances`: how far the maximum's x lies from the mean, 0
 * where none is positive. The sums of the backward pass need no more of x.
 */
// kernel bn_relu_pool_forward
export function bnReluPoolForward<T>(
  x: usize, mean: usize, scale: usize, shift: usize, out: usize, selected: usize, distances: usize,
  channels: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(width);
  const one = tapNumber<T>(1), two = tapNumber<T>(2), three = tapNumber<T>(3);
  for (let row = begin; row < end; row++) {
    const c = bytes<T>(row % channels);
    const vmu = v128.splat<T>(load<T>(mean + c));
    const va = v128.splat<T>(load<T>(scale + c)), vb = v128.splat<T>(load<T>(shift + c));
    for (let y = 0; y < outHeight; y++) {
      let p = x + bytes<T>((row * height + 2 * y) * width);
      const first = (row * outHeight + y) * outWidth;
      let to = out + bytes<T>(first), far = distances + bytes<T>(first);
      let at = selected + first;
      // Vectors may run over the end of a row; what they read there goes unused.
      for (let j = 0; j < outWidth; j += lanes<T>()) {
        let a = v128.load(p), b = v128.load(p, 16);
        let distance = v128.sub<T>(evenLanes<T>(a, b), vmu);
        let d = v128.sub<T>(oddLanes<T>(a, b), vmu);
        let best = v128.add<T>(v128.mul<T>(va, distance), vb);
        let v = v128.add<T>(v128.mul<T>(va, d), vb);
        let mask = wins<T>(v, best);
        best = select<T>(v, best, mask);
        distance = select<T>(d, distance, mask);
        let tap = v128.and(one, mask);
        a = v128.load(p + rowBytes);
        b = v128.load(p + rowBytes, 16);
        d = v128.sub<T>(evenLanes<T>(a, b), vmu);
        v = v128.add<T>(v128.mul<T>(va, d), vb);
        mask = wins<T>(v, best);
        best = select<T>(v, best, mask);
        distance = select<T>(d, distance, mask);
        tap = select<T>(two, tap, mask);
        d = v128.sub<T>(oddLanes<T>(a, b), vmu);
        v = v128.add<T>(v128.mul<T>(va, d), vb);
        mask = wins<T>(v, best);
        best = select<T>(v, best, mask);
        distance = select<T>(d, distance, mask);
        tap = select<T>(three, tap, mask);
        const none = v128.le<T>(best, zero<T>());
        tap = select<T>(tapNumber<T>(NONE), tap, none);
        best = v128.andnot(best, none);
        distance = v128.andnot(distance, none);
        tap = lowestBytes<T>(tap);
        if (j + lanes<T>() <= outWidth) {
          v128.store(to, best);
          v128.store(far, distance);
          if (sizeof<T>() == 8) v128.store16_lane(at, tap, 0);
          else v128.store32_lane(at, tap, 0);
        } else {
          v128.store(scratch, best);
          v128.store(scratch, distance, 16);
          v128.store(scratch, tap, 32);
          for (let i = 0; i < outWidth - j; i++) {
            store<T>(to + bytes<T>(i), load<T>(scratch + bytes<T>(i)));
            store<T>(far + bytes<T>(i), load<T>(scratch + bytes<T>(i), 16));
            store<u8>(at + i, load<u8>(scratch + i, 32));
          }
        }
        p += 32;
        to += 16;
        far += 16;
        at += lanes<T>();
      }
    }
  }
}

/** Of channels `begin` to `end`: dgamma and dbeta, as in bn_relu.ts; `size` windows of a plane. */
// kernel bn_relu_pool_backward_sums
export function bnReluPoolBackwardSums<T>(
  dout: usize, selected: usize, distances: usize, inverse: usize, dgamma: usize, dbeta: usize,
  images: i32, channels: i32, size: i32, scratch: usize, begin: i32, end: i32,
): void {
  const whole = size & ~(lanes<T>() - 1);
  for (let channel = begin; channel < end; channel++) {
    const c = bytes<T>(channel);
    let total: f64 = 0, weighted: f64 = 0;
    for (let n = 0; n < images; n++) {
      const first = (n * channels + channel) * size;
      const d = distances + bytes<T>(first), q = dout + bytes<T>(first), tap = selected + first;
      let s = zero<T>(), w = zero<T>();
      let i = 0;
      for (; i < whole; i += lanes<T>()) {
        const none = equalTaps<T>(loadSelected<T>(tap + i), tapNumber<T>(NONE));
        const g = v128.andnot(v128.load(q + bytes<T>(i)), none);
        s = v128.add<T>(s, g);
        w = v128.add<T>(w, v128.mul<T>(g, v128.load(d + bytes<T>(i))));
      }
      let sum = <f64>sumLanes<T>(s), product = <f64>sumLanes<T>(w);
      for (; i < size; i++) {
        if (load<u8>(tap + i) == NONE) continue;
        const g = load<T>(q + bytes<T>(i));
        sum += <f64>g;
        product += <f64>(g * load<T>(d + bytes<T>(i)));
      }
      total += sum;
      weighted += product;
    }
    store<T>(dgamma + c, <T>(weighted * <f64>load<T>(inverse + c)));
    store<T>(dbeta + c, <T>total);
  }
}

/** Planes `begin` to `end` of dx. */
// kernel bn_relu_pool_backward_input
export function bnReluPoolBackwardInput<T>(
  x: usize, dout: usize, selected: usize, mean: usize, inverse: usize, scale: usize,
  dgamma: usize, dbeta: usize, dx: usize,
  images: i32, channels: i32, height: i32, width: i32, outHeight: i32, outWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(width);
  const whole = outWidth & ~(lanes<T>() - 1);
  const count = <T>(images * height * width);
  for (let row = begin; row < end; row++) {
    const c = bytes<T>(row % channels);
    const mu = load<T>(mean + c), a = load<T>(scale + c);
    const m = load<T>(dbeta + c) / count;
    const k = load<T>(inverse + c) * load<T>(dgamma + c) / count;
    const vmu = v128.splat<T>(mu), va = v128.splat<T>(a), vm = v128.splat<T>(m), vk = v128.splat<T>(k);
    const offset = bytes<T>(row * height * width);
    let q = dout + bytes<T>(row * outHeight * outWidth);
    let tap = selected + row * outHeight * outWidth;
    for (let y = 0; y < outHeight; y++) {
      let p = x + offset + <usize>(2 * y) * rowBytes, to = dx + offset + <usize>(2 * y) * rowBytes;
      let j = 0;
      for (; j < whole; j += lanes<T>()) {
        const t = loadSelected<T>(tap), g = v128.load(q);
        for (let i = 0; i < 2; i++) {
          // A row of dout as it is behind the pooling.
          const even = taken<T>(g, t, 2 * i), odd = taken<T>(g, t, 2 * i + 1);
          const at = i ? rowBytes : 0;
          const d = v128.sub<T>(v128.load(p + at), vmu);
          const e = v128.sub<T>(v128.load(p + at, 16), vmu);
          v128.store(to + at, gradient<T>(interleavedLow<T>(even, odd), d, va, vm, vk));
          v128.store(to + at, gradient<T>(interleavedHigh<T>(even, odd), e, va, vm, vk), 16);
        }
        p += 32;
        to += 32;
        q += 16;
        tap += lanes<T>();
      }
      for (; j < outWidth; j++) {
        const t = <i32>load<u8>(tap);
        const g = load<T>(q);
        for (let i = 0; i < 4; i++) {
          const at = (i & 2 ? rowBytes : 0) + bytes<T>(i & 1);
          const d = load<T>(p + at) - mu;
          store<T>(to + at, a * (((t == i ? g : <T>0) - m) - d * k));
        }
        p += 2 * sizeof<T>();
        to += 2 * sizeof<T>();
        q += sizeof<T>();
        tap++;
      }
      if (width & 1) {
        store<T>(to, a * ((<T>0 - m) - (load<T>(p) - mu) * k));
        store<T>(to + rowBytes, a * ((<T>0 - m) - (load<T>(p + rowBytes) - mu) * k));
      }
    }
    if (height & 1) {
      const at = offset + <usize>(height - 1) * rowBytes;
      for (let i = 0; i < width; i++) {
        const d = load<T>(x + at + bytes<T>(i)) - mu;
        store<T>(dx + at + bytes<T>(i), a * ((<T>0 - m) - d * k));
      }
    }
  }
}

/** The bytes of as many windows as a vector has lanes, as integers as wide as T. */
// @ts-ignore: decorator
@inline
function loadSelected<T>(p: usize): v128 {
  if (sizeof<T>() == 8) {
    return i64x2(<i64>load<u8>(p), <i64>load<u8>(p, 1));
  }
  return i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(p)));
}

/** v where the tap is this one, and 0 elsewhere. */
// @ts-ignore: decorator
@inline
function taken<T>(v: v128, taps: v128, tap: i32): v128 {
  return v128.and(v, equalTaps<T>(taps, tapNumber<T>(tap)));
}
