// Copyright 2026 the Convlab authors. MIT license.

// Convolution of images with filters, and its three gradients. All of them
// work on planes (plane.ts) through a table of tap offsets; the tables and the
// packed weights come from conv2d.ts of the folder above.

import { fillPlane } from "./plane";
import { pairwiseSum } from "./sum";
import { bytes, laneMask, lanes, madd, sumLanes, TILE_ROWS, zero } from "./simd";
import { correlate, SPILL_BYTES } from "./tile";

/** Images `begin` to `end` of out[n, f] = bias[f] + sum of w[f] * window of x[n]. */
// kernel conv2d_forward_4x{columns}
export function conv2dForward<T>(
  x: usize, weights: usize, bias: usize, offsets: usize, out: usize,
  channels: i32, height: i32, width: i32,
  filters: i32, taps: i32, outHeight: i32, outWidth: i32,
  stride: i32, pad: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const plane = scratch + SPILL_BYTES;
  const rowBytes = bytes<T>(planeWidth * stride);
  const image = bytes<T>(channels * height * width);
  const outPlane = bytes<T>(outHeight * outWidth);
  memory.fill(plane, 0, <usize>(channels * planeRows) * rowBytes + 64);
  for (let n = begin; n < end; n++) {
    fillPlane<T>(
      plane, x + <usize>n * image, channels, height, width,
      pad, pad, planeRows, planeWidth, stride,
    );
    correlate<T>(
      plane, rowBytes * stride, offsets, taps, weights, bias, filters,
      out + <usize>(n * filters) * outPlane, outPlane, bytes<T>(outWidth), sizeof<T>(),
      outHeight, outWidth, scratch,
    );
  }
}

/**
 * Images `begin` to `end` of the gradient of the input: a correlation of dout
 * with the filters turned round. Behind a stride s the positions of dx fall
 * into s × s phases, each of which sees its own taps only; `phases` holds seven
 * numbers for each: first tap in `offsets`, taps, first weight, rows, columns,
 * first row and first column of dx.
 */
// kernel conv2d_backward_input_4x{columns}
export function conv2dBackwardInput<T>(
  dout: usize, weights: usize, zeros: usize, offsets: usize, phases: usize, phaseCount: i32, dx: usize,
  channels: i32, height: i32, width: i32,
  filters: i32, outHeight: i32, outWidth: i32,
  stride: i32, marginTop: i32, marginLeft: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const plane = scratch + SPILL_BYTES;
  const rowBytes = bytes<T>(planeWidth);
  const image = bytes<T>(channels * height * width);
  memory.fill(plane, 0, <usize>(filters * planeRows) * rowBytes + 64);
  for (let n = begin; n < end; n++) {
    fillPlane<T>(
      plane, dout + bytes<T>(n * filters * outHeight * outWidth), filters, outHeight, outWidth,
      marginTop, marginLeft, planeRows, planeWidth, 1,
    );
    let phase = phases;
    for (let i = 0; i < phaseCount; i++) {
      correlate<T>(
        plane, rowBytes, offsets + (<usize>load<u32>(phase) << 2), load<i32>(phase, 4),
        weights + bytes<T>(load<i32>(phase, 8)), zeros, channels,
        dx + <usize>n * image + bytes<T>(load<i32>(phase, 20) * width + load<i32>(phase, 24)),
        bytes<T>(height * width), bytes<T>(stride * width), bytes<T>(stride),
        load<i32>(phase, 12), load<i32>(phase, 16), scratch,
      );
      phase += 28;
    }
  }
}

/**
 * Gradients of the filters and of the bias. Work item `g` is a group of
 * `groupSize` images: its sum over them goes to dwParts[g] (filters × taps),
 * and the sum over each image n of dout to dbParts[n].
 */
// kernel conv2d_backward_filter_4x3
export function conv2dBackwardFilter<T>(
  x: usize, dout: usize, offsets: usize, dwParts: usize, dbParts: usize,
  images: i32, groupSize: i32, channels: i32, height: i32, width: i32,
  filters: i32, taps: i32, outHeight: i32, outWidth: i32,
  stride: i32, pad: i32, planeRows: i32, planeWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const rowBytes = bytes<T>(planeWidth * stride);
  const outPlane = bytes<T>(outHeight * outWidth);
  memory.fill(scratch, 0, <usize>(channels * planeRows) * rowBytes + 64);
  for (let g = begin; g < end; g++) {
    const dw = dwParts + bytes<T>(g * filters * taps);
    memory.fill(dw, 0, bytes<T>(filters * taps));
    const last = min(images, (g + 1) * groupSize);
    for (let n = g * groupSize; n < last; n++) {
      fillPlane<T>(
        scratch, x + bytes<T>(n * channels * height * width), channels, height, width,
        pad, pad, planeRows, planeWidth, stride,
      );
      const grad = dout + <usize>(n * filters) * outPlane;
      for (let f = 0; f < filters; f++) {
        store<T>(
          dbParts + bytes<T>(n * filters + f),
          pairwiseSum<T>(grad + <usize>f * outPlane, outHeight * outWidth),
        );
      }
      for (let f = 0; f < filters; f += 4) {
        for (let k = 0; k < taps; k += 3) {
          filterTile<T>(
            scratch, rowBytes * stride, offsets, k, taps, grad, outPlane, f, filters,
            outHeight, outWidth, dw,
          );
        }
      }
    }
  }
}

