// Copyright 2026 the Convlab authors. MIT license.

/**
 * The end of a training that gets no better.
 *
 * @module
 */

/** Options of EarlyStopping. */
export interface EarlyStoppingOptions {
  /** Checks without an improvement after which training stops. */
  readonly patience: number;
  /** By how much more than this the accuracy has to rise to count as better; 0 by default. */
  readonly minDelta?: number;
}

/** What a checkpoint holds of an {@linkcode EarlyStopping}; plain JSON. */
export interface EarlyStoppingState {
  /** The best accuracy so far, or `null` before the first check. */
  readonly best: number | null;
  /** Checks since then. */
  readonly checksSinceBest: number;
}

/**
 * Says when to stop: once the validation accuracy was not better than the best
 * for `patience` checks in a row. An accuracy that is NaN is not better.
 *
 * @example Two checks without an improvement are enough
 * ```ts
 * import { EarlyStopping } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const stopping = new EarlyStopping({ patience: 2 });
 * const accuracies = [0.5, 0.6, 0.6, 0.55];
 * assertEquals(accuracies.map((a) => stopping.update(a)), [false, false, false, true]);
 * ```
 */
export class EarlyStopping {
  readonly #patience: number;
  readonly #minDelta: number;
  #best: number | null = null;
  #checksSinceBest = 0;

  /**
   * Begins before the first check.
   *
   * @throws {RangeError} If patience is not a positive integer, or minDelta negative or infinite.
   */
  constructor({ patience, minDelta = 0 }: EarlyStoppingOptions) {
    if (!Number.isInteger(patience) || patience < 1) {
      throw new RangeError(
        `Cannot stop early: expected patience to be a positive integer but found ${patience}`,
      );
    }
    if (!(minDelta >= 0 && minDelta < Infinity)) {
      throw new RangeError(
        `Cannot stop early: expected minDelta to be finite and at least 0 but found ${minDelta}`,
      );
    }
    this.#patience = patience;
    this.#minDelta = minDelta;
  }

  /** What a checkpoint holds. */
  get state(): EarlyStoppingState {
    return { best: this.#best, checksSinceBest: this.#checksSinceBest };
  }

  /**
   * Takes note of a check.
   *
   * @param valAccuracy The accuracy, or anything else of which more is better.
   * @returns Whether to stop.
   */
  update(valAccuracy: number): boolean {
    if (valAccuracy > (this.#best ?? -Infinity) + this.#minDelta) {
      this.#best = valAccuracy;
      this.#checksSinceBest = 0;
    } else {
      this.#checksSinceBest++;
    }
    return this.#checksSinceBest >= this.#patience;
  }

  /**
   * Goes on from a saved state.
   *
   * @throws {TypeError} If it is no such state.
   */
  restore(state: EarlyStoppingState): void {
    const { best, checksSinceBest } = state;
    const fits = (best === null || typeof best === "number") &&
      Number.isInteger(checksSinceBest) && checksSinceBest >= 0;
    if (!fits) {
      throw new TypeError(
        `Cannot restore early stopping: expected best to be a number or null and checksSinceBest a non-negative integer but found ${
          JSON.stringify(state)
        }`,
      );
    }
    this.#best = best;
    this.#checksSinceBest = checksSinceBest;
  }
}
