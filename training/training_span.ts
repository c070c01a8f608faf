// Copyright 2026 the Convlab authors. MIT license.

/**
 * Stretches of a training, in units that do not depend on how long it is.
 *
 * @module
 */

/**
 * A stretch of training: iterations as a number, or a text such as `"5%"` of
 * the whole training or `"2epochs"`, which is rounded to whole iterations.
 */
export type TrainingSpan = number | string;

/** How long a training is. */
export interface TrainingLength {
  /** Iterations of the whole. */
  readonly totalIterations: number;
  /** Iterations of an epoch, if known. */
  readonly iterationsPerEpoch: number | undefined;
}

/** A number, and `%` or `epochs` after it. */
const SPAN = /^(\d+(?:\.\d+)?)\s*(%|epochs?)$/;

/**
 * The iterations of a stretch.
 *
 * @param span The stretch.
 * @param name What it is of, for errors.
 * @param length How long the training is.
 * @throws {SyntaxError} If a text is no stretch.
 * @throws {RangeError} If it is in epochs and their length is not known.
 */
export function iterationsOf(
  span: TrainingSpan,
  name: string,
  length: TrainingLength,
): number {
  const { count, unit } = parseSpan(span, name);
  if (unit === "iterations") return count;
  const { totalIterations, iterationsPerEpoch } = length;
  if (unit === "%") return Math.round(count * totalIterations / 100);
  if (iterationsPerEpoch === undefined) {
    throw new RangeError(
      `Cannot make schedule: expected ${name} in iterations or percent, as the length of an epoch is not known, but found ${
        JSON.stringify(span)
      }`,
    );
  }
  return Math.round(count * iterationsPerEpoch);
}

/**
 * Checks a stretch as far as that is possible without knowing how long the
 * training is.
 *
 * @returns Its iterations, if it is in these, and otherwise a number that is never out of range.
 * @throws {SyntaxError} If a text is no stretch.
 */
export function checkSpan(span: TrainingSpan, name: string): number {
  const { count, unit } = parseSpan(span, name);
  return unit === "iterations" ? count : 1;
}

function parseSpan(
  span: TrainingSpan,
  name: string,
): { count: number; unit: "iterations" | "%" | "epochs" } {
  if (typeof span === "number") return { count: span, unit: "iterations" };
  const [, count, unit] = SPAN.exec(span.trim()) ?? [];
  if (count === undefined) {
    throw new SyntaxError(
      `Cannot make schedule: expected ${name} in iterations, percent ("5%") or epochs ("2epochs") but found ${
        JSON.stringify(span)
      }`,
    );
  }
  return { count: Number(count), unit: unit === "%" ? "%" : "epochs" };
}
