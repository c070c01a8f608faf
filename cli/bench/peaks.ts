// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench peak`: how fast the machine multiplies and adds, and goes through
 * memory.
 *
 * @module
 */

import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { textTable } from "../text_table.ts";
import { type Benchmark, type Row, threadsInWords } from "./benchmark.ts";
import { dtypesOf } from "./layers.ts";
import { memoryTraffic, peaksOf } from "./peak.ts";
import { spreadOf } from "./statistics.ts";
import { timeRuns, warmUp } from "./timing.ts";

/** The benchmark. */
export const peak: Benchmark = {
  refuses: ["shape", "peer", "profile"],
  measure({ dtype, runs }) {
    const threads = getThreads();
    const rows: Row[] = Object.entries(peaksOf(dtypesOf(dtype)))
      .map(([dtype, gflops]) => ({
        name: `multiply-add ${dtype}, 1 thread`,
        threads: 1,
        gflops,
      }));
    for (const { name, bytes, run } of memoryTraffic()) {
      for (const count of new Set([1, threads])) {
        setThreads(count);
        warmUp(run);
        const milliseconds = spreadOf(timeRuns(run, runs));
        rows.push({
          name: `${name}, ${threadsInWords(count)}`,
          threads: count,
          milliseconds,
          gigabytesPerSecond: bytes / milliseconds.median / 1e6,
        });
      }
    }
    const lines = textTable(rows.map((row) => [row.name, speed(row)]));
    return { heading: [], lines, rows, complaints: [] };
  },
};

function speed({ gflops, gigabytesPerSecond = NaN }: Row): string {
  return gflops === undefined
    ? `${gigabytesPerSecond.toFixed(1)} GB/s`
    : `${gflops.toFixed(1)} GFLOP/s`;
}
