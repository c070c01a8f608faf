// Copyright 2026 the Convlab authors. MIT license.

// Average-pooling: the sum of each window, row by row, divided by its size.

import { fillPlane } from "./plane";
import { bytes, evenLanes, lanes, oddLanes, zero } from "./simd";
import { pairwiseSum } from "./sum";

/**
 * Planes (image and channel) `begin` to `end`, any window and stride: through a
 * copy in which the taps of neighbouring windows are neighbours (plane.ts).
 */
// kernel avgpool_forward
export function avgPoolForward<T>(
  x: usize, offsets: usize, taps: i32, out: usize,
  height: i32, width: i32, outHeight: i32, outWidth: i32,
  stride: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const plane = scratch + 32;
  const rowBytes = bytes<T>(planeWidth * stride * stride);
  const count = v128.splat<T>(<T>taps);
  for (let i = begin; i < end; i++) {
    fillPlane<T>(
      plane, x + bytes<T>(i * height * width), 1, height, width, 0, 0,
      planeRows, planeWidth, stride,
    );
    for (let y = 0; y < outHeight; y++) {
      const source = plane + <usize>y * rowBytes;
      let to = out + bytes<T>((i * outHeight + y) * outWidth);
      for (let j = 0; j < outWidth; j += lanes<T>()) {
        const p = source + bytes<T>(j);
        let sum = v128.load(p + <usize>load<u32>(offsets));
        for (let k = 1; k < taps; k++) {
          sum = v128.add<T>(sum, v128.load(p + <usize>load<u32>(offsets + (<usize>k << 2))));
        }
        storeFirst<T>(to, v128.div<T>(sum, count), outWidth - j, scratch);
        to += 16;
      }
    }
  }
}

/** The same for windows of 2 × 2 at stride 2, straight from the image. */
// kernel avgpool_forward_2x2
export function avgPoolForward2x2<T>(
  x: usize, out: usize, height: i32, width: i32, outHeight: i32, outWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(width);
  const quarter = v128.splat<T>(<T>0.25);
  for (let i = begin; i < end; i++) {
    for (let y = 0; y < outHeight; y++) {
      let p = x + bytes<T>((i * height + 2 * y) * width);
      let to = out + bytes<T>((i * outHeight + y) * outWidth);
      for (let j = 0; j < outWidth; j += lanes<T>()) {
        let a = v128.load(p), b = v128.load(p, 16);
        let sum = v128.add<T>(evenLanes<T>(a, b), oddLanes<T>(a, b));
        a = v128.load(p + rowBytes);
        b = v128.load(p + rowBytes, 16);
        sum = v128.add<T>(v128.add<T>(sum, evenLanes<T>(a, b)), oddLanes<T>(a, b));
        storeFirst<T>(to, v128.mul<T>(sum, quarter), outWidth - j, scratch);
        p += 32;
        to += 16;
      }
    }
  }
}

/** Stores the first `n` numbers of a vector. */
// @ts-ignore: decorator
@inline
function storeFirst<T>(to: usize, v: v128, n: i32, spill: usize): void {
  if (n >= lanes<T>()) {
    v128.store(to, v);
    return;
  }
  v128.store(spill, v);
  for (let i = 0; i < n; i++) store<T>(to + bytes<T>(i), load<T>(spill + bytes<T>(i)));
}

/**
 * Planes `begin` to `end` of dx: each dout, divided by the size of a window, is
 * added to all of its own. `offsets` holds each tap's place from the corner.
 */
