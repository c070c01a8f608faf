// Copyright 2026 the Convlab authors. MIT license.

/**
 * The learning rate of a training as it goes on.
 *
 * @module
 */

import type { GradientReducer } from "./gradient_reducer.ts";
import type { OptimState } from "./optim_state.ts";
import type { LearningRateSchedule } from "./schedules.ts";

/** A rate, what a schedule makes of it, and the update rules that go by it. */
export class LearningRate {
  /** The rate before the schedule. */
  base: number;
  readonly #schedule: LearningRateSchedule | undefined;
  readonly #states: Readonly<Record<string, OptimState>>;

  /** Begins with what the states of the update rules have. */
  constructor(
    base: number,
    schedule: LearningRateSchedule | undefined,
    states: Readonly<Record<string, OptimState>>,
  ) {
    this.base = base;
    this.#schedule = schedule;
    this.#states = states;
  }

  /** The rate after so many iterations. */
  at(iteration: number): number {
    return this.base * this.#factor(iteration);
  }

  /** Changes the rate that the schedule has come to after so many iterations. */
  set(iteration: number, value: number): void {
    if (!(value > 0 && value < Infinity)) {
      throw new RangeError(
        `Cannot set learning rate: expected a positive number but found ${value}`,
      );
    }
    const factor = this.#factor(iteration);
    if (!(factor > 0)) {
      throw new RangeError(
        `Cannot set learning rate: expected the schedule to give a positive factor after iteration ${iteration} but found ${factor}`,
      );
    }
    this.base = value / factor;
    this.#apply(() => value);
  }

  /** Lets the update rules go by what the schedule gives after so many iterations. */
  follow(iteration: number): void {
    if (this.#schedule) this.#apply(() => this.at(iteration));
  }

  /** Takes the rate of the first solver, which may have been set by hand. */
  takeFrom({ learningRate }: GradientReducer, iteration: number): void {
    if (learningRate === this.base) return;
    this.base = learningRate;
    this.#apply(() => this.at(iteration));
  }

  /** Multiplies the rate. */
  decay(factor: number): void {
    this.base *= factor;
    this.#apply((learningRate) => learningRate * factor);
  }

  #factor(iteration: number): number {
    return this.#schedule?.(iteration) ?? 1;
  }

  #apply(next: (learningRate: number) => number): void {
    for (const state of Object.values(this.#states)) {
      const learningRate = next(state.config.learningRate!);
      state.config = { ...state.config, learningRate };
    }
  }
}
