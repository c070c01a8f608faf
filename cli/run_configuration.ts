// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a run's folder tells of how it was begun: `config.json` and `data.json`.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import type { DataSet } from "../data/data_set.ts";
import type { Communicator } from "../distributed/communicator.ts";
import { getThreads } from "../kernels/runtime.ts";
import type { CompleteRecipe } from "../training/recipe.ts";
import type { RunRecord } from "./run_record.ts";
import { type TrainingMachine, trainingMachine } from "./training_machine.ts";
import type { CheckpointPlan } from "./training_plan.ts";

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
  /** The connection to other ranks, if some train too. */
  readonly ranks?: Communicator | undefined;
}

/**
 * Writes down what a run begins with: `config.json` last, since a folder that
 * has it is a run, and a run can be resumed.
 */
export function writeConfiguration(
  run: RunRecord,
  command: string,
  { data, numTrain, recipe, asDocumented = false, ...more }: RunBeginning,
): void {
  const { title, classNames, train, validation, test } = data;
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
    validationImages: validation.length,
    testImages: test.length,
    ...(checkpoints ? { checkpoints } : {}),
    threads,
    machine: trainingMachine(more.ranks),
    started: new Date().toISOString(),
  });
}

/** That a run was gone on with elsewhere, or for longer. */
export interface Resumption {
  /** Iteration after which it was. */
  readonly iteration: number;
  /** Threads and machine from there on, where they are others than before. */
  readonly threads?: number;
  /** The machine from there on. */
  readonly machine?: TrainingMachine;
  /** Epochs that it had been given before. */
  readonly epochsBefore?: number;
  /** Iterations that it had been given before, if it was a number of these. */
  readonly maxIterationsBefore?: number | undefined;
}

/**
 * A configuration with what has changed as a run is gone on with; the same if
 * nothing has. What was to happen after this iteration and did not is left out.
 */
export function resumedConfiguration(
  config: Readonly<Record<string, unknown>>,
  { iteration, ...changes }: Resumption,
): Readonly<Record<string, unknown>> {
  const all = resumptionsOf(config);
  const resumed = all.filter((earlier) => earlier.iteration < iteration);
  const before = resumed.findLast(({ machine }) => machine !== undefined) ??
    config;
  const isSame = JSON.stringify([before.machine, before.threads]) ===
    JSON.stringify([changes.machine, changes.threads]);
  const { machine, threads, ...length } = changes;
  // That it was made longer here stays true if it is gone on with here again.
  const { machine: _, threads: __, iteration: ___, ...lengthBefore } =
    all.find((earlier) => earlier.iteration === iteration) ??
      { iteration };
  const news = {
    ...length,
    ...lengthBefore,
    ...isSame ? {} : { machine, threads },
  };
  const hasNews = Object.keys(news).length > 0;
  const now = [...resumed, ...hasNews ? [{ iteration, ...news }] : []];
  return JSON.stringify(now) === JSON.stringify(all)
    ? config
    : { ...config, resumed: now };
}

/** What a configuration tells of that. */
export function resumptionsOf(
  { resumed }: Readonly<Record<string, unknown>>,
): readonly Resumption[] {
  return Array.isArray(resumed) ? resumed : [];
}
