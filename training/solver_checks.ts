// Copyright 2026 the Convlab authors. MIT license.

/**
 * Checks what a Solver is given, before anything is computed.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import type { Tensor } from "../numerics/tensor.ts";
import type { SolverData, SolverOptions } from "./solver_options.ts";
import { UPDATE_RULES } from "./update_rules.ts";

/**
 * Checks data and options.
 *
 * @returns The labels as arrays of integers.
 * @throws {TypeError} If there are not as many labels as examples, or the update rule is unknown.
 * @throws {RangeError} If an option is out of range, or there are no training examples.
 */
export function checkSolver(
  data: SolverData,
  options: SolverOptions,
): { yTrain: Int32Array; yVal: Int32Array } {
  const { batchSize, numEpochs, printEvery, maxIterations } = options;
  const { numTrainSamples, numValSamples, maxGradNorm } = options;
  const { updateRule = "sgd", lrDecay = 1, optimConfig = {} } = options;
  checkCounts({ batchSize, numEpochs, printEvery });
  checkCounts({ maxIterations, numTrainSamples, numValSamples });
  const { learningRate } = optimConfig;
  checkPositive({ lrDecay, learningRate, maxGradNorm });
  if (
    typeof updateRule !== "function" && !Object.hasOwn(UPDATE_RULES, updateRule)
  ) {
    throw new TypeError(
      `Cannot train: expected an update rule (${
        Object.keys(UPDATE_RULES).join(", ")
      }) but found ${JSON.stringify(updateRule)}`,
    );
  }
  const yTrain = checkLabels("Train", data.xTrain, data.yTrain);
  const yVal = checkLabels("Val", data.xVal, data.yVal);
  if (options.patience !== undefined && yVal.length === 0) {
    throw new RangeError(
      `Cannot train: expected validation examples, by which patience (${options.patience}) is measured, but found none`,
    );
  }
  if (yTrain.length === 0) {
    throw new RangeError(
      "Cannot train: expected at least one training example but found none",
    );
  }
  checkShare(options, yTrain.length);
  return { yTrain, yVal };
}

/** Checks that each solver has an example of every batch. */
function checkShare(options: SolverOptions, examples: number): void {
  const { batchSize = 100, sampling = "replacement", reducer } = options;
  const drawn = sampling === "shuffle"
    ? Math.min(batchSize, examples)
    : batchSize;
  if (reducer === undefined || drawn >= reducer.size) return;
  throw new RangeError(
    `Cannot train together: expected batches of at least ${reducer.size} examples, one for each solver, but found ${drawn}`,
  );
}

/** Checks those numbers that are given. */
function checkPositive(values: Record<string, number | undefined>): void {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined || value > 0 && value < Infinity) continue;
    throw new RangeError(
      `Cannot train: expected ${name} to be positive and finite but found ${value}`,
    );
  }
}

/** Checks those numbers of things that are given. */
function checkCounts(counts: Record<string, number | undefined>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined) continue;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(
        `Cannot train: expected ${name} to be a positive integer but found ${count}`,
      );
    }
  }
}

function checkLabels(
  split: "Train" | "Val",
  x: Tensor | ImageSet,
  labels: Int32Array | readonly number[],
): Int32Array {
  const examples = "dtype" in x ? x.shape[0] : x.length;
  if (labels.length !== examples) {
    throw new TypeError(
      `Cannot train: expected y${split} to have ${examples} labels, one for each example of x${split}, but found ${labels.length}`,
    );
  }
  return Int32Array.from(labels);
}
