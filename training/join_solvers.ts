// Copyright 2026 the Convlab authors. MIT license.

/**
 * Makes solvers that train together alike.
 *
 * @module
 */

import type { RandomState } from "../numerics/random.ts";
import type { GradientReducer } from "./gradient_reducer.ts";
import type { Model } from "./solver_options.ts";

/**
 * Gives a model, and what batches are drawn with, the state that they have with
 * the first solver, so that others need not be made from the same seeds.
 */
export function joinSolvers(
  reducer: GradientReducer,
  model: Model,
  random: RandomState,
): void {
  reducer.broadcast(learned(model));
  // JSON keeps all numbers of a generator's state.
  const states = [random.getState(), model.getGeneratorState?.() ?? null];
  const [batches, dropout] = JSON.parse(reducer.first(JSON.stringify(states))!);
  random.setState(batches);
  model.setGeneratorState?.(dropout ?? undefined);
}

/** What a model has learned: parameters and running statistics. */
export function learned({ params, buffers = {} }: Model) {
  return [...Object.values(params), ...Object.values(buffers)];
}