/**
 * dw[f … f + 3][k … k + 2] += sum over positions of dout[f] * plane at tap k.
 * The lanes run along the positions, so nothing has to be spread or transposed;
 * rows that end within a vector are masked, so that numbers beyond them (which
 * may be infinite) do not count.
 */
function filterTile<T>(
  plane: usize, sourceRow: usize, offsets: usize, k: i32, taps: i32,
  dout: usize, outPlane: usize, f: i32, filters: i32,
  outHeight: i32, outWidth: i32, dw: usize,
): void {
  // Beyond the last filter or tap the last one is computed again and dropped.
  const rows = min(4, filters - f), columns = min(3, taps - k);
  const d0 = dout + <usize>f * outPlane;
  const d1 = d0 + <usize>min(1, rows - 1) * outPlane;
  const d2 = d0 + <usize>min(2, rows - 1) * outPlane;
  const d3 = d0 + <usize>(rows - 1) * outPlane;
  const o = offsets + (<usize>k << 2);
  let p0 = plane + <usize>load<u32>(o);
  let p1 = plane + <usize>load<u32>(o + (<usize>min(1, columns - 1) << 2));
  let p2 = plane + <usize>load<u32>(o + (<usize>(columns - 1) << 2));
  let c00 = zero<T>(), c01 = c00, c02 = c00, c10 = c00, c11 = c00, c12 = c00;
  let c20 = c00, c21 = c00, c22 = c00, c30 = c00, c31 = c00, c32 = c00;
  const whole = bytes<T>(outWidth & ~(lanes<T>() - 1));
  const tail = outWidth & (lanes<T>() - 1);
  const mask = laneMask<T>(tail);
  let q: usize = 0;
  for (let y = 0; y < outHeight; y++) {
    let x: usize = 0;
    for (; x < whole; x += 16) {
      const b0 = v128.load(p0 + x), b1 = v128.load(p1 + x), b2 = v128.load(p2 + x);
      let a = v128.load(d0 + q + x);
      c00 = madd<T>(a, b0, c00);
      c01 = madd<T>(a, b1, c01);
      c02 = madd<T>(a, b2, c02);
      a = v128.load(d1 + q + x);
      c10 = madd<T>(a, b0, c10);
      c11 = madd<T>(a, b1, c11);
      c12 = madd<T>(a, b2, c12);
      a = v128.load(d2 + q + x);
      c20 = madd<T>(a, b0, c20);
      c21 = madd<T>(a, b1, c21);
      c22 = madd<T>(a, b2, c22);
      a = v128.load(d3 + q + x);
      c30 = madd<T>(a, b0, c30);
      c31 = madd<T>(a, b1, c31);
      c32 = madd<T>(a, b2, c32);
    }
    if (tail) {
      const b0 = v128.and(mask, v128.load(p0 + x));
      const b1 = v128.and(mask, v128.load(p1 + x));
      const b2 = v128.and(mask, v128.load(p2 + x));
      let a = v128.and(mask, v128.load(d0 + q + x));
      c00 = madd<T>(a, b0, c00);
      c01 = madd<T>(a, b1, c01);
      c02 = madd<T>(a, b2, c02);
      a = v128.and(mask, v128.load(d1 + q + x));
      c10 = madd<T>(a, b0, c10);
      c11 = madd<T>(a, b1, c11);
      c12 = madd<T>(a, b2, c12);
      a = v128.and(mask, v128.load(d2 + q + x));
      c20 = madd<T>(a, b0, c20);
      c21 = madd<T>(a, b1, c21);
      c22 = madd<T>(a, b2, c22);
      a = v128.and(mask, v128.load(d3 + q + x));
      c30 = madd<T>(a, b0, c30);
      c31 = madd<T>(a, b1, c31);
      c32 = madd<T>(a, b2, c32);
    }
    q += bytes<T>(outWidth);
    p0 += sourceRow;
    p1 += sourceRow;
    p2 += sourceRow;
  }
  const to = dw + bytes<T>(f * taps + k);
  addRow<T>(to, columns, c00, c01, c02);
  if (rows > 1) addRow<T>(to + bytes<T>(taps), columns, c10, c11, c12);
  if (rows > 2) addRow<T>(to + bytes<T>(2 * taps), columns, c20, c21, c22);
  if (rows > 3) addRow<T>(to + bytes<T>(3 * taps), columns, c30, c31, c32);
}

// @ts-ignore: decorator
@inline
function addRow<T>(to: usize, columns: i32, c0: v128, c1: v128, c2: v128): void {
  store<T>(to, load<T>(to) + sumLanes<T>(c0));
  if (columns > 1) store<T>(to, load<T>(to, sizeof<T>()) + sumLanes<T>(c1), sizeof<T>());
  if (columns > 2) store<T>(to, load<T>(to, 2 * sizeof<T>()) + sumLanes<T>(c2), 2 * sizeof<T>());
}
