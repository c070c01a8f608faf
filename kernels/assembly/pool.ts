// Copyright 2026 the Convlab authors. MIT license.

// Max-pooling. The forward pass keeps, beside each maximum, which tap of its
// window it was (row-major), so that the backward pass is one scatter. A later
// tap wins only if it is greater, or NaN where none was before: the first
// maximum, or the first NaN, takes the gradient.

import { fillPlane } from "./plane";
import { bytes, evenLanes, interleavedHigh, interleavedLow, lanes, oddLanes, select, zero } from "./simd";

/** The vectors of one step: is the candidate to replace the best so far? */
// @ts-ignore: decorator
@inline
export function wins<T>(candidate: v128, best: v128): v128 {
  return v128.andnot(v128.eq<T>(best, best), v128.le<T>(candidate, best));
}

/** A tap's number in every lane of an integer vector as wide as T. */
// @ts-ignore: decorator
@inline
export function tapNumber<T>(tap: i32): v128 {
  return sizeof<T>() == 8 ? i64x2.splat(<i64>tap) : i32x4.splat(tap);
}

/** Stores the first `n` maxima and tap numbers. */
// @ts-ignore: decorator
@inline
function storeResult<T>(
  best: v128, taps: v128, out: usize, argmax: usize, n: i32, spill: usize,
): void {
  if (n >= lanes<T>()) {
    v128.store(out, best);
    if (sizeof<T>() == 8) {
      v128.store64_lane(argmax, v128.shuffle<i32>(taps, taps, 0, 2, 0, 2), 0);
    } else v128.store(argmax, taps);
    return;
  }
  v128.store(spill, best);
  v128.store(spill, taps, 16);
  for (let i = 0; i < n; i++) {
    store<T>(out + bytes<T>(i), load<T>(spill + bytes<T>(i)));
    store<i32>(argmax + (<usize>i << 2), load<i32>(spill + 16 + bytes<T>(i)));
  }
}

/**
 * Planes (image and channel) `begin` to `end`, any window and stride: through a
 * copy in which the taps of neighbouring windows are neighbours (plane.ts).
 */
// kernel maxpool_forward
export function maxPoolForward<T>(
  x: usize, offsets: usize, taps: i32, out: usize, argmax: usize,
  height: i32, width: i32, outHeight: i32, outWidth: i32,
  stride: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const plane = scratch + 32;
  const rowBytes = bytes<T>(planeWidth * stride * stride);
  for (let i = begin; i < end; i++) {
    fillPlane<T>(
      plane, x + bytes<T>(i * height * width), 1, height, width, 0, 0,
      planeRows, planeWidth, stride,
    );
    for (let y = 0; y < outHeight; y++) {
      const source = plane + <usize>y * rowBytes;
      const position = (i * outHeight + y) * outWidth;
      for (let j = 0; j < outWidth; j += lanes<T>()) {
        const p = source + bytes<T>(j);
        let best = v128.load(p + <usize>load<u32>(offsets));
        let tap = tapNumber<T>(0);
        for (let k = 1; k < taps; k++) {
          const v = v128.load(p + <usize>load<u32>(offsets + (<usize>k << 2)));
          const mask = wins<T>(v, best);
          best = select<T>(v, best, mask);
          tap = select<T>(tapNumber<T>(k), tap, mask);
        }
        storeResult<T>(
          best, tap, out + bytes<T>(position + j), argmax + (<usize>(position + j) << 2),
          outWidth - j, scratch,
        );
      }
    }
  }
}

/** The same for windows of 2 × 2 at stride 2, straight from the image. */
// kernel maxpool_forward_2x2
export function maxPoolForward2x2<T>(
  x: usize, out: usize, argmax: usize,
  height: i32, width: i32, outHeight: i32, outWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(width);
  const one = tapNumber<T>(1), two = tapNumber<T>(2), three = tapNumber<T>(3);
  for (let i = begin; i < end; i++) {
    for (let y = 0; y < outHeight; y++) {
      let p = x + bytes<T>((i * height + 2 * y) * width);
      const position = (i * outHeight + y) * outWidth;
      for (let j = 0; j < outWidth; j += lanes<T>()) {
        let a = v128.load(p), b = v128.load(p, 16);
        let best = evenLanes<T>(a, b), v = oddLanes<T>(a, b);
        let mask = wins<T>(v, best);
        best = select<T>(v, best, mask);
        let tap = v128.and(one, mask);
        a = v128.load(p + rowBytes);
        b = v128.load(p + rowBytes, 16);
        v = evenLanes<T>(a, b);
        mask = wins<T>(v, best);
        best = select<T>(v, best, mask);
        tap = select<T>(two, tap, mask);
        v = oddLanes<T>(a, b);
        mask = wins<T>(v, best);
        best = select<T>(v, best, mask);
        tap = select<T>(three, tap, mask);
        storeResult<T>(
          best, tap, out + bytes<T>(position + j), argmax + (<usize>(position + j) << 2),
          outWidth - j, scratch,
        );
        p += 32;
      }
    }
  }
}

