// Copyright 2026 the Convlab authors. MIT license.

/**
 * The seam between a Solver and others that train the same model with it, each
 * on a part of every batch.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";

/** A row of things from `begin` up to, but not with, `end`. */
export interface Part {
  /** The first. */
  readonly begin: number;
  /** The one behind the last. */
  readonly end: number;
}

/**
 * How a solver trains a model together with others. All of them take the same
 * steps on the same batches, and call the same methods in the same order.
 */
export interface GradientReducer {
  /** Solvers that train together. */
  readonly size: number;
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

/** The reduction of one step's gradients, which a model drives in its backward pass. */
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
