// Copyright 2026 the Convlab authors. MIT license.

// A convolution, a ReLU and a 2 × 2 max-pooling as one. Two rows of outputs at a
// time are pooled while they are in the cache; what is kept of them is, for each
// window, which of its four taps (row by row) was the maximum, or that none was
// positive. That is all that the gradients need: at most a quarter of the
// convolution's dout is not zero, and only that quarter is worked on.

import { correlate, SPILL_BYTES } from "./correlate";
import { correlatePhases } from "./phases";
import { fillPlane } from "./plane";
import { wins, tapNumber } from "./pool";
import { bytes, evenLanes, lanes, oddLanes, select, zero } from "./simd";
import { sparse12x1, sparse12x2, sparse3x1, sparse3x2, sparse6x1, sparse6x2 } from "./sparse";
import { VECTORS } from "./variant";

/** The tap number of a window in which nothing is positive. */
export const NONE: i32 = 4;

/** Images `begin` to `end` of out (pooled) and of `taps`, a byte for each. */
// kernel conv2d_relu_pool_forward_{tile}
export function conv2dReluPoolForward<T>(
  x: usize, weights: usize, bias: usize, taps: usize, out: usize, selected: usize,
  channels: i32, height: i32, width: i32,
  filters: i32, fives: i32, pooledHeight: i32, pooledWidth: i32, rowWidth: i32,
  stride: i32, pad: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rows = scratch + SPILL_BYTES;
  const line = bytes<T>(rowWidth);
  const plane = rows + 2 * line * <usize>filters + 64;
  const rowBytes = bytes<T>(planeWidth * stride);
  const image = bytes<T>(channels * height * width);
  const size = pooledHeight * pooledWidth;
  memory.fill(plane, 0, <usize>(channels * planeRows) * rowBytes + 64);
  for (let n = begin; n < end; n++) {
    fillPlane<T>(
      plane, x + <usize>n * image, channels, height, width,
      pad, pad, planeRows, planeWidth, stride,
    );
    for (let y = 0; y < pooledHeight; y++) {
      correlate<T>(
        plane + <usize>(2 * y) * rowBytes * stride, rowBytes * stride, taps, weights, bias,
        filters, fives, rows, 2 * line, line, sizeof<T>(), 2, 2 * pooledWidth, false, scratch,
      );
      let from = rows;
      let at = n * filters * size + y * pooledWidth;
      for (let f = 0; f < filters; f++) {
        poolRows<T>(from, from + line, pooledWidth, out + bytes<T>(at), selected + at, scratch);
        from += 2 * line;
        at += size;
      }
    }
  }
}

/** The maximum of each 2 × 2 window of two rows, or 0 if it is greater; and which it was. */
function poolRows<T>(
  upper: usize, lower: usize, count: i32, out: usize, selected: usize, spill: usize,
): void {
  const one = tapNumber<T>(1), two = tapNumber<T>(2), three = tapNumber<T>(3);
  for (let j = 0; j < count; j += lanes<T>()) {
    let a = v128.load(upper), b = v128.load(upper, 16);
    let best = evenLanes<T>(a, b), v = oddLanes<T>(a, b);
    let mask = wins<T>(v, best);
    best = select<T>(v, best, mask);
    let tap = v128.and(one, mask);
    a = v128.load(lower);
    b = v128.load(lower, 16);
    v = evenLanes<T>(a, b);
    mask = wins<T>(v, best);
    best = select<T>(v, best, mask);
    tap = select<T>(two, tap, mask);
    v = oddLanes<T>(a, b);
    mask = wins<T>(v, best);
    best = select<T>(v, best, mask);
    tap = select<T>(three, tap, mask);
    tap = select<T>(tapNumber<T>(NONE), tap, v128.le<T>(best, zero<T>()));
    best = v128.max<T>(best, zero<T>());
    tap = lowestBytes<T>(tap);
    if (j + lanes<T>() <= count) {
      v128.store(out, best);
      if (sizeof<T>() == 8) v128.store16_lane(selected, tap, 0);
      else v128.store32_lane(selected, tap, 0);
    } else {
      v128.store(spill, best);
      v128.store(spill, tap, 16);
      for (let i = 0; i < count - j; i++) {
        store<T>(out + bytes<T>(i), load<T>(spill + bytes<T>(i)));
        store<u8>(selected + i, load<u8>(spill + i, 16));
      }
    }
    upper += 32;
    lower += 32;
    out += 16;
    selected += lanes<T>();
  }
}

/** The lowest byte of each integer as wide as T, side by side. */
// @ts-ignore: decorator
@inline
export function lowestBytes<T>(v: v128): v128 {
  if (sizeof<T>() == 8) return i8x16.shuffle(v, v, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8, 0, 8);
  return i8x16.shuffle(v, v, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12);
}

/** Bytes of an entry of the list of what is not zero: a value, and where it is. */
const ENTRY: usize = 16;

/**
 * Lists what is not zero of one filter's dout: entries of a value and of the
 * byte offset that its position has in a plane with rows `rowStep` and columns
 * `columnStep` apart.
 *
 * @returns The end of the list.
 */
function listSelected<T>(
  dout: usize, selected: usize, height: i32, width: i32, rowStep: usize, columnStep: usize, list: usize,
): usize {
  for (let y = 0; y < height; y++) {
    let corner = <usize>(2 * y) * rowStep;
    for (let x = 0; x < width; x++) {
      const tap = <usize>load<u8>(selected++);
      store<T>(list, load<T>(dout));
      store<u32>(list, <u32>(corner + (tap >> 1) * rowStep + (tap & 1) * columnStep), 8);
      if (tap != NONE) list += ENTRY;
      dout += sizeof<T>();
      corner += 2 * columnStep;
    }
  }
  return list;
}

