// Copyright 2026 the Convlab authors. MIT license.

// The gradient of a convolution's input. Behind a stride s the positions of dx
// fall into s × s phases, each of which sees its own taps only, and is a
// correlation of its own.

import { correlate } from "./correlate";
import { bytes, interleavedHigh, interleavedLow, lanes, tileColumns } from "./simd";

/** Bytes of a phase in the table. */
const PHASE: usize = 24;

/**
 * The gradient of the input of one image, from a plane of dout. `phases` holds
 * six numbers for each phase: where in `taps` its own are, first weight, rows,
 * columns, first row and first column of dx. Behind stride 2, `halves` is where two
 * phases can lie until they are put together.
 */
export function correlatePhases<T>(
  plane: usize, rowBytes: usize, taps: usize, phases: usize, phaseCount: i32,
  weights: usize, zeros: usize, channels: i32, fives: i32,
  dx: usize, height: i32, width: i32, stride: i32, halves: usize, spill: usize,
): void {
  if (stride == 2 && phaseCount == 4) {
    for (let row = 0; row < 2; row++) {
      const step = bytes<T>(halfWidth<T>(width + 1 >> 1));
      const count = load<i32>(phases, 8);
      const other = halves + <usize>(channels * count) * step;
      for (let column = 0; column < 2; column++) {
        const at = phases + <usize>column * PHASE;
        // Whole tiles, whatever the columns: what is too much is left there.
        correlatePhase<T>(
          plane, rowBytes, taps, at, weights, zeros, channels, fives,
          load<i32>(at, 20) ? other : halves, <usize>count * step, step, sizeof<T>(),
          halfWidth<T>(load<i32>(at, 12)), spill,
        );
      }
      const to = dx + bytes<T>(load<i32>(phases, 16) * width);
      joinHalves<T>(halves, other, step, count, channels, to, height, width);
      phases += 2 * PHASE;
    }
    return;
  }
  for (let i = 0; i < phaseCount; i++) {
    correlatePhase<T>(
      plane, rowBytes, taps, phases, weights, zeros, channels, fives,
      dx + bytes<T>(load<i32>(phases, 16) * width + load<i32>(phases, 20)),
      bytes<T>(height * width), bytes<T>(stride * width), bytes<T>(stride),
      load<i32>(phases, 12), spill,
    );
    phases += PHASE;
  }
}

function correlatePhase<T>(
  plane: usize, rowBytes: usize, taps: usize, phase: usize, weights: usize, zeros: usize,
  channels: i32, fives: i32, out: usize, outPlane: usize, outRow: usize, outColumn: usize,
  columns: i32, spill: usize,
): void {
  correlate<T>(
    plane, rowBytes, taps + (<usize>load<u32>(phase) << 2),
    weights + bytes<T>(load<i32>(phase, 4)), zeros, channels, fives,
    out, outPlane, outRow, outColumn, load<i32>(phase, 8), columns, true, spill,
  );
}

/** Numbers that tiles fill for `columns` of them: of a wide tile, a half does two rows. */
// @ts-ignore: decorator
@inline
function halfWidth<T>(columns: i32): i32 {
  const step = tileColumns<T>(), half = step >> 1;
  return columns <= half ? half : (columns + step - 1) / step * step;
}

/** Every other row of dx, from `to` on, of its even and its odd columns. */
function joinHalves<T>(
  even: usize, odd: usize, step: usize, rows: i32, channels: i32, to: usize, height: i32, width: i32,
): void {
  const odds = width >> 1, whole = bytes<T>(odds & ~(lanes<T>() - 1)), end = bytes<T>(odds);
  for (let c = 0; c < channels; c++) {
    let out = to + bytes<T>(c * height * width);
    for (let y = 0; y < rows; y++) {
      let i: usize = 0;
      for (; i < whole; i += 16) {
        const a = v128.load(even + i), b = v128.load(odd + i), q = out + 2 * i;
        v128.store(q, interleavedLow<T>(a, b));
        v128.store(q, interleavedHigh<T>(a, b), 16);
      }
      for (; i < end; i += sizeof<T>()) {
        store<T>(out + 2 * i, load<T>(even + i));
        store<T>(out + 2 * i, load<T>(odd + i), sizeof<T>());
      }
      if (width & 1) store<T>(out + 2 * i, load<T>(even + i));
      even += step;
      odd += step;
      out += bytes<T>(2 * width);
    }
  }
}
