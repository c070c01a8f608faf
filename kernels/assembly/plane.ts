// Copyright 2026 the Convlab authors. MIT license.

// A plane is one image copied into scratch memory, padded with zeros, and laid
// out so that neighbouring outputs read neighbouring numbers whatever the
// stride s is: row y of a channel holds the columns 0, s, 2s, … (phase 0), then
// 1, s + 1, 2s + 1, … (phase 1), and so on, each phase `planeWidth` numbers
// wide. Column `x` of the padded image is number x / s of phase x % s.

import { bytes, evenLanes, lanes, oddLanes } from "./simd";

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
  // Where the image's columns 0 and 1 go, for stride 2.
  const even = bytes<T>((left & 1) * width + (left >> 1));
  const odd = bytes<T>((left + 1 & 1) * width + (left + 1 >> 1));
  for (let c = 0; c < channels; c++) {
    let to = plane + <usize>(c * rows + top) * rowBytes;
    let from = image + bytes<T>(c * height * imageWidth);
    for (let y = 0; y < lines; y++) {
      if (stride == 1) copyRow<T>(from, to + bytes<T>(left), copied);
      else if (stride == 2) splitRow<T>(from, copied, to + even, to + odd);
      else copyPhases<T>(from, to, copied, left, width, stride);
      to += rowBytes;
      from += bytes<T>(imageWidth);
    }
  }
}

/**
 * The layout in which tiles run on from row to row, for stride 1: of each channel
 * `copies` copies, one for each column of a filter, whose rows are as long as
 * those of the result. Copy k has the columns from `first + k * step` on.
 *
 * @param top The row of the plane that the image begins at.
 * @param rows Rows of one copy.
 * @param width Numbers in a row of it.
 */
export function fillJoined<T>(
  plane: usize, image: usize, channels: i32, height: i32, imageWidth: i32,
  top: i32, first: i32, step: i32, copies: i32, rows: i32, width: i32,
): void {
  const lines = min(height, rows - top);
  for (let c = 0; c < channels; c++) {
    for (let k = 0; k < copies; k++) {
      const column = first + k * step;
      const begin = max(0, -column), count = min(width, imageWidth - column) - begin;
      if (count <= 0) continue;
      let from = image + bytes<T>(c * height * imageWidth + column + begin);
      let to = plane + bytes<T>(((c * copies + k) * rows + top) * width + begin);
      for (let y = 0; y < lines; y++) {
        copyRow<T>(from, to, count);
        from += bytes<T>(imageWidth);
        to += bytes<T>(width);
      }
    }
  }
}

/** Copies `n` numbers; rows are too short for `memory.copy`, which is a call out of the module. */
function copyRow<T>(from: usize, to: usize, n: i32): void {
  const whole = to + bytes<T>(n & ~(lanes<T>() - 1)), end = to + bytes<T>(n);
  while (to < whole) {
    v128.store(to, v128.load(from));
    from += 16;
    to += 16;
  }
  while (to < end) {
    store<T>(to, load<T>(from));
    from += sizeof<T>();
    to += sizeof<T>();
  }
}

/** Copies a row of `n` numbers to the phases of a row of the plane, from column `left` on. */
function copyPhases<T>(
  from: usize, to: usize, n: i32, left: i32, width: i32, stride: i32,
): void {
  for (let phase = 0; phase < stride; phase++) {
    // The first column of the image in this phase, and its place there.
    const first = (phase - left % stride + stride) % stride;
    const q = to + bytes<T>(phase * width + (left + first) / stride);
    const p = from + bytes<T>(first), end = from + bytes<T>(n);
    copyEvery<T>(p, end, q, bytes<T>(stride));
  }
}

/** Copies the numbers `step` bytes apart. */
function copyEvery<T>(from: usize, end: usize, to: usize, step: usize): void {
  while (from < end) {
    store<T>(to, load<T>(from));
    from += step;
    to += sizeof<T>();
  }
}

/**
 * Copies `n` numbers by turns to `even` and `odd`. What is left after whole
 * vectors is done by vectors that end with it, and overlap those before.
 */
function splitRow<T>(from: usize, n: i32, even: usize, odd: usize): void {
  const evens = n + 1 >> 1, odds = n >> 1, whole = odds & ~(lanes<T>() - 1);
  if (odds < lanes<T>()) {
    const end = from + bytes<T>(n);
    copyEvery<T>(from, end, even, 2 * sizeof<T>());
    copyEvery<T>(from + sizeof<T>(), end, odd, 2 * sizeof<T>());
    return;
  }
  for (let i: usize = 0, end = bytes<T>(whole); i < end; i += 16) {
    const p = from + 2 * i;
    const a = v128.load(p), b = v128.load(p, 16);
    v128.store(even + i, evenLanes<T>(a, b));
    v128.store(odd + i, oddLanes<T>(a, b));
  }
  if (evens > whole) {
    const i = bytes<T>(evens - lanes<T>()), p = from + 2 * i;
    v128.store(even + i, evenLanes<T>(v128.load(p), v128.load(p, 16)));
  }
  if (odds > whole) {
    const i = bytes<T>(odds - lanes<T>()), p = from + 2 * i;
    v128.store(odd + i, oddLanes<T>(v128.load(p), v128.load(p, 16)));
  }
}
