// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench`: cells 8 and 9 of the document, fast layers against naive ones.
 *
 * @module
 */

import { kernelReport, setThreads } from "../kernels/runtime.ts";
import { relError } from "../numerics/rel_error.ts";
import type { Tensor } from "../numerics/tensor.ts";
import {
  type Benchmark,
  convolutionBenchmark,
  type Pass,
  poolingBenchmark,
} from "./document/benchmarks.ts";
import { defineCommand, type Streams } from "./command.ts";
import { ExitCode } from "./exit.ts";
import { textTable } from "./text_table.ts";

/** What was measured of one pass. */
interface Measurement extends Pick<Pass, "name" | "kernels" | "document"> {
  /** Median duration of the naive function, in seconds. */
  readonly naive: number;
  /** Median duration of the fast function, in seconds. */
  readonly fast: number;
  /** Quarter of the fast runs that were faster than this, and slower, in seconds. */
  readonly quartiles: readonly [number, number];
  /** naive / fast. */
  readonly speedup: number;
  /**
   * How far the two differ, by the name of the result: the document's relative
   * error in float64; in float32, where that says little about numbers near 0,
   * the largest difference in units of the largest value.
   */
  readonly differences: Record<string, number>;
  /** Whether they agree. */
  readonly agrees: boolean;
}

/** How far fast and naive may differ, in units of the largest value. */
const TOLERANCE = { float64: 1e-12, float32: 1e-5 };
const NAIVE_RUNS = 3;
const FAST_RUNS = 30;
const WARM_UP_RUNS = 10;

export default defineCommand({
  examples: [
    { args: "", help: "Both layers, in float64 as the document has them" },
    { args: "--dtype float32 --threads 1", help: "In float32 on one thread" },
    { args: "--json > bench.json", help: "For a program to read" },
  ],
  notes:
    "Fast and naive layers are compared before they are timed; if they disagree, bench says so and ends with exit code 1. Times are medians, of 3 naive and 30 fast runs after 10 to warm up.",
  positionals: {},
  options: {
    threads: {
      kind: "integer",
      min: 1,
      max: 256,
      help: "Threads; by default one for each core",
    },
    dtype: {
      kind: "choice",
      choices: ["float64", "float32"],
      default: "float64",
      help: "Precision",
    },
    json: { kind: "boolean", help: "Print JSON" },
  },
  run({ options, ...streams }) {
    const { dtype, threads, json } = options;
    if (threads !== undefined) setThreads(threads);
    const results = [convolutionBenchmark(dtype), poolingBenchmark(dtype)]
      .map((benchmark) => ({
        benchmark,
        passes: benchmark.passes.map((pass) => measure(pass, dtype)),
      }));
    const report = kernelReport();
    if (json) {
      streams.stdout.line(JSON.stringify(
        {
          dtype,
          ...report,
          benchmarks: results.map(({ benchmark, passes }) => ({
            layer: benchmark.layer,
            cell: benchmark.cell,
            shape: benchmark.shape,
            passes,
          })),
        },
        null,
        2,
      ));
    } else {
      const { threads, instructions, limitation } = report;
      streams.stdout.line(
        `${threads} ${threads === 1 ? "thread" : "threads"}, ${dtype}, ${
          instructions === "relaxed" ? "fused" : "separate"
        } multiply-add`,
      );
      if (limitation) {
        streams.stderr.line(`Workers could not start: ${limitation}`);
      }
      for (const { benchmark, passes } of results) {
        print(benchmark, passes, streams);
      }
    }
    const agree = results.every(({ passes }) => passes.every((p) => p.agrees));
    if (!agree) streams.stderr.line("Fast and naive layers disagree");
    return agree ? ExitCode.success : ExitCode.failure;
  },
});

function measure(pass: Pass, dtype: "float32" | "float64"): Measurement {
  const naive = pass.naive();
  const fast = pass.fast();
  const differences: Record<string, number> = {};
  let agrees = true;
  for (const [name, result] of Object.entries(naive)) {
    const other = fast[name]!;
    const scaled = scaledDifference(result, other);
    differences[name] = dtype === "float64" ? relError(result, other) : scaled;
    // Negated, so that NaN does not agree.
    if (!(scaled <= TOLERANCE[dtype])) agrees = false;
  }
  const slow = quartiles(pass.naive, NAIVE_RUNS, 0);
  const quick = quartiles(pass.fast, FAST_RUNS, WARM_UP_RUNS);
  return {
    name: pass.name,
    kernels: pass.kernels.map((kernel) =>
      `${kernel}_${kernelReport().instructions}`
    ),
    document: pass.document,
    naive: slow[1],
    fast: quick[1],
    quartiles: [quick[0], quick[2]],
    speedup: slow[1] / quick[1],
    differences,
    agrees,
  };
}

/** Largest difference over largest value. */
function scaledDifference(a: Tensor, b: Tensor): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < a.size; i++) {
    difference = Math.max(difference, Math.abs(a.data[i]! - b.data[i]!));
    size = Math.max(size, Math.abs(a.data[i]!));
  }
  return size === 0 ? difference : difference / size;
}

/** Quartiles of the duration in seconds. */
function quartiles(
  run: () => unknown,
  runs: number,
  warmUp: number,
): [number, number, number] {
  for (let i = 0; i < warmUp; i++) run();
  const times: number[] = [];
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    run();
    times.push((performance.now() - start) / 1000);
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(share * (runs - 1))]!;
  return [at(0.25), at(0.5), at(0.75)];
}

function print(
  { layer, cell, shape }: Benchmark,
  passes: readonly Measurement[],
  { stdout }: Streams,
): void {
  const rows = [["", "", "naive", "fast", "speedup", "difference"]];
  for (const { name, naive, fast, speedup, differences, document } of passes) {
    rows.push([
      name,
      "Convlab",
      seconds(naive),
      seconds(fast),
      `${speedup.toFixed(0)}x`,
      listed(differences),
    ], [
      "",
      "document",
      seconds(document.naive),
      document.fast === undefined ? "-" : seconds(document.fast),
      `${document.speedup.toFixed(0)}x`,
      listed(document.differences),
    ]);
  }
  stdout.line();
  stdout.line(stdout.style.bold(`${layer} (cell ${cell}): ${shape}`));
  stdout.line(
    `kernels: ${[...new Set(passes.flatMap((p) => p.kernels))].join(", ")}`,
  );
  for (const line of textTable(rows)) stdout.line(`  ${line}`);
}

function seconds(time: number): string {
  return `${time.toFixed(6)}s`;
}

function listed(differences: Record<string, number>): string {
  const entries = Object.entries(differences);
  return entries.map(([name, value]) => {
    const text = value === 0 ? "0" : value.toExponential(2);
    return entries.length === 1 ? text : `${name} ${text}`;
  }).join(", ");
}
