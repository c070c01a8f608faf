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
 *
 * @example The reducer of one that has no others
 * ```ts
 * import { type GradientReducer, RandomState, Solver, ThreeLayerConvNet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const part = (count: number) => ({ begin: 0, end: count });
 * const reducer: GradientReducer = {
 *   size: 1,
 *   learningRate: 0,
 *   part,
 *   begin: (batchSize) => ({ batchSize, part: part(batchSize), add() {}, finish: (loss) => loss }),
 *   sum() {},
 *   broadcast() {},
 *   first: (text) => text,
 * };
 * const x = new RandomState(1).randn([6, 1, 8, 8]);
 * const y = [0, 1, 2, 0, 1, 2];
 * const losses = [undefined, reducer].map((reducer) => {
 *   const random = new RandomState(2);
 *   const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8], random });
 *   const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
 *   return new Solver(model, data, { batchSize: 6, random, reducer }).step();
 * });
 * assertEquals(losses[0], losses[1]);
 * ```
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
