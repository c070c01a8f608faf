// Copyright 2026 the Convlab authors. MIT license.

/**
 * Learning-rate schedules: by what factor the learning rate is multiplied at an
 * iteration. They are pure functions, so a run that goes on after a break needs
 * no more than the number of its iteration.
 *
 * @module
 */

/**
 * The factor of the learning rate at an iteration.
 *
 * @param iteration How many iterations are finished: 0 at the first.
 */
export type LearningRateSchedule = (iteration: number) => number;

/** Options of stepSchedule; one of `every` and `milestones` is to be given. */
export interface StepScheduleOptions {
  /** Iterations from one step to the next. */
  readonly every?: number;
  /** The iterations at which the steps are, in any order. */
  readonly milestones?: readonly number[];
  /** What each step multiplies the learning rate by; 0.1 by default. */
  readonly factor?: number;
}

/** Options of cosineSchedule. */
export interface CosineScheduleOptions {
  /** Iterations of the whole training. */
  readonly total: number;
  /** Iterations in which the rate rises, before the cosine; 0 by default. */
  readonly warmup?: number;
  /** The factor that the rise begins with; 0.04 by default. */
  readonly startFactor?: number;
  /** The factor after the last iteration; 0 by default. */
  readonly final?: number;
}

/** Options of oneCycleSchedule. */
export interface OneCycleScheduleOptions {
  /** Iterations of the whole training. */
  readonly total: number;
  /** The part of the training that ends with the peak; 0.3 by default. */
  readonly peakAt?: number;
  /** The factor at the first iteration; 0.04 by default. */
  readonly startFactor?: number;
  /** The factor at the last iteration; 1e-4 by default. */
  readonly endFactor?: number;
}

/** Options of warmUp. */
export interface WarmUpOptions {
  /** Iterations in which the rate rises. */
  readonly iterations: number;
  /** The factor that it begins with; 0.04 by default. */
  readonly startFactor?: number;
}

/** Where a rise begins, unless something else is said; that of PyTorch's OneCycleLR. */
const START_FACTOR = 1 / 25;

/** The learning rate as it is given, always. */
export function constantSchedule(): LearningRateSchedule {
  return () => 1;
}

/**
 * The learning rate falls in steps, as in PyTorch's StepLR (`every`) and
 * MultiStepLR (`milestones`): it is `factorⁿ` after n steps.
 *
 * @throws {TypeError} If not exactly one of `every` and `milestones` is given.
 * @throws {RangeError} If `every` is not a positive integer, a milestone not a non-negative one, or `factor` not positive and finite.
 *
 * @example A tenth of the rate from iteration 100 on, a hundredth from 150 on
 * ```ts
 * import { stepSchedule } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const schedule = stepSchedule({ milestones: [100, 150] });
 * assertAlmostEquals(schedule(99), 1);
 * assertAlmostEquals(schedule(100), 0.1);
 * assertAlmostEquals(schedule(150), 0.01);
 * ```
 */
export function stepSchedule(
  options: StepScheduleOptions,
): LearningRateSchedule {
  const { every, milestones, factor = 0.1 } = options;
  check("factor", factor, "positive and finite", factor > 0);
  if ((every === undefined) === (milestones === undefined)) {
    throw new TypeError(
      `Cannot make schedule: expected one of every and milestones but found ${
        every === undefined ? "neither" : "both"
      }`,
    );
  }
  if (every !== undefined) {
    checkCount("every", every, 1);
    return (iteration) => factor ** Math.floor(iteration / every);
  }
  const steps = [...milestones!];
  for (const step of steps) checkCount("each milestone", step, 0);
  return (iteration) =>
    factor ** steps.filter((step) => step <= iteration).length;
}

/**
 * The learning rate falls along half a cosine wave (Loshchilov and Hutter,
 * 2017), from 1 after the warm-up to `final` after the last iteration, as in
 * PyTorch's CosineAnnealingLR: `final + (1 - final) · (1 + cos(π · t)) / 2`,
 * where t goes from 0 to 1. In the warm-up it rises on a straight line.
 *
 * @throws {RangeError} If `total` is not a positive integer, `warmup` not an integer from 0 and less than `total`, or a factor negative or infinite.
 *
 * @example Halfway, half the rate
 * ```ts
 * import { cosineSchedule } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const schedule = cosineSchedule({ total: 1000 });
 * assertAlmostEquals(schedule(0), 1);
 * assertAlmostEquals(schedule(500), 0.5);
 * assertAlmostEquals(schedule(1000), 0);
 * ```
 */
