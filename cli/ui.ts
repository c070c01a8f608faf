// Copyright 2026 the Convlab authors. MIT license.

/**
 * `ui`: the live page of a run that is finished, stopped, or trained by another
 * process: to be looked at, not to be steered.
 *
 * @module
 */

import { firstFilters } from "../live/first_filters.ts";
import { LivePage } from "../live/live_page.ts";
import type { Filters, RunState, Status } from "../live/protocol.ts";
import { learnedParameters } from "../training/learned_parameters.ts";
import { RunFolder } from "../training/run_folder.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, listenForInterrupt } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { aboutRun, typedRun } from "./live_about.ts";
import { announcePage, LIVE_OPTIONS } from "./live_options.ts";
import { readRun, type RunSummary } from "./runs/summary.ts";
import { settingsOf, textSetting } from "./runs/settings.ts";
import { RUN_OPTIONS } from "./training_options.ts";

/** Time between two looks at whether a run is still trained, in milliseconds. */
const LOOK_MS = 2000;

export default defineCommand({
  examples: [
    { args: "", help: "The run that was started last" },
    {
      args: "RUN",
      help: "A run by its name, the beginning of it, or its folder",
    },
  ],
  notes:
    "Serves the page on which train --ui is watched, until Ctrl-C. A run that another process trains is followed as it goes; only the one that trains it can pause or stop it.",
  positionals: {
    run: { optional: true, help: "The run; by default the newest" },
  },
  options: {
    ...LIVE_OPTIONS,
    runsDir: RUN_OPTIONS.runsDir,
  },
  async run({ options, positionals, ...streams }) {
    const { host, port, runsDir } = options;
    const run = positionals.run === undefined
      ? newestRun(runsDir)
      : RunFolder.open(positionals.run, runsDir);
    const { summary } = readRun(run);
    using interrupt = listenForInterrupt();
    const { signal } = interrupt;
    await using page = await LivePage.open({
      ...{ host, port, path: run.path },
      about: aboutRun(run, summary, false),
      onFailure: (message) => streams.stderr.line(message),
    });
    announcePage(page.url, { host, port }, streams);
    streams.stderr.line("Ctrl-C ends it");
    await follow(run, summary, page, signal);
    return ExitCode.success;
  },
});

/** Tells the page what the run does, until Ctrl-C. */
async function follow(
  run: RunFolder,
  summary: RunSummary,
  page: LivePage,
  signal: AbortSignal,
): Promise<void> {
  let told = "";
  let shown = "";
  while (!signal.aborted) {
    const status = statusOf(run, summary);
    const words = JSON.stringify(status);
    if (words !== told) page.post({ kind: "status", status });
    told = words;
    const source = sourceOf(run);
    const filters = source === shown ? undefined : filtersOf(run, summary);
    if (filters) page.post({ kind: "filters", filters });
    shown = source;
    await pause(LOOK_MS, signal);
  }
}

/** The state of a run now. */
function statusOf(run: RunFolder, summary: RunSummary): Status {
  const state: RunState = run.isLocked()
    ? "training"
    : run.hasParameters()
    ? "finished"
    : "stopped";
  return {
    state,
    ...wordsOn(state, run, summary),
    ...{ iteration: 0, epoch: 0, learningRate: null, imagesPerSecond: null },
    ...{ seconds: null, secondsLeft: null },
  };
}

function wordsOn(
  state: RunState,
  run: RunFolder,
  { divergedAt }: RunSummary,
): Pick<Status, "note" | "command"> {
  switch (state) {
    case "training":
      return {
        note:
          "Another program trains this run, and only its own page can steer it.",
      };
    case "stopped":
      return divergedAt === null
        ? {
          note: "This run has not come to its end. Go on with",
          command: `${invocation("train")} --resume ${typedRun(run)}`,
        }
        : { note: "The loss was not finite, so training ended." };
    default:
      return {};
  }
}

/** What the parameters of a run come from now. */
function sourceOf(run: RunFolder): string {
  return run.hasParameters()
    ? "final"
    : run.checkpoints().list().at(-1)?.path ?? "none";
}

/** The filters of what a run has learnt so far, if it has and they can be shown. */
function filtersOf(run: RunFolder, summary: RunSummary): Filters | undefined {
  try {
    const { tensors, iteration } = learnedParameters(run);
    return firstFilters(tensors, iteration ?? summary.iteration);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    // It has none yet, or they are damaged.
    return undefined;
  }
}

/** The run that was started last. */
function newestRun(runsDir: string): RunFolder {
  const started = (run: RunFolder) => {
    try {
      return textSetting(settingsOf(run.readConfig()), "started") ?? "";
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
      return ""; // damaged
    }
  };
  const [newest] = RunFolder.list(runsDir).runs
    .map((run) => ({ run, time: started(run) }))
    .sort((a, b) => a.time < b.time ? 1 : -1);
  if (newest) return newest.run;
  throw new Error(
    `Cannot show the newest run: expected one in ${runsDir} but found none; "${
      invocation("train")
    }" makes one`,
  );
}

/** Waits, but not longer than until Ctrl-C. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener("abort", end);
  });
}
