// Copyright 2026 the Convlab authors. MIT license.

// The gradient of a convolution's filters: the matrix product of dout (filters
// × positions) with the windows of x (positions × taps). The windows of a few
// rows of positions at a time are copied to a panel that stays in the cache, so
// that the im2col matrix is never there as a whole.

import { SPILL_BYTES, tileColumn } from "./correlate";
import { packRows } from "./pack";
import { fillPlane } from "./plane";
import { pairwiseSum } from "./sum";
import { bytes, lanes, tileColumns } from "./simd";

/**
 * Gradients of the filters and of the bias, those of `convGroups` groups of
 * channels and filters. Work item `g` is a group g % convGroups of `groupSize`
 * images: its sum over them goes to dwParts[g] (filters × taps), and the sum
 * over each image n of dout to dbParts[n]. A panel takes `panelRows` rows of
 * outputs, and each of its positions `panelWidth` numbers.
 */
// kernel conv2d_backward_filter_{tile}
export function conv2dBackwardFilter<T>(
  x: usize, dout: usize, dwParts: usize, dbParts: usize,
  images: i32, groupSize: i32, convGroups: i32,
  channels: i32, height: i32, width: i32,
  filters: i32, fives: i32, filterHeight: i32, filterWidth: i32, outHeight: i32, outWidth: i32,
  stride: i32, pad: i32, dilation: i32, planeRows: i32, planeWidth: i32, panelRows: i32, panelWidth: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const taps = channels * filterHeight * filterWidth;
  const size = outHeight * outWidth;
  const plane = scratch + SPILL_BYTES;
  const planeBytes = bytes<T>(channels * planeRows * planeWidth) + 64;
  const packed = plane + planeBytes;
  const panel = packed + bytes<T>((filters + 4) * size) + 64;
  memory.fill(plane, 0, planeBytes);
  for (let g = begin; g < end; g++) {
    const dw = dwParts + bytes<T>(g * filters * taps);
    memory.fill(dw, 0, bytes<T>(filters * taps));
    const first = g / convGroups * groupSize, last = min(images, first + groupSize);
    for (let image = first; image < last; image++) {
      const n = image * convGroups + g % convGroups;
      fillPlane<T>(
        plane, x + bytes<T>(n * channels * height * width), channels, height, width,
        pad, pad, planeRows, planeWidth, 1,
      );
      const grad = dout + bytes<T>(n * filters * size);
      for (let f = 0; f < filters; f++) {
        store<T>(dbParts + bytes<T>(n * filters + f), pairwiseSum<T>(grad + bytes<T>(f * size), size));
      }
      for (let y = 0; y < outHeight; y += panelRows) {
        const positions = min(panelRows, outHeight - y) * outWidth;
        packRows<T>(grad + bytes<T>(y * outWidth), size, 1, filters, fives, positions, packed, 0, 1 << 30);
        for (let row = 0; row < positions / outWidth; row++) {
          copyWindows<T>(
            plane + bytes<T>((y + row) * stride * planeWidth), channels, filterHeight, filterWidth,
            planeRows, planeWidth, outWidth, stride, dilation,
            panel + bytes<T>(row * outWidth * panelWidth), panelWidth,
          );
        }
        for (let k = 0; k < taps; k += tileColumns<T>()) {
          tileColumn<T>(
            panel + bytes<T>(k), positions, bytes<T>(panelWidth), packed, 0,
            dw + bytes<T>(k), bytes<T>(taps), filters, fives, taps - k, scratch,
          );
        }
      }
    }
  }
}

/**
 * Copies the windows of one row of positions, each to a row of the panel. The
 * vectors that do it run over the end of a filter's row (or of a single tap, if
 * taps are apart); what they leave there is overwritten by the next, and after
 * the last does not matter.
 */
function copyWindows<T>(
  source: usize, channels: i32, filterHeight: i32, filterWidth: i32,
  planeRows: i32, planeWidth: i32, outWidth: i32, stride: i32, dilation: i32,
  panel: usize, panelWidth: i32,
): void {
  const advance = bytes<T>(stride), rowBytes = bytes<T>(panelWidth);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < filterHeight; i++) {
      const line = source + bytes<T>((c * planeRows + i * dilation) * planeWidth);
      const to = panel + bytes<T>((c * filterHeight + i) * filterWidth);
      if (dilation > 1) {
        for (let j = 0; j < filterWidth; j++) {
          copyVectors<T>(line + bytes<T>(j * dilation), advance, to + bytes<T>(j), rowBytes, outWidth, false);
        }
        continue;
      }
      let j = 0;
      for (; j + lanes<T>() < filterWidth; j += 2 * lanes<T>()) {
        copyVectors<T>(line + bytes<T>(j), advance, to + bytes<T>(j), rowBytes, outWidth, true);
      }
      if (j < filterWidth) {
        copyVectors<T>(line + bytes<T>(j), advance, to + bytes<T>(j), rowBytes, outWidth, false);
      }
    }
  }
}

/** Copies one vector, or two, from each of `count` places. */
// @ts-ignore: decorator
@inline
function copyVectors<T>(
  from: usize, advance: usize, to: usize, rowBytes: usize, count: i32, two: bool,
): void {
  for (; count > 1; count -= 2) {
    v128.store(to, v128.load(from));
    if (two) v128.store(to, v128.load(from, 16), 16);
    from += advance;
    to += rowBytes;
    v128.store(to, v128.load(from));
    if (two) v128.store(to, v128.load(from, 16), 16);
    from += advance;
    to += rowBytes;
  }
  if (count) {
    v128.store(to, v128.load(from));
    if (two) v128.store(to, v128.load(from, 16), 16);
  }
}
