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
}

/** Writes down what a run begins with. */
export function writeConfiguration(
  run: RunFolder,
  command: string,
  { data, numTrain, recipe, asDocumented = false }: RunBeginning,
): void {
  const { title, classNames, train } = data;
  run.writeConfig({
    convlab: config.version,
    command,
    recipe,
    ...(asDocumented ? { asDocumented } : {}),
    data: title,
    trainingImages: numTrain ?? train.length,
    threads: getThreads(),
    started: new Date().toISOString(),
  });
  const { imageShape, mean, std } = train;
  run.writeData({ title, classNames, imageShape, mean, std });
}
