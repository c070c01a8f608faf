// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize bench`: the roofline of what `bench layers --json` measured, or how
 * training scales by what `bench scaling --ranks --json` did.
 *
 * @module
 */

import { basename, extname } from "@std/path";
import { type Roof, type Roofline, rooflineOf } from "../../views/roofline.ts";
import type { Row } from "../bench/benchmark.ts";
import type { CostRow, SumsRow } from "../bench/ranks.ts";
import { invocation } from "../invocation.ts";
import type { FigureKind } from "./figure_kind.ts";
import { scalingOf } from "./scaling.ts";

/** As much of a report as a roofline is drawn of. */
interface Report {
  readonly what?: unknown;
  readonly threads?: unknown;
  readonly mode?: unknown;
  readonly machine?: { readonly target?: unknown };
  readonly peaks?: Readonly<Record<string, unknown>>;
  readonly memory?: Readonly<Record<string, unknown>>;
  readonly rows?: unknown;
  readonly costs?: unknown;
  readonly sums?: unknown;
}

/** The kind. */
export const bench: FigureKind = {
  takes: "FILE",
  arguments: [1, 1],
  options: [],
  plan([file = ""]) {
    const report = readJson(file);
    const path = `${basename(file, extname(file))}.png`;
    if (Array.isArray(report.costs)) {
      const { costs, latency } = readScaling(file, report);
      return { path, describe: () => scalingOf(costs, latency) };
    }
    const roofline = readRoofline(file, report);
    return { path, describe: () => rooflineOf(roofline) };
  },
};

/**
 * Reads what `bench layers --json` printed.
 *
 * @throws {Error} If the file is something else, or was printed by a version that told less.
 */
function readRoofline(file: string, report: Report): Roofline {
  const { what, threads, mode, machine, peaks, memory, rows } = report;
  if (
    what !== "layers" || typeof threads !== "number" || !Array.isArray(rows)
  ) {
    throw unfit(
      file,
      typeof what === "string" ? `one of bench ${what}` : "other JSON",
    );
  }
  const speeds = [memory?.read, memory?.copy].map(Number).filter(isPositive);
  const measured = (rows as Row[]).filter(({ flops, bytes, gflops }) =>
    [flops, bytes, gflops].every((n) => isPositive(n ?? NaN))
  );
  if (speeds.length === 0 || measured.length === 0) {
    throw unfit(file, "one of an earlier version; measure again");
  }
  const roofs = Object.entries(peaks ?? {}).map(([name, peak]): Roof => ({
    name,
    peak: Number(peak) * threads,
    points: measured.filter((row) => row.name.endsWith(` ${name}`)).map((
      { name: work, flops = NaN, bytes = NaN, gflops = NaN },
    ) => ({
      label: shortened(work.slice(0, -name.length - 1)),
      ...{ flops, bytes, gflops },
    })),
  }));
  return {
    title: `Layers on ${threads} ${threads === 1 ? "thread" : "threads"}`,
    subtitle: [
      machine?.target,
      mode === "turbo" || mode === "wide" ? mode : undefined,
      "what fits into caches may lie above the slanted line",
    ].filter((part) => part !== undefined).join("; "),
    memory: Math.max(...speeds),
    roofs,
  };
}

/**
 * What `bench scaling --ranks --json` printed: costs, and the latency of a
 * message between two ranks.
 */
function readScaling(
  file: string,
  { costs, sums }: Report,
): { costs: readonly CostRow[]; latency: number } {
  const small = Array.isArray(sums)
    ? (sums as SumsRow[]).find(({ ranks }) => ranks === 2)
    : undefined;
  // There and back.
  const latency = Number(small?.microseconds?.median) / 2e6;
  const isWhole = (costs as CostRow[]).every(({ fixed, image, bytes }) =>
    [fixed, image, bytes].every(Number.isFinite)
  );
  if (!isPositive(latency) || !isWhole) {
    throw unfit(file, "no sums of two ranks; measure with --ranks 2");
  }
  return { costs: costs as CostRow[], latency };
}

/** A row's name, as short as it fits beside a point. */
function shortened(work: string): string {
  return work.replace("convolution", "conv").replace("forward", "fwd")
    .replace("backward", "bwd");
}

function readJson(file: string): Report {
  let value: unknown;
  try {
    value = JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw unfit(file, "no JSON", error);
    if (error instanceof Deno.errors.NotCapable || !(error instanceof Error)) {
      throw error;
    }
    throw unfit(
      file,
      error instanceof Deno.errors.NotFound
        ? "no file of that name"
        : error.message,
      error,
    );
  }
  if (typeof value === "object" && value !== null) return value;
  throw unfit(file, "other JSON");
}

function isPositive(n: number): boolean {
  return n > 0 && n < Infinity;
}

function unfit(file: string, found: string, cause?: unknown): Error {
  return new Error(
    `Cannot draw ${file}: expected what "${
      invocation("bench")
    } layers --json" or "scaling --ranks 2 --json" prints but found ${found}`,
    { cause },
  );
}