/**
 * Gradients of the filters and of the bias. Work item `g` is a group of
 * `groupSize` images: its sum over them goes to dwParts[g] (filters × rows ×
 * `vectors` vectors) and dbParts[g]. A row is a row of a window, or as much of
 * one as the vectors hold; `offsets` has the place of each from the window's corner.
 */
// kernel conv2d_pool_backward_filter_{tile}
export function conv2dPoolBackwardFilter<T>(
  x: usize, dout: usize, selected: usize, offsets: usize, rows: i32, vectors: i32,
  dwParts: usize, dbParts: usize, images: i32, groupSize: i32,
  channels: i32, height: i32, width: i32, filters: i32, pooledHeight: i32, pooledWidth: i32,
  stride: i32, pad: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const size = pooledHeight * pooledWidth;
  const list = scratch;
  const plane = list + <usize>(size + 1) * ENTRY;
  const rowBytes = bytes<T>(planeWidth);
  const planeBytes = <usize>(channels * planeRows) * rowBytes + 64;
  const filterBytes = <usize>(16 * rows * vectors);
  memory.fill(plane, 0, planeBytes);
  for (let g = begin; g < end; g++) {
    const dw = dwParts + <usize>(g * filters) * filterBytes;
    const db = dbParts + bytes<T>(g * filters);
    memory.fill(dw, 0, <usize>filters * filterBytes);
    memory.fill(db, 0, bytes<T>(filters));
    const last = min(images, (g + 1) * groupSize);
    for (let n = g * groupSize; n < last; n++) {
      fillPlane<T>(
        plane, x + bytes<T>(n * channels * height * width), channels, height, width,
        pad, pad, planeRows, planeWidth, 1,
      );
      for (let f = 0; f < filters; f++) {
        const at = (n * filters + f) * size;
        const listEnd = listSelected<T>(
          dout + bytes<T>(at), selected + at, pooledHeight, pooledWidth,
          rowBytes * stride, bytes<T>(stride), list,
        );
        let sum: T = 0;
        for (let entry = list; entry < listEnd; entry += ENTRY) sum += load<T>(entry);
        store<T>(db + bytes<T>(f), load<T>(db + bytes<T>(f)) + sum);
        sparseRows<T>(
          list, listEnd, plane, offsets, rows, vectors, dw + <usize>f * filterBytes,
        );
      }
    }
  }
}

/** All rows of one filter, as many at a time as registers hold. */
// @ts-ignore: decorator
@inline
function sparseRows<T>(
  list: usize, end: usize, plane: usize, offsets: usize, rows: i32, vectors: i32, sums: usize,
): void {
  if (VECTORS == 2 && vectors == 1) {
    for (; rows >= 12; rows -= 12, offsets += 48, sums += 192) {
      sparse12x1<T>(list, end, plane, offsets, sums);
    }
    for (; rows >= 6; rows -= 6, offsets += 24, sums += 96) {
      sparse6x1<T>(list, end, plane, offsets, sums);
    }
    for (; rows > 0; rows -= 3, offsets += 12, sums += 48) {
      sparse3x1<T>(list, end, plane, offsets, sums);
    }
    return;
  }
  if (VECTORS == 4) {
    for (; rows >= 12; rows -= 12, offsets += 48, sums += 384) {
      sparse12x2<T>(list, end, plane, offsets, sums);
    }
  }
  for (; rows >= 6; rows -= 6, offsets += 24, sums += 192) {
    sparse6x2<T>(list, end, plane, offsets, sums);
  }
  for (; rows > 0; rows -= 3, offsets += 12, sums += 96) {
    sparse3x2<T>(list, end, plane, offsets, sums);
  }
}

/**
 * Images `begin` to `end` of the gradient of the input, as conv2dBackwardInput
 * (conv2d.ts) has it: what is not zero of dout is put where it belongs in the plane.
 */
// kernel conv2d_pool_backward_input_{tile}
export function conv2dPoolBackwardInput<T>(
  dout: usize, selected: usize, weights: usize, zeros: usize, taps: usize,
  phases: usize, phaseCount: i32, dx: usize,
  channels: i32, fives: i32, height: i32, width: i32,
  filters: i32, pooledHeight: i32, pooledWidth: i32,
  stride: i32, marginTop: i32, marginLeft: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const size = pooledHeight * pooledWidth;
  const list = scratch + SPILL_BYTES;
  const plane = list + <usize>(size + 1) * ENTRY;
  const rowBytes = bytes<T>(planeWidth);
  const filterBytes = <usize>planeRows * rowBytes;
  const planeBytes = <usize>filters * filterBytes + 64;
  const image = bytes<T>(channels * height * width);
  for (let n = begin; n < end; n++) {
    memory.fill(plane, 0, planeBytes);
    for (let f = 0; f < filters; f++) {
      const at = (n * filters + f) * size;
      const listEnd = listSelected<T>(
        dout + bytes<T>(at), selected + at, pooledHeight, pooledWidth, rowBytes, sizeof<T>(), list,
      );
      const corner = plane + <usize>f * filterBytes + <usize>marginTop * rowBytes + bytes<T>(marginLeft);
      for (let entry = list; entry < listEnd; entry += ENTRY) {
        store<T>(corner + <usize>load<u32>(entry, 8), load<T>(entry));
      }
    }
    correlatePhases<T>(
      plane, rowBytes, taps, phases, phaseCount, weights, zeros, channels, fives,
      dx + <usize>n * image, height, width, stride, plane + planeBytes, scratch,
    );
  }
}
