// Copyright 2026 the Convlab authors. MIT license.

/**
 * How long a recipe's training is.
 *
 * @module
 */

import type { CompleteRecipe } from "./recipe.ts";

/** Iterations of a recipe's training, of the whole and of an epoch. */
export function trainingLengthOf(
  { epochs, batchSize, maxIterations = Infinity }: CompleteRecipe,
  examples: number,
): { readonly total: number; readonly iterationsPerEpoch: number } {
  const iterationsPerEpoch = Math.max(1, Math.floor(examples / batchSize));
  const total = Math.min(epochs * iterationsPerEpoch, maxIterations);
  return { total, iterationsPerEpoch };
}