// kernel avgpool_backward
export function avgPoolBackward<T>(
  dout: usize, offsets: usize, taps: i32, dx: usize,
  height: i32, width: i32, outHeight: i32, outWidth: i32, stride: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const planeBytes = bytes<T>(height * width);
  let from = dout + bytes<T>(begin * outHeight * outWidth);
  memory.fill(dx + <usize>begin * planeBytes, 0, <usize>(end - begin) * planeBytes);
  for (let i = begin; i < end; i++) {
    for (let y = 0; y < outHeight; y++) {
      let corner = dx + <usize>i * planeBytes + bytes<T>(y * stride * width);
      for (let j = 0; j < outWidth; j++) {
        const part = load<T>(from) / <T>taps;
        for (let k = 0; k < taps; k++) {
          const to = corner + <usize>load<u32>(offsets + (<usize>k << 2));
          store<T>(to, load<T>(to) + part);
        }
        corner += bytes<T>(stride);
        from += sizeof<T>();
      }
    }
  }
}

/** The same for windows of 2 × 2 at stride 2, which do not overlap: every row of dx is written once. */
// kernel avgpool_backward_2x2
export function avgPoolBackward2x2<T>(
  dout: usize, dx: usize, height: i32, width: i32, outHeight: i32, outWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(width);
  const quarter = v128.splat<T>(<T>0.25);
  for (let i = begin; i < end; i++) {
    let from = dout + bytes<T>(i * outHeight * outWidth);
    const plane = dx + bytes<T>(i * height * width);
    for (let y = 0; y < outHeight; y++) {
      let upper = plane + <usize>(2 * y) * rowBytes;
      let j = 0;
      for (; j + lanes<T>() <= outWidth; j += lanes<T>()) {
        // Added to 0, so that -0 becomes 0.
        const v = v128.add<T>(zero<T>(), v128.mul<T>(v128.load(from), quarter));
        const a = doubledLow<T>(v), b = doubledHigh<T>(v);
        v128.store(upper, a);
        v128.store(upper, b, 16);
        v128.store(upper + rowBytes, a);
        v128.store(upper + rowBytes, b, 16);
        from += 16;
        upper += 32;
      }
      for (; j < outWidth; j++) {
        const v = <T>0 + load<T>(from) * <T>0.25;
        store<T>(upper, v);
        store<T>(upper, v, sizeof<T>());
        store<T>(upper + rowBytes, v);
        store<T>(upper + rowBytes, v, sizeof<T>());
        from += sizeof<T>();
        upper += 2 * sizeof<T>();
      }
      if (width & 1) {
        store<T>(upper, 0);
        store<T>(upper + rowBytes, 0);
      }
    }
    if (height & 1) memory.fill(plane + <usize>(height - 1) * rowBytes, 0, rowBytes);
  }
}

/** The first numbers of a vector, each twice. */
// @ts-ignore: decorator
@inline
function doubledLow<T>(v: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(v, v, 0, 0) : v128.shuffle<f32>(v, v, 0, 0, 1, 1);
}

/** The last numbers of a vector, each twice. */
// @ts-ignore: decorator
@inline
function doubledHigh<T>(v: v128): v128 {
  return sizeof<T>() == 8 ? v128.shuffle<f64>(v, v, 1, 1) : v128.shuffle<f32>(v, v, 2, 2, 3, 3);
}

/** out[i] = the mean of plane i (of `size` numbers), for planes `begin` to `end`. */
// kernel global_avgpool_forward
export function globalAvgPoolForward<T>(
  x: usize, out: usize, size: i32, scratch: usize, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    store<T>(out + bytes<T>(i), pairwiseSum<T>(x + bytes<T>(i * size), size) / <T>size);
  }
}

/** Plane i of dx = dout[i] / size. */
// kernel global_avgpool_backward
export function globalAvgPoolBackward<T>(
  dout: usize, dx: usize, size: i32, scratch: usize, begin: i32, end: i32,
): void {
  for (let i = begin; i < end; i++) {
    const v = load<T>(dout + bytes<T>(i)) / <T>size;
    const part = v128.splat<T>(v);
    const to = dx + bytes<T>(i * size);
    let j = 0;
    for (; j + lanes<T>() <= size; j += lanes<T>()) v128.store(to + bytes<T>(j), part);
    for (; j < size; j++) store<T>(to + bytes<T>(j), v);
  }
}
