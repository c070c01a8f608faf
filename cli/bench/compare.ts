// Copyright 2026 the Convlab authors. MIT license.

/**
 * `--compare`: this report beside an earlier one.
 *
 * @module
 */

import { textTable } from "../text_table.ts";
import type { Row } from "./benchmark.ts";
import { milliseconds } from "./columns.ts";
import type { Machine } from "./machine.ts";

/** What a JSON report says that is compared. */
export interface Report {
  readonly what: string;
  readonly threads: number;
  readonly machine: Partial<Machine>;
  readonly rows: readonly Pick<Row, "name" | "milliseconds" | "gflops">[];
}

/** A report beside an earlier one. */
export interface Comparison {
  /** The earlier report. */
  readonly file: string;
  /** What was different then, in words. */
  readonly differences: readonly string[];
  /** What both have measured. */
  readonly rows: readonly ComparedRow[];
}

/** A piece of work then and now. */
export interface ComparedRow {
  readonly name: string;
  /** Median duration in milliseconds, or GFLOP/s where no duration is told. */
  readonly earlier: number;
  readonly now: number;
  /** How many times faster it is now. */
  readonly ratio: number;
}

/**
 * Reads an earlier report of the same kind. Needs permission to read it.
 *
 * @throws {Error} If it cannot be read, or is of another kind.
 */
export function readReport(file: string, what: string): Report {
  let report: Partial<Report> | null;
  try {
    report = JSON.parse(Deno.readTextFileSync(file));
  } catch (error) {
    if (error instanceof SyntaxError) throw unfit(file, what, "no JSON", error);
    const found = error instanceof Deno.errors.NotFound
      ? "none"
      : error instanceof Deno.errors.IsADirectory
      ? "a folder"
      : undefined;
    if (found === undefined) throw error;
    throw new Error(
      `Cannot compare with ${file}: expected a file but found ${found}`,
      { cause: error },
    );
  }
  if (report?.what !== what) {
    const { what: other } = report ?? {};
    throw unfit(file, what, other ? `one of bench ${other}` : "other JSON");
  }
  const { rows, machine, threads } = report;
  if (!Array.isArray(rows) || !machine || typeof threads !== "number") {
    throw unfit(file, what, "an incomplete one");
  }
  return { what, threads, machine, rows };
}

/** Sets two reports side by side, row by row of the same name. */
export function compareReports(
  earlier: Report,
  now: Report,
  file: string,
): Comparison {
  const rows = now.rows.flatMap((row) => {
    const before = earlier.rows.find(({ name }) => name === row.name);
    return before ? compareRows(before, row) : [];
  });
  return { file, differences: differencesOf(earlier, now), rows };
}

/** A comparison as text. */
export function comparisonLines(comparison: Comparison): string[] {
  const { file, differences, rows } = comparison;
  return [
    `Against ${file}; a ratio above 1 is faster now`,
    ...differences.map((difference) => `  not the same ${difference}`),
    ...textTable([
      ["work", "earlier", "now", "ratio"],
      ...rows.map(({ name, earlier, now, ratio }) => [
        ...[name, milliseconds(earlier), milliseconds(now)],
        ratio.toFixed(2),
      ]),
    ]),
  ];
}

function compareRows(
  before: Report["rows"][number],
  row: Report["rows"][number],
): ComparedRow | [] {
  const { name } = row;
  const [then, now] = [before.milliseconds?.median, row.milliseconds?.median];
  if (then !== undefined && now !== undefined) {
    return { name, earlier: then, now, ratio: then / now };
  }
  const [slow, fast] = [before.gflops, row.gflops];
  return slow !== undefined && fast !== undefined
    ? { name, earlier: slow, now: fast, ratio: fast / slow }
    : [];
}

/** What is told of both and is not the same. */
function differencesOf(earlier: Report, now: Report): string[] {
  const before = { threads: earlier.threads, ...earlier.machine };
  const after = { threads: now.threads, ...now.machine };
  const names = Object.keys(after) as (keyof typeof after)[];
  return names.flatMap((name) => {
    const [then, value] = [before[name], after[name]];
    return then === undefined || value === undefined || then === value
      ? []
      : [`${name}: ${then} then, ${value} now`];
  });
}

function unfit(
  file: string,
  what: string,
  found: string,
  cause?: unknown,
): Error {
  return new Error(
    `Cannot compare with ${file}: expected a report of bench ${what} --json but found ${found}`,
    { cause },
  );
}
