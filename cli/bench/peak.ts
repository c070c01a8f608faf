// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the machine can do at most, measured now: what work is compared with.
 *
 * @module
 */

import { resident } from "../../kernels/frame.ts";
import { measurePeak } from "../../kernels/peak.ts";
import { sumSquares } from "../../kernels/sum.ts";
import { reluForward } from "../../layers/relu.ts";
import { type DType, zeros } from "../../numerics/tensor.ts";
import { inWorkspace } from "./pass.ts";

/** GFLOP/s on one thread, by dtype. */
export type Peaks = Readonly<Partial<Record<DType, number>>>;

/** A way to go through memory, and the bytes that it moves. */
export interface Traffic {
  readonly name: string;
  readonly bytes: number;
  run(): unknown;
}

/** Elements that are gone through: several times what a cache holds. */
const ELEMENTS = 1 << 25;
const ATTEMPTS = 3;

/** Multiply-adds on registers alone on one thread; the fastest of a few attempts. */
export function peaksOf(dtypes: readonly DType[]): Peaks {
  const entries = dtypes.map((dtype) => {
    const attempts = Array.from({ length: ATTEMPTS }, () => measurePeak(dtype));
    return [dtype, Math.max(...attempts)] as const;
  });
  return Object.fromEntries(entries);
}

/** The part of the peak of some threads that a speed is. */
export function partOfPeak(
  gflops: number,
  peaks: Peaks,
  dtype: DType,
  threads: number,
): number | undefined {
  const peak = peaks[dtype];
  return peak === undefined ? undefined : gflops / (peak * threads);
}

/** What goes through memory on the threads in use, in 10⁹ bytes a second; the fastest of a few attempts. */
export function memorySpeed(): Readonly<Record<"read" | "copy", number>> {
  const [read = NaN, copy = NaN] = memoryTraffic().map(({ bytes, run }) => {
    run();
    const times = Array.from({ length: 2 * ATTEMPTS }, () => {
      const start = performance.now();
      run();
      return performance.now() - start;
    });
    return bytes / Math.min(...times) / 1e6;
  });
  return { read, copy };
}

/** Reading and copying memory, by kernels that do next to nothing else. */
export function memoryTraffic(): Traffic[] {
  const x = resident(zeros([ELEMENTS], "float32"));
  const bytes = x.data.byteLength;
  return [
    { name: "memory read", bytes, run: () => sumSquares(x) },
    {
      name: "memory copy",
      bytes: 2 * bytes,
      run: () => inWorkspace(() => reluForward(x)),
    },
  ];
}
