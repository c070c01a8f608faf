// Copyright 2026 the Convlab authors. MIT license.

/**
 * How fast a training goes, and how long it has to go.
 *
 * @module
 */

/** Time over which the speed is taken, in milliseconds. */
const WINDOW_MS = 5000;

/** Measures the speed of a training by a clock that stands still during pauses. */
export class Pace {
  readonly #clock: () => number;
  readonly #start: { time: number; iteration: number };
  #marks: { time: number; iteration: number }[];

  /**
   * @param iteration Iterations that are finished.
   * @param clock Milliseconds of training.
   */
  constructor(iteration: number, clock: () => number) {
    this.#clock = clock;
    this.#start = { time: clock(), iteration };
    this.#marks = [this.#start];
  }

  /** Notes how many iterations are finished now. */
  mark(iteration: number): void {
    const time = this.#clock();
    this.#marks.push({ time, iteration });
    // One that is older stays, so that the window is never shorter.
    while (this.#marks[1] && this.#marks[1].time < time - WINDOW_MS) {
      this.#marks.shift();
    }
  }

  /** Iterations in a second, of late; `undefined` before there are any. */
  get iterationsPerSecond(): number | undefined {
    return speed(this.#marks[0], this.#marks.at(-1));
  }

  /** Seconds until an iteration is finished, at the speed so far, checks of the accuracies included. */
  secondsUntil(iteration: number): number | undefined {
    const last = this.#marks.at(-1)!;
    const perSecond = speed(this.#start, last);
    return perSecond && Math.max(0, iteration - last.iteration) / perSecond;
  }
}

function speed(
  from: { time: number; iteration: number } | undefined,
  to: { time: number; iteration: number } | undefined,
): number | undefined {
  if (!from || !to || !(to.time > from.time)) return undefined;
  return 1000 * (to.iteration - from.iteration) / (to.time - from.time);
}
