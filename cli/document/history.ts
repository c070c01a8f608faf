// Copyright 2026 the Convlab authors. MIT license.

/**
 * The random numbers that the document has drawn by the time it trains for an
 * epoch.
 *
 * @module
 */

import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";

/** The settings of cell 16. */
export const OVERFIT = {
  seed: 231,
  numTrain: 100,
  batchSize: 50,
  epochs: 15,
  weightScale: 1e-2,
  learningRate: 1e-3,
} as const;

/**
 * The generator as cell 16 leaves it and cell 18 goes on with it: seeded, the
 * weights of a network drawn, and then one batch for each iteration. Checks of
 * the accuracies drew nothing, since 100 images are all looked at.
 */
export function afterOverfitting(): RandomState {
  const { seed, numTrain, batchSize, epochs } = OVERFIT;
  const random = new RandomState(seed);
  new ThreeLayerConvNet({ random });
  const iterations = epochs * numTrain / batchSize;
  for (let i = 0; i < iterations; i++) random.choice(numTrain, batchSize);
  return random;
}
