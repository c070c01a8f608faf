// Copyright 2026 the Convlab authors. MIT license.

/**
 * The seam between a Solver and others that train the same model with it, each
 * on a part of every batch.
 *
 * @module
 */

import type { Reduction } from "../models/reduction.ts";
import type { Part } from "../numerics/part.ts";
import type { Tensor } from "../numerics/tensor.ts";

export type { Part, Reduction };

/**
 * How a solver trains a model together with others. All of them take the same
 * steps on the same batches, and call the same methods in the same order.
 */
export interface GradientReducer {
  /** Solvers that train together. */
  readonly size: number;
  /**
   * The learning rate, before a schedule, that a solver begins a step with; once
   * the step's reduction is finished, that of the first solver, which all go by.
   */
  learningRate: number;
  /** The part of `count` things in a row that is this solver's; parts follow one another, and differ by one at most. */
  part(count: number): Part;
  /** Begins a step on a batch of `batchSize` examples, of which this solver has its part. */
  begin(batchSize: number): Reduction;
  /** Adds numbers up over all solvers, in place; each then has the same bytes. */
  sum(values: Float64Array): void;
  /** Takes the values of tensors from the first solver, in place. */
  broadcast(tensors: readonly Tensor[]): void;
  /** The first text that any solver has, in their order. */
  first(text: string | undefined): string | undefined;
}
