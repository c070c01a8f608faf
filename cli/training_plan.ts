// Copyright 2026 the Convlab authors. MIT license.

/**
 * What is to be trained, and how.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import type { Communicator } from "../distributed/communicator.ts";
import type { LiveAddress } from "../live/live_page.ts";
import type { RandomState } from "../numerics/random.ts";
import type { CompleteRecipe } from "../training/recipe.ts";

/** A training to be run. */
export interface TrainingPlan {
  /** The data set, and how many of its first training images to use. */
  readonly data: DataSet;
  /** By default all. */
  readonly numTrain?: number | undefined;
  /** What is trained, and how. */
  readonly recipe: CompleteRecipe;
  /** Precision of the initial parameters, where it is not the recipe's. */
  readonly parameterType?: "float32" | undefined;
  /** Where model and training draw from. */
  readonly random: RandomState;
  /** Whether checkpoints are written, and how often besides after each epoch. */
  readonly checkpoints?: CheckpointPlan | undefined;
  /** Where a page is served on which the training can be watched and steered; by default none is. */
  readonly live?: LiveAddress | undefined;
  /** The connection to other ranks, where some train the same model. */
  readonly ranks?: Communicator | undefined;
  /** Called before anything is trained, once a checkpoint has been taken up if there is one. */
  readonly onResumed?: (() => void) | undefined;
}

/** When checkpoints are written, and how many are kept. */
export interface CheckpointPlan {
  /** Iterations between two of them, besides those at the end of each epoch. */
  readonly every?: number;
  /** How many are kept, besides the best. */
  readonly keep?: number;
}
