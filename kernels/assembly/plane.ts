// Copyright 2026 the Convlab authors. MIT license.

// A plane is one image copied into scratch memory, padded with zeros, and laid
// out so that neighbouring outputs read neighbouring numbers whatever the
// stride s is: row y of a channel holds the columns 0, s, 2s, … (phase 0), then
// 1, s + 1, 2s + 1, … (phase 1), and so on, each phase `planeWidth` numbers
// wide. Column `x` of the padded image is number x / s of phase x % s.

import { bytes } from "./simd";

/**
 * Copies the rows and columns that lie inside the plane. The rest is left as
 * it is: clear the plane once before the first image.
 *
 * @param rows Rows of one channel's plane.
 * @param width Numbers in one phase of a row.
 */
export function fillPlane<T>(
  plane: usize,
  image: usize,
  channels: i32,
  height: i32,
  imageWidth: i32,
  top: i32,
  left: i32,
  rows: i32,
  width: i32,
  stride: i32,
): void {
  const rowBytes = bytes<T>(width * stride);
  const copied = min(imageWidth, width * stride - left);
  if (copied <= 0) return;
  const lines = min(height, rows - top);
  for (let c = 0; c < channels; c++) {
    let to = plane + <usize>(c * rows + top) * rowBytes;
    let from = image + bytes<T>(c * height * imageWidth);
    for (let y = 0; y < lines; y++) {
      if (stride == 1) {
        memory.copy(to + bytes<T>(left), from, bytes<T>(copied));
      } else {
        let phase = left % stride, index = left / stride;
        for (let x = 0; x < copied; x++) {
          store<T>(to + bytes<T>(phase * width + index), load<T>(from + bytes<T>(x)));
          if (++phase == stride) {
            phase = 0;
            index++;
          }
        }
      }
      to += rowBytes;
      from += bytes<T>(imageWidth);
    }
  }
}
