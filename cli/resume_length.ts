// Copyright 2026 the Convlab authors. MIT license.

/**
 * Another length for a run that is gone on with.
 *
 * @module
 */

import type { CompleteRecipe } from "../training/recipe.ts";
import { solverOptionsOf } from "../training/recipe_training.ts";
import { trainingLengthOf } from "../training/training_length.ts";
import { counted } from "./words.ts";

/** What may be typed with `--resume` to train for longer, or shorter, than before. */
export interface NewLength {
  /** Times that the training images are gone through, those before included. */
  readonly epochs?: number | undefined;
  /** Iterations after which training ends, those before included. */
  readonly maxIterations?: number | undefined;
}

/** How far a run has come. */
export interface Reached {
  /** Iterations of the checkpoint that it goes on from. */
  readonly iteration: number;
  /** Whether it stopped by itself, as validation no longer became better. */
  readonly stoppedEarly: boolean;
}

/** Whether another length was asked for at all. */
export function asksForLength({ epochs, maxIterations }: NewLength): boolean {
  return epochs !== undefined || maxIterations !== undefined;
}

/**
 * The recipe with another length. That is possible where the learning rates up
 * to now would have been the same with it, so that the run ends as one that had
 * this length from the beginning.
 *
 * @param recipe The run's recipe.
 * @param length What was typed.
 * @param examples Number of training images.
 * @param reached How far the run is.
 * @throws {Error} If there is nothing left to train, or the schedule depends on the length.
 */
export function lengthened(
  recipe: CompleteRecipe,
  length: NewLength,
  examples: number,
  { iteration, stoppedEarly }: Reached,
): CompleteRecipe {
  const { epochs = recipe.epochs } = length;
  const { maxIterations = recipe.maxIterations } = length;
  const longer = { ...recipe, epochs, maxIterations };
  if (stoppedEarly) {
    throw new Error(
      `it ended after iteration ${iteration} by its patience of ${
        counted(recipe.patience ?? 0, "epoch")
      }; a new run begins with its weights by --init`,
    );
  }
  const { total } = trainingLengthOf(longer, examples);
  if (total <= iteration) {
    const isLimited = length.maxIterations === undefined &&
      epochs > recipe.epochs;
    throw new Error(
      `expected more than the ${
        counted(iteration, "iteration")
      } that it has but found ${total}, ${
        isLimited
          ? `as its --max-iterations is ${maxIterations}`
          : `of ${counted(epochs, "epoch")}${
            maxIterations === undefined
              ? ""
              : ` and --max-iterations ${maxIterations}`
          }`
      }`,
    );
  }
  if (!isSameSoFar(recipe, longer, examples, iteration)) {
    throw new Error(
      `its schedule ${
        JSON.stringify(recipe.schedule)
      } depends on how long the training is, so it would have begun otherwise; a new run begins with its weights by --init`,
    );
  }
  return longer;
}

/** Whether two schedules are the same up to an iteration. */
function isSameSoFar(
  before: CompleteRecipe,
  after: CompleteRecipe,
  examples: number,
  iteration: number,
): boolean {
  const a = solverOptionsOf(before, examples).schedule;
  const b = solverOptionsOf(after, examples).schedule;
  for (let t = 0; t < iteration; t++) {
    if (a?.(t) !== b?.(t)) return false;
  }
  return true;
}
