// Copyright 2026 the Convlab authors. MIT license.

/**
 * `runs show`: all there is to know of one run, and what to do next with it.
 *
 * @module
 */

import { join } from "@std/path";
import type { RunFolder } from "../../training/run_folder.ts";
import type { Streams } from "../command.ts";
import { commands } from "../commands.ts";
import { invocation } from "../invocation.ts";
import { textTable } from "../text_table.ts";
import { grouped } from "../words.ts";
import {
  bytesText,
  durationText,
  lossText,
  percentText,
  progressText,
  statusText,
  timeText,
} from "./format.ts";
import { bestCheck, type History, meanLoss, spread } from "./history.ts";
import { settingLabel, valueText } from "./settings.ts";
import { type ReadRun, readRun, type RunSummary } from "./summary.ts";

/** Checks that are shown of a long run, the best one apart. */
const MAX_CHECKS = 10;

/** Where subcommands look for a run's name without being told. */
const DEFAULT_RUNS_DIR = "runs";

/** A file of a run. */
interface RunFile {
  readonly path: string;
  readonly bytes: number;
  /** Such as "the best", or what is wrong with it. */
  readonly note?: string;
}

/**
 * Prints a run.
 *
 * @throws {Error} If its configuration or its metrics are damaged.
 */
export function showRun(
  run: RunFolder,
  json: boolean,
  { stdout }: Streams,
): void {
  const read = readRun(run);
  const { settings, history, summary } = read;
  const files = filesOf(run);
  const next = nextSteps(read);
  if (json) {
    const { checks, final = null } = history;
    stdout.line(JSON.stringify(
      {
        ...summary,
        config: Object.fromEntries(settings),
        ...{ checks, final, files, next },
      },
      null,
      2,
    ));
    return;
  }
  const section = (title: string, rows: string[][]) => {
    if (rows.length === 0) return;
    stdout.line(`\n${title}:`);
    for (const line of textTable(rows)) stdout.line(`  ${line}`);
  };
  stdout.line(`${run.path}: ${statusText(summary)}`);
  stdout.line(factsOf(summary).join(", "));
  section(
    "Configuration",
    [...settings].map((
      [name, value],
    ) => [settingLabel(name), valueText(value)]),
  );
  const rows = historyRows(history);
  const checks = history.checks.length;
  section(
    rows.length <= checks
      ? `History (${rows.length - 1} of ${checks} checks)`
      : "History",
    rows,
  );
  section("Kept parameters", finalRows(history));
  section(
    "Files",
    files.map(({ path, bytes, note = "" }) => [path, bytesText(bytes), note]),
  );
  section("Next", next.map(({ command, help }) => [command, help]));
}

function factsOf(summary: RunSummary): string[] {
  const { status, iteration, iterations, started, seconds } = summary;
  const of = iterations === null ? "" : ` of ${grouped(iterations)}`;
  return [
    ...status === "imported"
      ? []
      : [`${grouped(iteration)}${of} iterations`, progressText(summary)],
    ...started === null ? [] : [`started ${timeText(started)}`],
    ...seconds === null ? [] : [`trained for ${durationText(seconds)}`],
  ];
}

/** A few checks, with the mean loss since the check before. */
function historyRows({ checks, losses }: History): string[][] {
  if (checks.length === 0) return [];
  const best = bestCheck(checks);
  const shown = new Set(spread(checks, MAX_CHECKS));
  const head = ["iteration", "epoch", "mean loss", "train", "val"];
  const rows = checks.flatMap((check, i) => {
    if (!shown.has(check) && check !== best) return [];
    const { iteration, epoch, trainAccuracy, valAccuracy } = check;
    const since = checks[i - 1]?.iteration ?? 0;
    return [[
      ...[grouped(iteration), String(epoch)],
      lossText(meanLoss(losses, since, iteration)),
      ...[percentText(trainAccuracy), percentText(valAccuracy)],
      check === best ? "best" : "",
    ]];
  });
  return [head, ...rows];
}

function finalRows({ final }: History): string[][] {
  if (final === undefined) return [];
  const { trainAccuracy, valAccuracy, testAccuracy } = final;
  return [
    ["training", percentText(trainAccuracy)],
    ["validation", percentText(valAccuracy)],
    ["test", percentText(testAccuracy)],
  ];
}

/** The run's files, each checkpoint with what is known of it. */
function filesOf(run: RunFolder): RunFile[] {
  const store = run.checkpoints();
  const notes = new Map<string, string>();
  const { best, files } = store.inspect();
  for (const { path, iteration, problem } of files) {
    if (problem !== undefined) notes.set(path, `damaged: ${problem}`);
    else if (iteration === best) notes.set(path, "the best so far");
  }
  return [...filesIn(run.path), ...filesIn(store.folder)].map((file) => {
    const note = notes.get(file.path);
    return note === undefined ? file : { ...file, note };
  });
}

function filesIn(folder: string): RunFile[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
  return entries
    .filter(({ name, isFile }) => isFile && !name.startsWith("."))
    .map(({ name }) => join(folder, name)).sort()
    .map((path) => ({ path, bytes: Deno.statSync(path).size }));
}

/** What can be done with a run now. */
function nextSteps({ run, summary }: ReadRun) {
  const { name, status, resumableFrom, iteration } = summary;
  const known = (name: string) => commands.some((entry) => entry.name === name);
  const isAtDefault = run.path === join(DEFAULT_RUNS_DIR, name);
  const which = isAtDefault ? name : run.path;
  const step = (subcommand: string, args: string, help: string) =>
    known(subcommand)
      ? [{ command: `${invocation(subcommand)} ${args}`, help }]
      : [];
  const curves = iteration > 0
    ? step("visualize", `curves ${which}`, "Draw loss and accuracies")
    : [];
  if (status === "running") return curves;
  if (status === "stopped") {
    return resumableFrom === null ? curves : [
      ...step(
        "train",
        `--resume ${which}`,
        resumableFrom === 0
          ? "Begin again, as there is no checkpoint that is whole"
          : `Go on from iteration ${grouped(resumableFrom)}`,
      ),
      ...curves,
    ];
  }
  return [
    ...step("report", which, "All there is to see of it, as one page"),
    ...curves,
    ...step("visualize", `filters ${which}`, "Draw the first layer's filters"),
    ...step("evaluate", which, "Accuracy of each class"),
    ...step("predict", `${which} IMAGE`, "Classify images"),
    ...step("export", which, "Take the network elsewhere"),
  ];
}
