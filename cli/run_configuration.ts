// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a run's folder tells of how it was begun: `config.json` and `data.json`.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import type { DataSet } from "../data/data_set.ts";
import { getThreads } from "../kernels/runtime.ts";
import type { CompleteRecipe } from "../training/recipe.ts";
import type { RunFolder } from "../training/run_folder.ts";
import type { CheckpointPlan } from "./training_run.ts";

/** What a run begins with. */
export interface RunBeginning {
  /** The data set. */
  readonly data: DataSet;
  /** How many of its training images are used; by default all. */
  readonly numTrain?: number;
  /** What is trained, and how. */
  readonly recipe: CompleteRecipe;
  /** Whether parameters and random numbers are the document's. */
  readonly asDocumented?: boolean;
  /** When checkpoints are written. */
  readonly checkpoints?: CheckpointPlan;
  /** Threads that were asked for; by default as many as there are. */
  readonly threads: number | undefined;
}

/**
 * Writes down what a run begins with: `config.json` last, since a folder that
 * has it is a run, and a run can be resumed.
 */
export function writeConfiguration(
  run: RunFolder,
  command: string,
  { data, numTrain, recipe, asDocumented = false, ...more }: RunBeginning,
): void {
  const { title, classNames, train } = data;
  const { imageShape, mean, std } = train;
  const { checkpoints, threads = getThreads() } = more;
  run.writeData({ title, classNames, imageShape, mean, std });
  run.writeConfig({
    convlab: config.version,
    command,
    recipe,
    ...(asDocumented ? { asDocumented } : {}),
    data: title,
    trainingImages: numTrain ?? train.length,
    ...(checkpoints ? { checkpoints } : {}),
    threads,
    started: new Date().toISOString(),
  });
}
