// Copyright 2026 the Convlab authors. MIT license.

// The gradient of filters of 3 × 3, without a panel of windows: vectors run along
// the filters, and the nine taps of a channel are read from the image where they
// lie. dout is transposed for it, a few hundred positions at a time, which takes
// a ninth of what copying the windows took for each channel and filter:
//
//   dw[c][i][j][f] += sum over positions p of x[c][p + (i, j)] * dout[p][f]

import { transpose, transposeSome } from "./pack";
import { fillPlane } from "./plane";
import { bytes, lanes, tileColumns } from "./simd";
import { pairwiseSum } from "./sum";
import { taps4, taps5 } from "./tile";
import { VECTORS } from "./variant";

/** Taps of a filter's channel. */
const TAPS: i32 = 9;

/**
 * Gradients of the filters and of the bias, those of `convGroups` groups of
 * channels and filters. Work item `g` is a group g % convGroups of `groupSize`
 * images: its sum over them goes to dwParts[g] (blocks of filters × taps × the
 * filters of a block), and the sum over each image n of dout to dbParts[n].
 * `batch` images are done at a time, or `panelRows` rows of outputs of one;
 * `rows` holds where the windows of each row of them begin in the planes.
 */
// kernel conv2d_backward_filter_3x3_{tile}
export function conv2dBackwardFilter3x3<T>(
  x: usize, dout: usize, rows: usize, dwParts: usize, dbParts: usize,
  images: i32, groupSize: i32, convGroups: i32, channels: i32, height: i32, width: i32,
  filters: i32, outHeight: i32, outWidth: i32, stride: i32, pad: i32,
  planeRows: i32, planeWidth: i32, batch: i32, panelRows: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const columns = tileColumns<T>();
  const blocks = (filters + columns - 1) / columns;
  const size = outHeight * outWidth;
  const rowBytes = bytes<T>(planeWidth);
  const imageBytes = bytes<T>(channels * planeRows * planeWidth);
  const plane = scratch;
  const planeBytes = <usize>batch * imageBytes + 64;
  const panel = plane + planeBytes;
  const dwBytes = bytes<T>(blocks * columns * TAPS * channels);
  memory.fill(plane, 0, planeBytes);
  for (let g = begin; g < end; g++) {
    const dw = dwParts + <usize>g * dwBytes;
    memory.fill(dw, 0, dwBytes);
    const first = g / convGroups * groupSize, last = min(images, first + groupSize);
    for (let image = first; image < last; image += batch) {
      const count = min(batch, last - image);
      for (let i = 0; i < count; i++) {
        const n = (image + i) * convGroups + g % convGroups;
        fillPlane<T>(
          plane + <usize>i * imageBytes, x + bytes<T>(n * channels * height * width),
          channels, height, width, pad, pad, planeRows, planeWidth, 1,
        );
        const grad = dout + bytes<T>(n * filters * size);
        for (let f = 0; f < filters; f++) {
          store<T>(dbParts + bytes<T>(n * filters + f), pairwiseSum<T>(grad + bytes<T>(f * size), size));
        }
      }
      for (let y = 0; y < outHeight; y += panelRows) {
        const part = min(panelRows, outHeight - y) * outWidth;
        const positions = count * part;
        for (let i = 0; i < count; i++) {
          const n = (image + i) * convGroups + g % convGroups;
          packColumns<T>(
            dout + bytes<T>(n * filters * size + y * outWidth), size, filters, part,
            panel + <usize>(i * part * VECTORS * 16), <usize>(positions * VECTORS * 16),
          );
        }
        const last = rows + (<usize>(positions / outWidth) << 2);
        let sums = dw;
        let column = panel;
        for (let block = 0; block < blocks; block++) {
          let source = plane + <usize>(y * stride) * rowBytes;
          for (let c = 0; c < channels; c++) {
            taps5<T>(source, rowBytes, rows, last, outWidth, bytes<T>(stride), column, sums);
            sums += 5 * 16 * VECTORS;
            taps4<T>(source, rowBytes, rows, last, outWidth, bytes<T>(stride), column, sums);
            sums += 4 * 16 * VECTORS;
            source += <usize>planeRows * rowBytes;
          }
          column += <usize>(positions * VECTORS * 16);
        }
      }
    }
  }
}

/**
 * Copies `count` positions of all filters to the rows of panels, one for each
 * block of filters (`panelBytes` apart); filters that are not there are 0.
 */
function packColumns<T>(
  grad: usize, size: i32, filters: i32, count: i32, panel: usize, panelBytes: usize,
): void {
  const row = bytes<T>(size), stored: usize = 16 * VECTORS;
  for (let block = 0; block < filters; block += tileColumns<T>()) {
    for (let v = 0; v < VECTORS; v++) {
      const f = block + v * lanes<T>(), there = filters - f;
      const from = grad + <usize>f * row, to = panel + 16 * v;
      let p = 0;
      if (there >= lanes<T>()) {
        for (; p + lanes<T>() <= count; p += lanes<T>()) {
          transpose<T>(from + bytes<T>(p), row, to + <usize>p * stored, stored);
        }
      } else {
        for (; p + lanes<T>() <= count; p += lanes<T>()) {
          transposeSome<T>(from + bytes<T>(p), row, there, to + <usize>p * stored, stored);
        }
      }
      for (; p < count; p++) {
        for (let i = 0; i < lanes<T>(); i++) {
          store<T>(
            to + <usize>p * stored + bytes<T>(i),
            i < there ? load<T>(from + <usize>i * row + bytes<T>(p)) : <T>0,
          );
        }
      }
    }
    panel += panelBytes;
  }
}

/**
 * Filters `begin` to `end` of dw (filters × taps) from sums as above, of groups of
 * `filters` filters, `columns` to a block.
 */
// kernel unpack_columns
export function unpackColumns<T>(
  sums: usize, dw: usize, filters: i32, taps: i32, columns: i32,
  scratch: usize, begin: i32, end: i32,
): void {
  const blocks = (filters + columns - 1) / columns;
  const step = bytes<T>(columns);
  for (let i = begin; i < end; i++) {
    const group = i / filters, f = i % filters;
    let from = sums + bytes<T>((group * blocks + f / columns) * taps * columns + f % columns);
    let to = dw + bytes<T>(i * taps);
    for (let t = 0; t < taps; t++) {
      store<T>(to, load<T>(from));
      from += step;
      to += sizeof<T>();
    }
  }
}
