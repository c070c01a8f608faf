// Copyright 2026 the Convlab authors. MIT license.

/**
 * Learning-rate schedules as JSON, for recipes: what kind of schedule, and its
 * numbers, independent of how long a training is.
 *
 * @module
 */

import {
  constantSchedule,
  cosineSchedule,
  type LearningRateSchedule,
  oneCycleSchedule,
  stepSchedule,
  warmUp,
} from "./schedules.ts";
import { checkSpan, iterationsOf, type TrainingSpan } from "./training_span.ts";

/** A learning-rate schedule; see the function of each kind for its numbers. */
export type ScheduleConfig =
  | {
    readonly kind: "constant";
    readonly warmup?: TrainingSpan;
    readonly startFactor?: number;
  }
  | {
    readonly kind: "step";
    readonly every?: TrainingSpan;
    readonly milestones?: readonly TrainingSpan[];
    readonly factor?: number;
    readonly warmup?: TrainingSpan;
    readonly startFactor?: number;
  }
  | {
    readonly kind: "cosine";
    readonly warmup?: TrainingSpan;
    readonly startFactor?: number;
    readonly final?: number;
  }
  | {
    readonly kind: "one-cycle";
    readonly peakAt?: number;
    readonly startFactor?: number;
    readonly endFactor?: number;
  };

/** The kinds of schedules. */
export type ScheduleKind = ScheduleConfig["kind"];

/** What the value of a key is. */
type ValueKind = "number" | "span" | "spans";

/** The keys of each kind of schedule besides `kind`. */
export const SCHEDULE_KEYS: Readonly<
  Record<ScheduleKind, Readonly<Record<string, ValueKind>>>
> = {
  "constant": { warmup: "span", startFactor: "number" },
  "step": {
    every: "span",
    milestones: "spans",
    factor: "number",
    warmup: "span",
    startFactor: "number",
  },
  "cosine": { warmup: "span", startFactor: "number", final: "number" },
  "one-cycle": {
    peakAt: "number",
    startFactor: "number",
    endFactor: "number",
  },
};

/** Long enough for any check that does not depend on how long a training is. */
const ANY_LENGTH = 1e9;

/**
 * Checks a schedule that was read from JSON, as far as that is possible without
 * knowing how long the training is.
 *
 * @param value What was read.
 * @returns The same.
 * @throws {TypeError} If it is not an object, its kind or a key is unknown, or a value is of the wrong type.
 * @throws {RangeError} If a number is out of range.
 * @throws {SyntaxError} If a text is not a stretch of training.
 *
 * @example A recipe's schedule
 * ```ts
 * import { checkSchedule } from "@convlab/convlab";
 * import { assertThrows } from "@std/assert";
 *
 * checkSchedule(JSON.parse('{ "kind": "one-cycle", "peakAt": 0.25 }'));
 * assertThrows(() => checkSchedule({ kind: "one-cycle", peakAt: 25 }), RangeError);
 * ```
 */
export function checkSchedule(value: unknown): ScheduleConfig {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      `Cannot make schedule: expected an object but found ${
        JSON.stringify(value)
      }`,
    );
  }
  const { kind, ...rest } = value as Record<string, unknown>;
  if (typeof kind !== "string" || !Object.hasOwn(SCHEDULE_KEYS, kind)) {
    throw new TypeError(
      `Cannot make schedule: expected kind to be one of ${
        Object.keys(SCHEDULE_KEYS).join(", ")
      } but found ${JSON.stringify(kind)}`,
    );
  }
  const keys = SCHEDULE_KEYS[kind as ScheduleKind];
  for (const [key, entry] of Object.entries(rest)) {
    if (!Object.hasOwn(keys, key)) {
      throw new TypeError(
        `Cannot make schedule: expected the numbers of ${kind} to be among ${
          Object.keys(keys).join(", ")
        } but found ${JSON.stringify(key)}`,
      );
    }
    if (entry !== undefined) checkValue(key, entry, keys[key]!);
  }
  const config = value as ScheduleConfig;
  build(config, checkSpan, ANY_LENGTH);
  return config;
}

/**
 * The schedule that a configuration describes, for a training of some length.
 *
 * @param config The schedule, checked as {@linkcode checkSchedule} does.
 * @param totalIterations Iterations of the whole training.
 * @param iterationsPerEpoch Those of an epoch, if known; needed for stretches in epochs.
 * @throws {TypeError} If the configuration is wrong, as {@linkcode checkSchedule} has it.
 * @throws {RangeError} If a number is out of range, also for this length.
 * @throws {SyntaxError} If a text is not a stretch of training.
 *
 * @example One cycle with its peak after a quarter
 * ```ts
 * import { makeSchedule } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const schedule = makeSchedule({ kind: "one-cycle", peakAt: 0.25 }, 8000);
 * assertEquals(schedule(1999), 1);
 * ```
 */
export function makeSchedule(
  config: ScheduleConfig,
  totalIterations: number,
  iterationsPerEpoch?: number,
): LearningRateSchedule {
  const length = { totalIterations, iterationsPerEpoch };
  return build(
    checkSchedule(config),
    (span, name) => iterationsOf(span, name, length),
    totalIterations,
  );
}

/** Makes a schedule, given what a stretch is in iterations. */
function build(
  config: ScheduleConfig,
  iterations: (span: TrainingSpan, name: string) => number,
  total: number,
): LearningRateSchedule {
  if (config.kind === "one-cycle") {
    const { kind: _, ...numbers } = config;
    return oneCycleSchedule({ ...numbers, total });
  }
  const { warmup: span, startFactor } = config;
  const warmup = span === undefined ? 0 : iterations(span, "warmup");
  const start = startFactor === undefined ? {} : { startFactor };
  if (config.kind === "cosine") {
    const { final = 0 } = config;
    return cosineSchedule({ ...start, total, warmup, final });
  }
  if (warmup >= total) {
    throw new RangeError(
      `Cannot make schedule: expected warmup to be less than total (${total}) but found ${warmup}`,
    );
  }
  const schedule = config.kind === "step"
    ? buildSteps(config, iterations)
    : constantSchedule();
  return warmUp(schedule, { ...start, iterations: warmup });
}

function buildSteps(
  config: ScheduleConfig & { kind: "step" },
  iterations: (span: TrainingSpan, name: string) => number,
): LearningRateSchedule {
  const { every, milestones, factor = 0.1 } = config;
  return stepSchedule({
    factor,
    ...(every === undefined ? {} : { every: iterations(every, "every") }),
    ...(milestones === undefined ? {} : {
      milestones: milestones.map((span) => iterations(span, "milestones")),
    }),
  });
}

function checkValue(name: string, value: unknown, kind: ValueKind): void {
  const fits = (entry: unknown) =>
    typeof entry === "number" || kind !== "number" && typeof entry === "string";
  if (
    kind === "spans" ? Array.isArray(value) && value.every(fits) : fits(value)
  ) {
    return;
  }
  const words = {
    number: "a number",
    span: 'iterations or a text such as "5%"',
    spans: 'a list of iterations or of texts such as "5%"',
  };
  throw new TypeError(
    `Cannot make schedule: expected ${name} to be ${words[kind]} but found ${
      JSON.stringify(value)
    }`,
  );
}
