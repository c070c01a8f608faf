// Copyright 2026 the Convlab authors. MIT license.

/**
 * `train`: trains a network, by default as cell 18 of the document does.
 *
 * @module
 */

import { join } from "@std/path";
import type { Communicator } from "../distributed/communicator.ts";
import { threadsOfRank } from "../distributed/rank_threads.ts";
import { setThreads } from "../kernels/runtime.ts";
import type { LiveAddress } from "../live/live_page.ts";
import { RandomState } from "../numerics/random.ts";
import {
  checkRecipe,
  type CompleteRecipe,
  completeRecipe,
  readRecipe,
  type Recipe,
} from "../training/recipe.ts";
import { announcedData, checkFit } from "../training/recipe_fit.ts";
import { RECIPE_FIELDS } from "../training/recipe_fields.ts";
import { RunFolder } from "../training/run_folder.ts";
import { kebabCase } from "./arguments.ts";
import { type Context, defineCommand, type Streams } from "./command.ts";
import { afterOverfitting } from "./document/history.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { inNewRun } from "./new_run.ts";
import { LIVE_OPTIONS } from "./live_options.ts";
import { checkBatch, checkSameOnRanks, isFirst, onRanks } from "./ranks.ts";
import { resumeRun } from "./resume.ts";
import { writeConfiguration } from "./run_configuration.ts";
import { type RunRecord, sharedRun, UnwrittenRun } from "./run_record.ts";
import { defaultName, loadData, RUN_OPTIONS } from "./training_options.ts";
import { runTraining } from "./training_run.ts";

const OPTIONS = {
  recipe: {
    kind: "string",
    placeholder: "FILE",
    help:
      "Takes what follows from a JSON file of such options; those that are typed go first",
  },
  resume: {
    kind: "string",
    placeholder: "RUN",
    help:
      "Goes on with a run that was stopped or killed, by its name or folder; all else is as it was, but more --epochs or --max-iterations go on with one that has ended too, and --dataset and --data-dir tell where its images are now",
  },
  ...RECIPE_FIELDS,
  checkpointEvery: {
    kind: "integer",
    min: 1,
    help: "Iterations between checkpoints, besides one after each epoch",
  },
  keepCheckpoints: {
    kind: "integer",
    min: 1,
    default: 2,
    help: "Checkpoints that are kept, besides the best",
  },
  asDocumented: {
    kind: "boolean",
    help:
      "Trains on CIFAR-10 as the document does, in float64 and with its random numbers, and prints its lines",
  },
  ui: {
    kind: "boolean",
    help:
      "Serves a page in which to watch and steer the training, and prints its address",
  },
  uiHost: LIVE_OPTIONS.host,
  uiPort: LIVE_OPTIONS.port,
  ...RUN_OPTIONS,
} as const;

/** Options that do not change what is computed. */
const FREE = new Set([
  ...["checkpointEvery", "keepCheckpoints", "name", "runsDir", "threads"],
  ...["ui", "uiHost", "uiPort"],
]);

/** Options that `--resume` leaves open; the images may be elsewhere than before. */
const RESUMED = new Set(
  ["resume", "epochs", "maxIterations", "dataset", "dataDir", ...FREE]
    .filter((name) => name !== "name"),
);

/** Options that `--as-documented` leaves open. */
const UNDOCUMENTED = new Set([
  ...FREE,
  ...["asDocumented", "maxIterations", "dataset", "dataDir"],
]);

export default defineCommand({
  examples: [
    { args: "", help: "One epoch on CIFAR-10, or on the built-in sample" },
    {
      args: "--recipe recipes/cifar10.json",
      help: "A deeper network, to more than 82 % on CIFAR-10",
    },
    {
      args: '--dataset photos --model "conv16-bn-relu gap fc3"',
      help: "Your own images, a folder for each of three classes",
    },
    { args: "--ui", help: "Watch it in a browser, pause it, stop it" },
    { args: "--resume RUN", help: "Go on after Ctrl-C, or after a crash" },
    {
      args: "--resume RUN --epochs 20",
      help: "Go on with one that has ended, to 20 epochs in all",
    },
    {
      args: "--as-documented --data-dir ~/cifar10",
      help: "The document's training, digit for digit",
    },
  ],
  notes:
    '"deno task train:turbo" trains to the same bytes in less time, and "deno task train:wide" in somewhat less: with experimental flags of the engine, turbo without bounds checks; the README tells what that gives up.\n\nWrites a run folder, RUNS_DIR/NAME, with config.json (all options), data.json (classes and normalisation), log.txt, metrics.jsonl (one JSON object for each iteration, each check of the accuracies, and the gradients of some 64 iterations), checkpoints/ and final.safetensors (the parameters). Ctrl-C, or SIGTERM, writes a checkpoint first; a second one ends it at once.',
  positionals: {},
  options: OPTIONS,
  run: (context) => onRanks((ranks) => train(context, ranks)),
});

