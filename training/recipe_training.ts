// Copyright 2026 the Convlab authors. MIT license.

/**
 * Makes the model and the Solver's options that a recipe describes.
 *
 * @module
 */

import { ConvNet } from "../models/conv_net.ts";
import { ThreeLayerConvNet } from "../models/three_layer_conv_net.ts";
import type { RandomState } from "../numerics/random.ts";
import { parseSchedule } from "./parse_schedule.ts";
import type { CompleteRecipe } from "./recipe.ts";
import { makeSchedule } from "./schedule_config.ts";
import type { Model, SolverOptions } from "./solver_options.ts";
import { trainingLengthOf } from "./training_length.ts";

/** What a model follows from besides its recipe. */
export interface ModelInit {
  /** Channels, height and width of an image. */
  readonly inputDim: readonly [number, number, number];
  /** Number of classes. */
  readonly numClasses: number;
  /** Where the weights come from. */
  readonly random: RandomState;
}

/**
 * The untrained model of a recipe.
 *
 * @throws {SyntaxError} If the model's text cannot be read.
 * @throws {RangeError} If a layer does not fit the images, or the last one the classes.
 *
 * @example
 * ```ts
 * import { completeRecipe, modelOf, RandomState } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const recipe = completeRecipe({ model: "conv8-relu gap fc3" });
 * const random = new RandomState(recipe.seed);
 * const model = modelOf(recipe, { inputDim: [1, 8, 8], numClasses: 3, random });
 * assertEquals(model.params["fc1.weight"]?.shape, [8, 3]);
 * ```
 */
export function modelOf(recipe: CompleteRecipe, init: ModelInit): Model {
  const { model, weightScale, reg, labelSmoothing, dtype } = recipe;
  if (model !== undefined) {
    return new ConvNet({
      ...{ model, weightScale, reg, labelSmoothing, dtype },
      ...init,
    });
  }
  const { numFilters, filterSize, hiddenDim } = recipe;
  const given = { numFilters, filterSize, hiddenDim, weightScale };
  return new ThreeLayerConvNet({
    ...Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== undefined),
    ),
    ...{ reg, dtype },
    ...init,
  });
}

/**
 * How a Solver trains by a recipe.
 *
 * @param examples Number of training examples.
 */
export function solverOptionsOf(
  recipe: CompleteRecipe,
  examples: number,
): SolverOptions {
  const { epochs, batchSize, maxIterations, sampling, updateRule } = recipe;
  const { learningRate, momentum, weightDecay, lrDecay } = recipe;
  const { schedule, clipNorm, average, patience, keep } = recipe;
  const { flip = false, crop = 0, cutout = 0, printEvery, dtype } = recipe;
  const { total, iterationsPerEpoch } = trainingLengthOf(recipe, examples);
  return {
    updateRule,
    optimConfig: {
      learningRate,
      ...(momentum === undefined ? {} : { momentum }),
      ...(weightDecay === undefined ? {} : { weightDecay }),
    },
    lrDecay,
    schedule: schedule === undefined
      ? undefined
      : makeSchedule(parseSchedule(schedule), total, iterationsPerEpoch),
    ...{ batchSize, maxIterations, numEpochs: epochs, sampling },
    maxGradNorm: clipNorm,
    averageDecay: average,
    ...{ patience, keep, printEvery, dtype },
    augmentation: flip || crop > 0 || cutout > 0
      ? { flip, crop, cutout }
      : undefined,
  };
}
