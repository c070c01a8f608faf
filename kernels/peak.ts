// Copyright 2026 the Convlab authors. MIT license.

/**
 * How fast this machine multiplies and adds, measured now: what `bench` compares
 * the kernels with.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel, settleTileWidth, tileWidth } from "./runtime.ts";
import { bytesOf, SPILL_BYTES, tileColumns } from "./select.ts";

/** Turns of the kernel's loop in one timing, some 0.2 ms. */
const TURNS = 50_000;
const TIMINGS = 40;

/**
 * Multiply-adds on registers alone, with the tile that kernels use now, on the
 * caller's thread.
 *
 * @returns GFLOP/s, a multiply-add counted as two; the fastest of some timings.
 */
export function measurePeak(dtype: DType): number {
  settleTileWidth(true);
  const flops = 2 * 5 * tileColumns(dtype, tileWidth()) * TURNS;
  let fastest = Infinity;
  // The first timings warm up, until the engine has optimised the kernel.
  for (let i = 0; i < TIMINGS; i++) {
    const start = performance.now();
    withFrame((frame) =>
      runKernel("multiplyAddPeak", dtype, {
        args: [frame.scratch(bytesOf(dtype)), TURNS],
        items: 1,
        step: 1,
        cost: 0,
        scratchBytes: SPILL_BYTES,
      })
    );
    fastest = Math.min(fastest, performance.now() - start);
  }
  return flops / fastest / 1e6;
}
