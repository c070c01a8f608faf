// Copyright 2026 the Convlab authors. MIT license.

// Max-pooling. The forward pass keeps, beside each maximum, which tap of its
// window it was (row-major), so that the backward pass is one scatter. A later
// tap wins only if it is greater, or NaN where none was before: the first
// maximum, or the first NaN, takes the gradient.

import { fillPlane } from "./plane";
import { bytes, lanes } from "./simd";

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
          best = v128.bitselect(v, best, mask);
          tap = v128.bitselect(tapNumber<T>(k), tap, mask);
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
        let best: v128, v: v128;
        if (sizeof<T>() == 8) {
          best = v128.shuffle<f64>(a, b, 0, 2);
          v = v128.shuffle<f64>(a, b, 1, 3);
        } else {
          best = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
          v = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
        }
        let mask = wins<T>(v, best);
        best = v128.bitselect(v, best, mask);
        let tap = v128.and(one, mask);
        a = v128.load(p + rowBytes);
        b = v128.load(p + rowBytes, 16);
        if (sizeof<T>() == 8) v = v128.shuffle<f64>(a, b, 0, 2);
        else v = v128.shuffle<f32>(a, b, 0, 2, 4, 6);
        mask = wins<T>(v, best);
        best = v128.bitselect(v, best, mask);
        tap = v128.bitselect(two, tap, mask);
        if (sizeof<T>() == 8) v = v128.shuffle<f64>(a, b, 1, 3);
        else v = v128.shuffle<f32>(a, b, 1, 3, 5, 7);
        mask = wins<T>(v, best);
        best = v128.bitselect(v, best, mask);
        tap = v128.bitselect(three, tap, mask);
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
