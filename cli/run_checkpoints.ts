// Copyright 2026 the Convlab authors. MIT license.

/**
 * The checkpoints of a run: the solver's state, how far the run's files had
 * grown, and how long it had trained.
 *
 * @module
 */

import * as v from "valibot";
import type { Checkpoint } from "../training/checkpoints.ts";
import { isFinite } from "../training/non_finite_loss.ts";
import type { RunLengths } from "../training/run_folder.ts";
import type { Solver } from "../training/solver.ts";
import type { Model } from "../training/solver_options.ts";
import type { RunRecord } from "./run_record.ts";
import type { CheckpointPlan } from "./training_plan.ts";

/** What a checkpoint tells besides tensors. */
const RunState = v.object({
  solver: v.record(v.string(), v.unknown()),
  lengths: v.object({ log: v.number(), metrics: v.number() }),
  seconds: v.number(),
});

/** Writes checkpoints where a plan asks for them. */
export class RunCheckpoints {
  readonly #run: RunRecord;
  readonly #model: Model;
  readonly #every: number;
  readonly #store: ReturnType<RunRecord["checkpoints"]> | undefined;
  #written = 0;
  #best = 0;

  /** @param plan When checkpoints are written; by default none are. */
  constructor(run: RunRecord, model: Model, plan: CheckpointPlan | undefined) {
    this.#run = run;
    this.#model = model;
    this.#every = plan?.every ?? Infinity;
    this.#store = plan && run.checkpoints({ keep: plan.keep ?? 2 });
  }

  /** Whether any are written. */
  get areWritten(): boolean {
    return this.#store !== undefined;
  }

  /**
   * Takes up where a checkpoint was written.
   *
   * @returns How far the run's files had grown, and the seconds of training.
   * @throws {TypeError} If it is of something else.
   */
  restore(
    solver: Solver,
    { iteration, tensors, state }: Checkpoint,
  ): { lengths: RunLengths; seconds: number } {
    const { success, output } = v.safeParse(RunState, state);
    if (!success) {
      throw new TypeError(
        `Cannot resume run "${this.#run.name}": expected a checkpoint of a run but found another one`,
      );
    }
    solver.setState({ tensors, state: output.solver });
    this.#written = iteration;
    this.#best = solver.bestValAcc;
    return output;
  }

  /** Writes one if this iteration ends an epoch or the training, or its turn has come. */
  saveIfDue(solver: Solver, seconds: number): void {
    const { iteration, iterationsPerEpoch, lastIteration } = solver;
    if (
      iteration % this.#every === 0 || iteration % iterationsPerEpoch === 0 ||
      iteration === lastIteration
    ) this.save(solver, seconds);
  }

  /** Writes one, unless that has been done. */
  save(solver: Solver, seconds: number): void {
    const { iteration, bestValAcc } = solver;
    if (!this.#store || this.#written === iteration) return;
    // From such parameters no training goes on, as the next iteration tells.
    if (!Object.values(this.#model.params).every(isFinite)) return;
    const { tensors, state } = solver.getState();
    const lengths = { ...this.#run.lengths() };
    this.#store.write({
      ...{ iteration, tensors },
      state: { solver: state, lengths, seconds },
    }, { best: bestValAcc > this.#best });
    this.#written = iteration;
    this.#best = bestValAcc;
  }
}
