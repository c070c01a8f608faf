// Copyright 2026 the Convlab authors. MIT license.

// Convolution of images with filters, and the gradient of its input. Both work
// on planes (plane.ts) through a table of taps (correlate.ts); the tables and
// the packed weights come from conv2d.ts of the folder above.

import { correlate, SPILL_BYTES } from "./correlate";
import { reluForward } from "./elementwise";
import { correlatePhases } from "./phases";
import { fillJoined, fillPlane } from "./plane";
import { bytes } from "./simd";

/**
 * Images `begin` to `end` of out[n, f] = bias[f] + sum of w[f] * window of x[n];
 * or, with `relu`, 0 where that is less. Image n has the weights of group
 * n % groups: an image whose channels are in groups is given as so many images.
 * With `copies` rows are joined (plane.ts), and their width is `planeWidth`.
 */
// kernel conv2d_forward_{tile}
export function conv2dForward<T>(
  x: usize, weights: usize, bias: usize, taps: usize, out: usize,
  channels: i32, height: i32, width: i32,
  filters: i32, fives: i32, outHeight: i32, outWidth: i32,
  stride: i32, pad: i32, planeRows: i32, planeWidth: i32, copies: i32, dilation: i32,
  groups: i32, relu: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const plane = scratch + SPILL_BYTES;
  const rowBytes = bytes<T>(planeWidth * stride);
  const image = bytes<T>(channels * height * width);
  const outPlane = bytes<T>(outHeight * outWidth);
  const padded = max(3, filters);
  memory.fill(plane, 0, <usize>(max(1, copies) * channels * planeRows) * rowBytes + 64);
  for (let n = begin; n < end; n++) {
    if (copies) {
      fillJoined<T>(
        plane, x + <usize>n * image, channels, height, width,
        pad, -pad, dilation, copies, planeRows, planeWidth,
      );
    } else {
      fillPlane<T>(
        plane, x + <usize>n * image, channels, height, width,
        pad, pad, planeRows, planeWidth, stride,
      );
    }
    const group = n % groups;
    correlate<T>(
      plane, rowBytes * stride, taps,
      weights + bytes<T>(group * padded * load<i32>(taps)), bias + bytes<T>(group * padded), filters, fives,
      out + <usize>(n * filters) * outPlane, outPlane, bytes<T>(outWidth), sizeof<T>(),
      copies ? 1 : outHeight, copies ? outHeight * outWidth : outWidth, false, scratch,
    );
    if (relu) {
      const size = filters * outHeight * outWidth;
      reluForward<T>(out, out, 0, n * size, (n + 1) * size);
    }
  }
}

/**
 * Images `begin` to `end` of the gradient of the input: a correlation of dout
 * with the filters turned round, of which each group has `groupWeights`. With
 * `copies` rows are joined: copy k of dout begins at column first - k * dilation.
 */
// kernel conv2d_backward_input_{tile}
export function conv2dBackwardInput<T>(
  dout: usize, weights: usize, zeros: usize, taps: usize, phases: usize, phaseCount: i32, dx: usize,
  channels: i32, fives: i32, height: i32, width: i32,
  filters: i32, outHeight: i32, outWidth: i32,
  stride: i32, marginTop: i32, marginLeft: i32, planeRows: i32, planeWidth: i32,
  copies: i32, first: i32, dilation: i32, groups: i32, groupWeights: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const plane = scratch + SPILL_BYTES;
  const rowBytes = bytes<T>(planeWidth);
  const image = bytes<T>(channels * height * width);
  const planeBytes = <usize>(max(1, copies) * filters * planeRows) * rowBytes + 64;
  memory.fill(plane, 0, planeBytes);
  for (let n = begin; n < end; n++) {
    const grad = dout + bytes<T>(n * filters * outHeight * outWidth);
    if (copies) {
      fillJoined<T>(
        plane, grad, filters, outHeight, outWidth,
        marginTop, first, -dilation, copies, planeRows, planeWidth,
      );
    } else {
      fillPlane<T>(
        plane, grad, filters, outHeight, outWidth,
        marginTop, marginLeft, planeRows, planeWidth, 1,
      );
    }
    correlatePhases<T>(
      plane, rowBytes, taps, phases, phaseCount,
      weights + bytes<T>(n % groups * groupWeights), zeros, channels, fives,
      dx + <usize>n * image, height, width, stride, plane + planeBytes, scratch,
    );
  }
}
