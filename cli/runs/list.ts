// Copyright 2026 the Convlab authors. MIT license.

/**
 * `runs list`: all runs, one a line.
 *
 * @module
 */

import { join } from "@std/path";
import { RunFolder } from "../../training/run_folder.ts";
import type { Streams } from "../command.ts";
import { textTable } from "../text_table.ts";
import {
  modelText,
  NONE,
  percentText,
  progressText,
  statusText,
  timeText,
} from "./format.ts";
import { readRun, type RunSummary } from "./summary.ts";

/** A folder among the runs that is none, or is damaged. */
interface Problem {
  readonly path: string;
  readonly reason: string;
}

/** Columns of a spec that are shown. */
const MODEL_WIDTH = 24;

/** Prints the runs, the newest first; what is no run is named on standard error. */
export function listRuns(
  runsDir: string,
  json: boolean,
  { stdout, stderr }: Streams,
): void {
  const { runs, problems } = readRuns(runsDir);
  if (json) {
    stdout.line(JSON.stringify({ runs, problems }, null, 2));
    return;
  }
  for (const { path, reason } of problems) {
    stderr.line(`${path} is left out: ${reason}`);
  }
  if (runs.length === 0) {
    stderr.line(`There are no runs in ${runsDir}: "deno task train" makes one`);
    return;
  }
  const width = stdout.isTerminal ? stdout.columns : Infinity;
  tableWithin(width, runs).forEach((line) => stdout.line(line));
}

/** The columns by their titles; what is told of a run in each. */
const COLUMNS: Readonly<Record<string, (run: RunSummary) => string>> = {
  name: ({ name }) => name,
  command: ({ command }) => command ?? NONE,
  model: (run) => modelText(run, MODEL_WIDTH),
  data: ({ data }) => data ?? NONE,
  progress: progressText,
  val: ({ valAccuracy }) => percentText(valAccuracy),
  test: ({ testAccuracy }) => percentText(testAccuracy),
  status: statusText,
  started: ({ started }) => timeText(started),
};
/** Columns that a narrow terminal can do without, the first to go first. */
const DISPENSABLE = ["command", "started", "data", "model", "progress"];

/** The table, without some columns if it is too wide with them. */
function tableWithin(width: number, runs: readonly RunSummary[]): string[] {
  for (let dropped = 0;; dropped++) {
    const without = DISPENSABLE.slice(0, dropped);
    const columns = Object.entries(COLUMNS)
      .filter(([title]) => !without.includes(title));
    const lines = textTable([
      columns.map(([title]) => title),
      ...runs.map((run) => columns.map(([, text]) => text(run))),
    ]);
    const fits = lines.every((line) => line.length <= width);
    if (fits || dropped === DISPENSABLE.length) return lines;
  }
}

function readRuns(runsDir: string) {
  const { runs: folders, others } = RunFolder.list(runsDir);
  const runs: RunSummary[] = [];
  const problems: Problem[] = others.map((name) => ({
    path: join(runsDir, name),
    reason: "it has no config.json, so it is no run",
  }));
  for (const folder of folders) {
    try {
      runs.push(readRun(folder).summary);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      const reason = error instanceof Error ? error.message : String(error);
      problems.push({ path: folder.path, reason });
    }
  }
  runs.sort((a, b) => compareTexts(b.started ?? "", a.started ?? ""));
  return { runs, problems };
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
