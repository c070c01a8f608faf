// Copyright 2026 the Convlab authors. MIT license.

/**
 * `runs compare`: what was set differently in some runs, and what came of it.
 *
 * @module
 */

import type { RunFolder } from "../../training/run_folder.ts";
import type { Streams } from "../command.ts";
import { textTable } from "../text_table.ts";
import { grouped } from "../words.ts";
import {
  durationText,
  lossText,
  percentText,
  progressText,
  statusText,
} from "./format.ts";
import { checkAt, meanLoss, spread } from "./history.ts";
import { settingLabel, valueText } from "./settings.ts";
import { type ReadRun, readRun } from "./summary.ts";

/** Settings that always differ and say nothing. */
const IGNORED = new Set(["started"]);
/** Iterations at which runs are compared. */
const MAX_ROWS = 10;

/** The runs at one iteration, each in its place. */
interface Row {
  readonly iteration: number;
  /** Mean loss since the row before. */
  readonly losses: readonly (number | null)[];
  /** Accuracies of the last check. */
  readonly valAccuracies: readonly (number | null)[];
}

/**
 * Prints a comparison.
 *
 * @throws {Error} If the configuration or the metrics of a run are damaged.
 */
export function compareRuns(
  folders: readonly RunFolder[],
  json: boolean,
  { stdout }: Streams,
): void {
  const runs = folders.map(readRun);
  const { different, same } = compareSettings(runs);
  const rows = compareHistories(runs);
  if (json) {
    stdout.line(JSON.stringify(
      {
        runs: runs.map(({ summary, history: { final = null } }) => ({
          ...summary,
          final,
        })),
        differences: Object.fromEntries(different),
        sameSettings: same,
        atEqualIterations: rows,
      },
      null,
      2,
    ));
    return;
  }
  const letters = runs.map((_, i) => letterOf(i));
  const section = (title: string, rows: string[][]) => {
    stdout.line(`\n${title}:`);
    for (const line of textTable(rows)) stdout.line(`  ${line}`);
  };
  const lines = textTable(runs.map(({ run, summary }, i) => [
    ...[letters[i]!, run.name, statusText(summary)],
  ]));
  lines.forEach((line) => stdout.line(line));
  section(
    `Settings that differ (${same} are the same)`,
    different.size === 0 ? [["none"]] : [
      ["setting", ...letters],
      ...[...different].map(([name, values]) => [
        settingLabel(name),
        ...values.map((value) => valueText(value ?? undefined)),
      ]),
    ],
  );
  if (rows.length > 0) {
    section("At equal iterations (mean loss since the row above)", [
      [
        "iteration",
        ...letters.map((letter) => `loss ${letter}`),
        ...letters.map((letter) => `val ${letter}`),
      ],
      ...rows.map(({ iteration, losses, valAccuracies }) => [
        grouped(iteration),
        ...losses.map(lossText),
        ...valAccuracies.map(percentText),
      ]),
    ]);
  }
  section("At the end", endRows(runs, letters));
}

function compareSettings(runs: readonly ReadRun[]) {
  const names = new Set(runs.flatMap(({ settings }) => [...settings.keys()]));
  const different = new Map<string, unknown[]>();
  let same = 0;
  for (const name of names) {
    if (IGNORED.has(name)) continue;
    const values = runs.map(({ settings }) => settings.get(name));
    const texts = new Set(values.map((value) => JSON.stringify(value)));
    if (texts.size === 1) same++;
    else different.set(name, values.map((value) => value ?? null));
  }
  return { different, same };
}

/** At checks that all runs have, or else at iterations evenly spread. */
function compareHistories(runs: readonly ReadRun[]): Row[] {
  const common = Math.min(...runs.map(({ summary }) => summary.iteration));
  if (common === 0) return [];
  const [first, ...others] = runs.map(({ history }) =>
    history.checks.map(({ iteration }) => iteration)
  );
  const shared = first!.filter((iteration) =>
    iteration <= common && others.every((list) => list.includes(iteration))
  );
  const all = shared.length > 2
    ? shared
    : Array.from({ length: common }, (_, i) => i + 1);
  const iterations = spread([...new Set(all)], MAX_ROWS);
  return iterations.map((iteration, i) => ({
    iteration,
    losses: runs.map(({ history }) =>
      meanLoss(history.losses, iterations[i - 1] ?? 0, iteration)
    ),
    valAccuracies: runs.map(({ history }) =>
      checkAt(history.checks, iteration)?.valAccuracy ?? null
    ),
  }));
}

function endRows(
  runs: readonly ReadRun[],
  letters: readonly string[],
): string[][] {
  const row = (name: string, text: (run: ReadRun) => string) => [
    name,
    ...runs.map(text),
  ];
  return [
    ["", ...letters],
    row("progress", ({ summary }) => progressText(summary)),
    row("iterations", ({ summary }) => grouped(summary.iteration)),
    row(
      "last loss",
      ({ history }) => lossText(history.losses.at(-1)?.loss ?? null),
    ),
    row(
      "best validation",
      ({ summary }) => percentText(summary.bestValAccuracy),
    ),
    row(
      "kept: training",
      ({ history }) => percentText(history.final?.trainAccuracy),
    ),
    row(
      "kept: validation",
      ({ history }) => percentText(history.final?.valAccuracy),
    ),
    row(
      "kept: test",
      ({ history }) => percentText(history.final?.testAccuracy),
    ),
    row("time", ({ summary }) => durationText(summary.seconds)),
  ];
}

/** A, B, … Z, and then numbers. */
function letterOf(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : String(index + 1);
}