/**
 * Planes `begin` to `end` of dx: each dout goes to the input that was its
 * window's maximum. `offsets` holds each tap's place from the window's corner.
 */
// kernel maxpool_backward
export function maxPoolBackward<T>(
  dout: usize, argmax: usize, offsets: usize, dx: usize,
  height: i32, width: i32, outHeight: i32, outWidth: i32, stride: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const planeBytes = bytes<T>(height * width);
  let from = dout + bytes<T>(begin * outHeight * outWidth);
  let tap = argmax + (<usize>(begin * outHeight * outWidth) << 2);
  memory.fill(dx + <usize>begin * planeBytes, 0, <usize>(end - begin) * planeBytes);
  for (let i = begin; i < end; i++) {
    for (let y = 0; y < outHeight; y++) {
      let corner = dx + <usize>i * planeBytes + bytes<T>(y * stride * width);
      for (let j = 0; j < outWidth; j++) {
        const to = corner + <usize>load<u32>(offsets + (<usize>load<u32>(tap) << 2));
        store<T>(to, load<T>(to) + load<T>(from));
        corner += bytes<T>(stride);
        from += sizeof<T>();
        tap += 4;
      }
    }
  }
}

/** The same for windows of 2 × 2 at stride 2, which do not overlap: every row of dx is written once. */
// kernel maxpool_backward_2x2
export function maxPoolBackward2x2<T>(
  dout: usize, argmax: usize, dx: usize,
  height: i32, width: i32, outHeight: i32, outWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(width);
  const whole = outWidth & ~(lanes<T>() - 1);
  const zeroTap = tapNumber<T>(0), one = tapNumber<T>(1), two = tapNumber<T>(2), three = tapNumber<T>(3);
  for (let i = begin; i < end; i++) {
    let from = dout + bytes<T>(i * outHeight * outWidth);
    let tap = argmax + (<usize>(i * outHeight * outWidth) << 2);
    const plane = dx + bytes<T>(i * height * width);
    for (let y = 0; y < outHeight; y++) {
      const upper = plane + <usize>(2 * y) * rowBytes, lower = upper + rowBytes;
      let at: usize = 0;
      let j = 0;
      for (; j < whole; j += lanes<T>()) {
        const v = v128.load(from);
        const t = loadTaps<T>(tap);
        storeInterleaved<T>(upper + at, taken<T>(v, t, zeroTap), taken<T>(v, t, one));
        storeInterleaved<T>(lower + at, taken<T>(v, t, two), taken<T>(v, t, three));
        from += 16;
        tap += <usize>lanes<T>() << 2;
        at += 32;
      }
      for (; j < outWidth; j++) {
        const t = load<i32>(tap), v = <T>0 + load<T>(from);
        store<T>(upper + at, t == 0 ? v : <T>0);
        store<T>(upper + at, t == 1 ? v : <T>0, sizeof<T>());
        store<T>(lower + at, t == 2 ? v : <T>0);
        store<T>(lower + at, t == 3 ? v : <T>0, sizeof<T>());
        from += sizeof<T>();
        tap += 4;
        at += 2 * sizeof<T>();
      }
      if (width & 1) {
        store<T>(upper + at, 0);
        store<T>(lower + at, 0);
      }
    }
    if (height & 1) memory.fill(plane + <usize>(height - 1) * rowBytes, 0, rowBytes);
  }
}

/** Tap numbers as an integer vector as wide as T. */
// @ts-ignore: decorator
@inline
function loadTaps<T>(p: usize): v128 {
  return sizeof<T>() == 8 ? v128.load32x2_u(p) : v128.load(p);
}

/** v where the tap is this one, added to 0 (so that -0 becomes 0), and 0 elsewhere. */
// @ts-ignore: decorator
@inline
function taken<T>(v: v128, taps: v128, tap: v128): v128 {
  return v128.add<T>(zero<T>(), v128.and(v, equalTaps<T>(taps, tap)));
}

/** All bits set where two tap numbers are equal. */
// @ts-ignore: decorator
@inline
export function equalTaps<T>(a: v128, b: v128): v128 {
  return sizeof<T>() == 8 ? i64x2.eq(a, b) : i32x4.eq(a, b);
}

/** Stores the numbers of two vectors in turn. */
// @ts-ignore: decorator
@inline
function storeInterleaved<T>(to: usize, a: v128, b: v128): void {
  v128.store(to, interleavedLow<T>(a, b));
  v128.store(to, interleavedHigh<T>(a, b), 16);
}