/** Trains, alone or with other ranks, of which only the first writes. */
async function train(
  { options, given, ...streams }: Context<typeof OPTIONS, Record<never, never>>,
  ranks: Communicator | undefined,
): Promise<ExitCode> {
  const { resume, runsDir } = options;
  const { threads } = options;
  if (ranks && threads === undefined) setThreads(threadsOfRank(ranks));
  const writes = isFirst(ranks);
  const { checkpointEvery: every, keepCheckpoints: keep } = options;
  const asked = liveAddress(options, given);
  const live = writes ? asked : undefined;
  if (resume !== undefined) {
    refuse(given, RESUMED, "--resume, which fixes it");
    const open = () => RunFolder.open(resume, runsDir);
    const run = ranks ? sharedRun(ranks, open) : open();
    const typed = {
      ...(every === undefined ? {} : { every }),
      ...(given.has("keepCheckpoints") ? { keep } : {}),
    };
    const { dataset, dataDir, epochs, maxIterations } = options;
    await resumeRun(run, {
      ...{ threads, checkpoints: typed },
      moved: { dataset, dataDir },
      length: { epochs, maxIterations },
      ...{ live, ranks },
    }, streams);
    return finish(run, streams);
  }
  const { asDocumented } = options;
  if (asDocumented) checkDocumented(options.dataset, given);
  const naming = (key: string) =>
    given.has(key as keyof typeof OPTIONS) || options.recipe === undefined
      ? `--${kebabCase(key)}`
      : `${key} in ${options.recipe}`;
  const typed = recipeOf(options, given, naming);
  if (ranks) checkBatch(ranks, typed.batchSize);
  const { name = defaultName("train") } = options;
  // What cannot be is found out before data are loaded or a folder is made.
  if (writes) {
    if (typed.init !== undefined) RunFolder.open(typed.init, runsDir);
    RunFolder.checkNew(runsDir, name);
  }
  const announced = announcedData(typed);
  if (announced) asUsage(() => checkFit(typed, announced, naming));
  const data = await loadData(typed, streams);
  const recipe = { ...typed, dataset: typed.dataset ?? data.name };
  const { imageShape, length } = data.train;
  const numClasses = data.classNames.length;
  const found = { inputDim: imageShape, numClasses, examples: length };
  asUsage(() => checkFit(recipe, found, naming));
  if (ranks) checkSameOnRanks(ranks, data, recipe);
  const checkpoints = writes
    ? { ...(every === undefined ? {} : { every }), keep }
    : undefined;
  const body = async (run: RunRecord) => {
    writeConfiguration(run, "train", {
      ...{ data, recipe, asDocumented, threads, ranks },
      ...(checkpoints ? { checkpoints } : {}),
    });
    await runTraining(
      run,
      {
        ...{ data, recipe, checkpoints, live, ranks },
        // The document keeps float32 parameters but feeds float64 images, so
        // that its arithmetic is float64 from the first update on.
        parameterType: asDocumented ? "float32" : undefined,
        random: asDocumented
          ? afterOverfitting()
          : new RandomState(recipe.seed),
      },
      threads,
      streams,
    );
    return finish(run, streams);
  };
  return writes
    ? inNewRun({ runsDir, name }, body)
    : body(new UnwrittenRun({ name, path: join(runsDir, name) }));
}

/** Where to serve a page, if one was asked for. */
function liveAddress(
  { ui, uiHost: host, uiPort: port }: {
    readonly ui: boolean;
    readonly uiHost: string;
    readonly uiPort: number | undefined;
  },
  given: ReadonlySet<string>,
): LiveAddress | undefined {
  if (ui) return { host, port };
  const useless = ["uiHost", "uiPort"].find((name) => given.has(name));
  if (useless === undefined) return undefined;
  throw new UsageError(`Expected --ui with --${kebabCase(useless)}`);
}

/** What was typed, before what is in a file, before the defaults. */
function recipeOf(
  options: Recipe & {
    readonly recipe: string | undefined;
    readonly asDocumented: boolean;
  },
  given: ReadonlySet<string>,
  naming: (key: string) => string,
): CompleteRecipe {
  const file = options.recipe === undefined ? {} : readRecipe(options.recipe);
  const typed = Object.fromEntries(
    Object.entries(options).filter(([name]) =>
      given.has(name) && name in RECIPE_FIELDS
    ),
  );
  const documented: Recipe = options.asDocumented
    ? { dataset: "cifar10", dtype: "float64" }
    : {};
  return asUsage(() =>
    completeRecipe(checkRecipe({ ...file, ...typed, ...documented }, naming))
  );
}

/** Does something of which any complaint is about the options. */
function asUsage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

function checkDocumented(
  dataset: string | undefined,
  given: ReadonlySet<string>,
): void {
  refuse(given, UNDOCUMENTED, "--as-documented, which fixes it");
  if ((dataset ?? "cifar10") !== "cifar10") {
    throw new UsageError(
      "Expected --dataset cifar10 with --as-documented, which is about CIFAR-10",
    );
  }
}

/** Refuses options that something else has decided. */
function refuse(
  given: ReadonlySet<string>,
  allowed: ReadonlySet<string>,
  why: string,
): void {
  const fixed = [...given].find((name) => !allowed.has(name));
  if (fixed === undefined) return;
  throw new UsageError(`Expected no --${kebabCase(fixed)} with ${why}`);
}

function finish(run: RunRecord, { stderr }: Streams): ExitCode {
  stderr.line(
    `Run folder: ${run.path} (deno task visualize curves ${run.path})`,
  );
  return ExitCode.success;
}
