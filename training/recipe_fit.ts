// Copyright 2026 the Convlab authors. MIT license.

/**
 * Whether a recipe's network, augmentation and schedule fit its data, found out
 * before anything is made of them.
 *
 * @module
 */

import { checkAugmentation } from "../data/augmentation.ts";
import { findCifar10 } from "../data/cifar10.ts";
import { findFashionMnist } from "../data/fashion_mnist.ts";
import { checkMemory, scoresOf } from "../models/plan_checks.ts";
import { planModel } from "../models/plan_model.ts";
import { parseSchedule } from "./parse_schedule.ts";
import { named } from "./named_key.ts";
import type { CompleteRecipe } from "./recipe.ts";
import { recipeLayers } from "./recipe_layers.ts";
import { makeSchedule } from "./schedule_config.ts";
import { trainingLengthOf } from "./training_length.ts";

/** What is known of the data that a recipe trains on. */
export interface RecipeData {
  /** Channels, height and width of an image. */
  readonly inputDim: readonly [number, number, number];
  /** Number of classes, if known. */
  readonly numClasses?: number | undefined;
  /** Number of training images, if known. */
  readonly examples?: number | undefined;
}

/**
 * What a recipe tells of its data before they are loaded; nothing if that
 * depends on what is found.
 */
export function announcedData(recipe: CompleteRecipe): RecipeData | undefined {
  const { dataset, imageSize = 32, grayscale = false } = recipe;
  if (dataset === undefined) return undefined;
  if (dataset === "cifar10" || findCifar10(dataset) !== undefined) {
    return { inputDim: [3, 32, 32], numClasses: 10 };
  }
  if (dataset === "fashion-mnist" || findFashionMnist(dataset) !== undefined) {
    return { inputDim: [1, 28, 28], numClasses: 10 };
  }
  return /\.npz$/i.test(dataset)
    ? undefined
    : { inputDim: [grayscale ? 1 : 3, imageSize, imageSize] };
}

/**
 * Checks that a recipe fits its data.
 *
 * @param recipe The recipe, checked on its own before.
 * @param data What is known of the data.
 * @param naming How a key is named in messages; as it is by default.
 * @throws {RangeError} If a layer does not fit the images, the last one the classes, the augmentation the images, the schedule the number of iterations, or the network any memory.
 */
export function checkFit(
  recipe: CompleteRecipe,
  data: RecipeData,
  naming: (key: string) => string = (key) => key,
): void {
  const { flip = false, crop = 0, cutout = 0, schedule } = recipe;
  const { inputDim, numClasses, examples } = data;
  named("model", recipe.model === undefined ? (key) => key : naming, () => {
    const plan = planModel(recipeLayers(recipe, numClasses ?? 1), inputDim);
    scoresOf(plan, numClasses);
    checkMemory(plan, recipe.dtype);
  });
  try {
    checkAugmentation({ flip, crop, cutout }, inputDim);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new RangeError(
      error.message.replace(
        /(?<=expected )(crop|cutout)\b/,
        (key) => naming(key),
      ),
      { cause: error },
    );
  }
  if (schedule !== undefined && examples !== undefined) {
    checkScheduleFits(recipe, schedule, examples, naming);
  }
}

function checkScheduleFits(
  recipe: CompleteRecipe,
  schedule: string,
  examples: number,
  naming: (key: string) => string,
): void {
  const { total, iterationsPerEpoch } = trainingLengthOf(recipe, examples);
  try {
    makeSchedule(parseSchedule(schedule), total, iterationsPerEpoch);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const reason = error.message.replace(/^Cannot \w+ schedule: /, "");
    throw new RangeError(
      `Cannot use ${
        naming("schedule")
      } ${schedule} for a training of ${total} iterations, ${iterationsPerEpoch} an epoch: ${reason}; train longer, or change it`,
      { cause: error },
    );
  }
}
