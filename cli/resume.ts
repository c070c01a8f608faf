// Copyright 2026 the Convlab authors. MIT license.

/**
 * Goes on with a run that was stopped or killed.
 *
 * @module
 */

import type { Communicator } from "../distributed/communicator.ts";
import type { LiveAddress } from "../live/live_page.ts";
import { getThreads } from "../kernels/runtime.ts";
import { RandomState } from "../numerics/random.ts";
import {
  checkRecipe,
  type CompleteRecipe,
  completeRecipe,
  type Recipe,
} from "../training/recipe.ts";
import type { Checkpoint } from "../training/checkpoints.ts";
import type { Streams } from "./command.ts";
import { afterOverfitting } from "./document/history.ts";
import { asksForLength, lengthened, type NewLength } from "./resume_length.ts";
import { resumedConfiguration } from "./run_configuration.ts";
import { checkBatch, checkSameOnRanks, isFirst } from "./ranks.ts";
import type { RunRecord } from "./run_record.ts";
import { dataDifference } from "./same_data.ts";
import { trainingMachine } from "./training_machine.ts";
import { loadData } from "./training_options.ts";
import type { CheckpointPlan } from "./training_plan.ts";
import { runTraining } from "./training_run.ts";

/**
 * Trains on from a run's newest checkpoint that is whole, or from its beginning
 * if it has none; with another length also where the run is finished.
 *
 * @throws {Error} If there is nothing left to train, or the run was not made by `train`, or its data are no longer what they were.
 */
export async function resumeRun(
  run: RunRecord,
  options: {
    readonly threads: number | undefined;
    readonly checkpoints: CheckpointPlan;
    /** Where the images are, if no longer where they were. */
    readonly moved: Pick<Recipe, "dataset" | "dataDir">;
    /** How long it is to be, if not as before. */
    readonly length?: NewLength;
    /** Where a page is served, if one is. */
    readonly live?: LiveAddress | undefined;
    /** The connection to other ranks, if some train too. */
    readonly ranks?: Communicator | undefined;
  },
  streams: Streams,
): Promise<void> {
  const { threads, length = {}, live, ranks } = options;
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
  const isFinished = run.readMetrics().some(({ kind }) => kind === "final");
  if (isFinished && !asksForLength(length)) {
    throw cannot(
      "it is finished; go on with more --epochs, or begin a new run with its weights by --init",
    );
  }
  const asDocumented = config.asDocumented === true;
  if (asDocumented && length.epochs !== undefined) {
    throw cannot("expected no --epochs, which --as-documented fixes");
  }
  let recipe = completeRecipe(checkRecipe(config.recipe));
  const found = await loadData(movedRecipe(recipe, options.moved), streams);
  const data = { ...found, title: run.readData().title };
  const difference = dataDifference(run, data);
  if (difference !== undefined) throw cannot(`expected ${difference}`);
  if (ranks) {
    checkBatch(ranks, recipe.batchSize);
    checkSameOnRanks(ranks, data, recipe);
  }
  const { checkpoint, skipped } = run.checkpoints().latest();
  for (const { path, reason } of skipped) {
    streams.stderr.line(`Skipped ${path}: ${reason}`);
  }
  if (isFinished && !checkpoint) {
    throw cannot(
      "it is finished and has no checkpoint that is whole; a new run begins with its weights by --init",
    );
  }
  const iteration = checkpoint?.iteration ?? 0;
  const here = {
    machine: trainingMachine(ranks),
    threads: threads ?? getThreads(),
  };
  let onResumed = () => {
    const now = resumedConfiguration(config, { iteration, ...here });
    if (now !== config) run.writeConfig({ ...now });
  };
  if (asksForLength(length)) {
    const epochsBefore = recipe.epochs;
    const maxIterationsBefore = recipe.maxIterations;
    try {
      recipe = lengthened(recipe, length, data.train.length, {
        iteration,
        stoppedEarly: hasStopped(checkpoint),
      });
    } catch (error) {
      throw cannot(error instanceof Error ? error.message : String(error));
    }
    const { epochs, maxIterations } = recipe;
    const now = { ...config.recipe as Recipe, epochs, maxIterations };
    onResumed = () => {
      // In this order, a run that is killed meanwhile can be resumed.
      run.truncateMetrics(iteration);
      run.writeConfig({
        ...resumedConfiguration(config, {
          ...{ iteration, epochsBefore, maxIterationsBefore, ...here },
        }),
        recipe: now,
      });
      run.removeParameters();
    };
  }
  streams.stderr.line(
    checkpoint
      ? `Going on after iteration ${checkpoint.iteration}`
      : "Found no checkpoint, so training begins anew",
  );
  await runTraining(
    run,
    {
      ...{ data, recipe, live, ranks },
      checkpoints: isFirst(ranks) ? checkpoints : undefined,
      parameterType: asDocumented ? "float32" : undefined,
      random: asDocumented ? afterOverfitting() : new RandomState(recipe.seed),
      onResumed,
    },
    threads,
    streams,
    checkpoint,
  );
}

/** Whether the training of a checkpoint stopped by itself. */
function hasStopped(checkpoint: Checkpoint | undefined): boolean {
  const { solver } = checkpoint?.state ?? {};
  return typeof solver === "object" && solver !== null &&
    "stopped" in solver && solver.stopped === true;
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
