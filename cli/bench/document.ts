// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench document`: cells 8 and 9 of the document, fast layers against naive
 * ones, on tensors as a caller has them.
 *
 * @module
 */

import { getThreads, kernelReport } from "../../kernels/runtime.ts";
import { relError } from "../../numerics/rel_error.ts";
import type { DType } from "../../numerics/tensor.ts";
import type { Streams } from "../command.ts";
import {
  type Benchmark as Cell,
  convolutionBenchmark,
  type Pass,
  poolingBenchmark,
} from "../document/benchmarks.ts";
import { textTable } from "../text_table.ts";
import { type Benchmark, type Row, threadsInWords } from "./benchmark.ts";
import { spreadOf } from "./statistics.ts";
import { timeRuns, warmUp } from "./timing.ts";
import { scaledDifference, tolerance } from "./verify.ts";

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

const NAIVE_RUNS = 3;

/** The benchmark. */
export const document: Benchmark = {
  refuses: ["shape", "peer", "profile"],
  measure({ dtype = "float64", runs, stdout }) {
    const threads = getThreads();
    const results = [convolutionBenchmark(dtype), poolingBenchmark(dtype)]
      .map(({ passes, ...cell }) => ({
        ...cell,
        passes: passes.map((pass) => measurePass(pass, dtype, runs)),
      }));
    const agree = results.every(({ passes }) => passes.every((p) => p.agrees));
    return {
      heading: [threadsInWords(threads), dtype],
      lines: results.flatMap((cell) => cellLines(cell, stdout.style)),
      rows: results.flatMap(({ layer, passes }) =>
        passes.map((pass) => rowOf(layer, pass, dtype, threads))
      ),
      more: { dtype, benchmarks: results },
      complaints: agree ? [] : ["Fast and naive layers disagree"],
    };
  },
};

function measurePass(pass: Pass, dtype: DType, runs: number): Measurement {
  const naive = pass.naive();
  const fast = pass.fast();
  const differences: Record<string, number> = {};
  let agrees = true;
  for (const [name, result] of Object.entries(naive)) {
    const other = fast[name]!;
    const scaled = scaledDifference(result, other);
    differences[name] = dtype === "float64" ? relError(result, other) : scaled;
    // Negated, so that NaN does not agree.
    if (!(scaled <= tolerance(dtype, 1))) agrees = false;
  }
  const slow = spreadOf(timeRuns(pass.naive, NAIVE_RUNS));
  warmUp(pass.fast);
  const quick = spreadOf(timeRuns(pass.fast, runs));
  const [slower, faster] = [slow.median / 1000, quick.median / 1000];
  return {
    name: pass.name,
    kernels: pass.kernels.map((kernel) =>
      `${kernel}_${kernelReport().instructions}`
    ),
    document: pass.document,
    naive: slower,
    fast: faster,
    quartiles: [quick.lower / 1000, quick.upper / 1000],
    speedup: slower / faster,
    differences,
    agrees,
  };
}

function rowOf(
  layer: string,
  { name, fast, quartiles: [lower, upper], differences }: Measurement,
  dtype: DType,
  threads: number,
): Row {
  return {
    name: `${layer.toLowerCase()} ${name} document ${dtype}`,
    threads,
    milliseconds: {
      lower: 1000 * lower,
      median: 1000 * fast,
      upper: 1000 * upper,
    },
    differences,
  };
}

function cellLines(
  { layer, cell, shape, passes }: Omit<Cell, "passes"> & {
    readonly passes: readonly Measurement[];
  },
  style: Streams["stdout"]["style"],
): string[] {
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
  return [
    "",
    style.bold(`${layer} (cell ${cell}): ${shape}`),
    `kernels: ${[...new Set(passes.flatMap((p) => p.kernels))].join(", ")}`,
    ...textTable(rows).map((line) => `  ${line}`),
  ];
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
