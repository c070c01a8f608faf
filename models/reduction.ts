// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a model drives in its backward pass where others train it too, each on a
 * part of the batch.
 *
 * @module
 */

import type { Part } from "../numerics/part.ts";
import type { Tensor } from "../numerics/tensor.ts";

/**
 * The reduction of one step's gradients. A model that is given one has a part of
 * the batch only: it divides the gradient of the loss by the size of the whole,
 * adds each gradient as soon as it is complete, and finishes before it adds what
 * does not depend on the examples, such as L2 regularisation.
 */
export interface Reduction {
  /** Examples of the whole batch: what the loss is an average over. */
  readonly batchSize: number;
  /** Where this solver's examples are in the batch. */
  readonly part: Part;
  /** Adds up statistics of the batch over all solvers, in place; missing where each normalises its own part. */
  readonly sumStatistics?: ((values: Float64Array) => void) | undefined;
  /**
   * Begins to add up a gradient over all solvers, in place. Nobody may touch it
   * until {@linkcode Reduction.finish} is back.
   */
  add(name: string, grad: Tensor): void;
  /**
   * Waits until all gradients are added up.
   *
   * @param loss What this solver's examples contribute to the loss.
   * @returns The loss of the whole batch.
   */
  finish(loss: number): number;
}
