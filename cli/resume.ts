// Copyright 2026 the Convlab authors. MIT license.

/**
 * Goes on with a run that was stopped or killed.
 *
 * @module
 */

import { RandomState } from "../numerics/random.ts";
import {
  checkRecipe,
  type CompleteRecipe,
  completeRecipe,
  type Recipe,
} from "../training/recipe.ts";
import type { RunFolder } from "../training/run_folder.ts";
import type { Streams } from "./command.ts";
import { afterOverfitting } from "./document/history.ts";
import { dataDifference } from "./same_data.ts";
import { loadData } from "./training_options.ts";
import { type CheckpointPlan, runTraining } from "./training_run.ts";

/**
 * Trains on from a run's newest checkpoint that is whole, or from its beginning
 * if it has none.
 *
 * @throws {Error} If the run is finished, was not made by `train`, or its data are no longer what they were.
 */
export async function resumeRun(
  run: RunFolder,
  options: {
    readonly threads: number | undefined;
    readonly checkpoints: CheckpointPlan;
    /** Where the images are, if no longer where they were. */
    readonly moved: Pick<Recipe, "dataset" | "dataDir">;
  },
  streams: Streams,
): Promise<void> {
  const { threads } = options;
  const cannot = (why: string) =>
    new Error(`Cannot resume run "${run.name}": ${why}`);
  using _lock = run.lock();
  const config = run.readConfig();
  if (config.command !== "train" || config.recipe === undefined) {
    throw cannot(
      `expected a run of "train" but found one of ${
        config.command === "train"
          ? "an earlier version of Convlab, without a recipe"
          : JSON.stringify(config.command) ?? "something else"
      }; start it anew`,
    );
  }
  const checkpoints = { ...checkpointPlanOf(config), ...options.checkpoints };
  if (run.readMetrics().some(({ kind }) => kind === "final")) {
    throw cannot("it is finished; a new run begins with its weights by --init");
  }
  const recipe = completeRecipe(checkRecipe(config.recipe));
  const found = await loadData(movedRecipe(recipe, options.moved), streams);
  const data = { ...found, title: run.readData().title };
  const difference = dataDifference(run, data);
  if (difference !== undefined) throw cannot(`expected ${difference}`);
  const { checkpoint, skipped } = run.checkpoints().latest();
  for (const { path, reason } of skipped) {
    streams.stderr.line(`Skipped ${path}: ${reason}`);
  }
  streams.stderr.line(
    checkpoint
      ? `Going on after iteration ${checkpoint.iteration}`
      : "Found no checkpoint, so training begins anew",
  );
  const asDocumented = config.asDocumented === true;
  await runTraining(
    run,
    {
      ...{ data, recipe, checkpoints },
      parameterType: asDocumented ? "float32" : undefined,
      random: asDocumented ? afterOverfitting() : new RandomState(recipe.seed),
    },
    threads,
    streams,
    checkpoint,
  );
}

/** The recipe with its images elsewhere. */
function movedRecipe(
  recipe: CompleteRecipe,
  { dataset, dataDir }: Pick<Recipe, "dataset" | "dataDir">,
): CompleteRecipe {
  if (dataset !== undefined) return { ...recipe, dataset, dataDir };
  return dataDir === undefined ? recipe : { ...recipe, dataDir };
}

/** When the run's checkpoints were written so far. */
function checkpointPlanOf({ checkpoints }: Record<string, unknown>) {
  const plan: { every?: unknown; keep?: unknown } = {
    ...checkpoints as object,
  };
  const count = (name: "every" | "keep") => {
    const value = plan[name];
    return typeof value === "number" && Number.isInteger(value) && value > 0
      ? { [name]: value }
      : {};
  };
  return { ...count("every"), ...count("keep") };
}
