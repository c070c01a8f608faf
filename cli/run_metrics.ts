// Copyright 2026 the Convlab authors. MIT license.

/**
 * The metrics of a training, as it writes them.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import {
  isGradientMoment,
  summarizeGradient,
} from "../training/gradient_summary.ts";
import type { Solver } from "../training/solver.ts";
import type { RunRecord } from "./run_record.ts";

/** Writes what happens in each iteration to a run's `metrics.jsonl`. */
export class RunMetrics {
  readonly #run: RunRecord;
  /** The learning rate of every iteration, where it is meant to stay as it is. */
  readonly #steadyRate: number | undefined;
  /** That of the iteration that is being taken. */
  #rate = 0;

  /** @param steadyRate The learning rate, unless it changes by itself; iterations then tell it only where it was changed by hand. */
  constructor(run: RunRecord, steadyRate: number | undefined) {
    this.#run = run;
    this.#steadyRate = steadyRate;
  }

  /** Takes note of an iteration's gradients, in the order of the parameters' names. */
  gradients(
    solver: Solver,
    names: readonly string[],
    grads: Readonly<Record<string, Tensor>>,
  ): void {
    this.#rate = solver.learningRate;
    const iteration = solver.iteration + 1;
    if (!isGradientMoment(iteration, solver.lastIteration)) return;
    const parameters = Object.fromEntries(
      names.map((name) => [name, summarizeGradient(grads[name]!)]),
    );
    this.#run.metric({ kind: "gradients", iteration, parameters });
  }

  /** Takes note of an iteration that is done. */
  iteration(iteration: number, loss: number): void {
    const isSteady = this.#rate === this.#steadyRate;
    this.#run.metric({
      kind: "iteration",
      iteration,
      loss,
      ...(isSteady ? {} : { learningRate: this.#rate }),
    });
  }
}