export function cosineSchedule(
  options: CosineScheduleOptions,
): LearningRateSchedule {
  const { total, warmup = 0, startFactor = START_FACTOR, final = 0 } = options;
  checkCount("total", total, 1);
  checkCount("warmup", warmup, 0);
  checkFactors({ startFactor, final });
  check("warmup", warmup, `less than total (${total})`, warmup < total);
  return (iteration) => {
    if (iteration < warmup) return line(startFactor, 1, iteration / warmup);
    return wave(1, final, (iteration - warmup) / (total - warmup));
  };
}

/**
 * One cycle (Smith and Topin, 2018): the learning rate rises to its maximum and
 * falls to nearly nothing, both along half a cosine wave, as in PyTorch's
 * OneCycleLR. The factors are relative to the maximum, which is the learning
 * rate that is given.
 *
 * PyTorch's `pct_start` is `peakAt`, its `div_factor` is `1 / startFactor`, and
 * its `final_div_factor` is `startFactor / endFactor`. The peak is at iteration
 * `peakAt · total - 1`, between two if that is no integer.
 *
 * @throws {RangeError} If `total` is not a positive integer, `peakAt` not from 0 to 1, or a factor negative or infinite.
 *
 * @example A cycle of 100 iterations
 * ```ts
 * import { oneCycleSchedule } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const schedule = oneCycleSchedule({ total: 100, peakAt: 0.25 });
 * assertAlmostEquals(schedule(0), 1 / 25);
 * assertAlmostEquals(schedule(24), 1);
 * assertAlmostEquals(schedule(99), 1e-4);
 * ```
 */
export function oneCycleSchedule(
  options: OneCycleScheduleOptions,
): LearningRateSchedule {
  const { total, peakAt = 0.3, startFactor = START_FACTOR, endFactor = 1e-4 } =
    options;
  checkCount("total", total, 1);
  check("peakAt", peakAt, "from 0 to 1", peakAt >= 0 && peakAt <= 1);
  checkFactors({ startFactor, endFactor });
  const peak = peakAt * total - 1;
  const fall = total - 1 - peak;
  return (iteration) => {
    if (peak > 0 && iteration <= peak) {
      return wave(startFactor, 1, iteration / peak);
    }
    return wave(1, endFactor, fall > 0 ? (iteration - peak) / fall : 0);
  };
}

/**
 * A schedule that rises at its beginning: its factor is multiplied by one that
 * goes from `startFactor` to 1 on a straight line, as PyTorch's LinearLR chained
 * to it. What the schedule does at later iterations stays where it is.
 *
 * @throws {RangeError} If `iterations` is not a non-negative integer, or `startFactor` negative or infinite.
 *
 * @example Warm up for 10 iterations
 * ```ts
 * import { constantSchedule, warmUp } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const schedule = warmUp(constantSchedule(), { iterations: 10, startFactor: 0.2 });
 * assertAlmostEquals(schedule(0), 0.2);
 * assertAlmostEquals(schedule(5), 0.6);
 * assertAlmostEquals(schedule(10), 1);
 * ```
 */
export function warmUp(
  schedule: LearningRateSchedule,
  options: WarmUpOptions,
): LearningRateSchedule {
  const { iterations, startFactor = START_FACTOR } = options;
  checkCount("iterations", iterations, 0);
  checkFactors({ startFactor });
  return (iteration) =>
    iteration < iterations
      ? schedule(iteration) * line(startFactor, 1, iteration / iterations)
      : schedule(iteration);
}

/** On a straight line from `start` at t = 0 to `end` at t = 1. */
function line(start: number, end: number, t: number): number {
  return start + (end - start) * t;
}

/** Along half a cosine wave from `start` at t = 0 to `end` from t = 1 on. */
function wave(start: number, end: number, t: number): number {
  if (t >= 1) return end;
  return end + (start - end) / 2 * (1 + Math.cos(Math.PI * t));
}

function checkFactors(factors: Record<string, number>): void {
  for (const [name, factor] of Object.entries(factors)) {
    check(name, factor, "finite and at least 0", factor >= 0);
  }
}

function checkCount(name: string, count: number, least: 0 | 1): void {
  const kind = least === 1 ? "a positive integer" : "a non-negative integer";
  check(name, count, kind, Number.isInteger(count) && count >= least);
}

/** Checks a number, which is to be finite in any case. */
function check(
  name: string,
  value: number,
  kind: string,
  holds: boolean,
): void {
  if (!holds || !Number.isFinite(value)) {
    throw new RangeError(
      `Cannot make schedule: expected ${name} to be ${kind} but found ${value}`,
    );
  }
}
