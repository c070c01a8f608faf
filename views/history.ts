// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a training that is at hand, without a run's folder: its loss
 * and accuracies (cell 17 of the document).
 *
 * @module
 */

import type { Chart } from "../figures/chart.ts";
import { displayFigure } from "../figures/display.ts";

/** What a {@linkcode Solver} keeps of its training. */
export interface TrainingHistory {
  /** The loss of each iteration. */
  readonly lossHistory: readonly number[];
  /** The training accuracy at each check, from 0 to 1. */
  readonly trainAccHistory: readonly number[];
  /** The validation accuracy at each check; NaN without validation images. */
  readonly valAccHistory: readonly number[];
  /** Iterations of one epoch. */
  readonly iterationsPerEpoch: number;
}

/** Words above the figure of {@linkcode historyOf}. */
export interface HistoryOfOptions {
  /** What was trained. */
  readonly title?: string;
  /** On what, and how. */
  readonly subtitle?: string;
}

/**
 * Describes the history of a training: loss against iteration, and below it both
 * accuracies against epoch. A notebook shows it as a picture.
 *
 * @param history A solver, or what it keeps.
 * @throws {RangeError} If there was no iteration yet.
 *
 * @example
 * ```ts
 * import { historyOf } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const chart = historyOf({
 *   lossHistory: [2.3, 1.9, 1.4, 1.2],
 *   trainAccHistory: [0.1, 0.4, 0.6],
 *   valAccHistory: [0.1, 0.3, 0.5],
 *   iterationsPerEpoch: 2,
 * });
 * const [loss, accuracy] = chart.panels;
 * assertEquals(loss?.series[0]?.x, [1, 2, 3, 4]);
 * assertEquals(accuracy?.series[0]?.x, [0.5, 1, 2]);
 * ```
 */
export function historyOf(
  history: TrainingHistory,
  { title, subtitle }: HistoryOfOptions = {},
): Chart {
  const { lossHistory, trainAccHistory, valAccHistory } = history;
  if (lossHistory.length === 0) {
    throw new RangeError(
      "Cannot draw history: expected at least one iteration but found none",
    );
  }
  const epochs = epochsOfChecks(history);
  const accuracies = Object.entries({
    train: trainAccHistory,
    val: valAccHistory,
  }).filter(([, shares]) => !shares.every(Number.isNaN));
  return displayFigure({
    kind: "chart",
    ...title === undefined ? {} : { title },
    ...subtitle === undefined ? {} : { subtitle },
    panels: [
      {
        x: { title: "iteration", integer: true },
        y: { title: "loss", min: 0 },
        series: [{
          x: lossHistory.map((_, i) => i + 1),
          y: [...lossHistory],
          mark: "point",
        }],
      },
      {
        x: { title: epochs ? "epoch" : "check", integer: true },
        y: { title: "accuracy", unit: "%", min: 0, max: 100 },
        series: accuracies.map(([label, shares]) => ({
          label,
          x: epochs ?? shares.map((_, i) => i + 1),
          y: shares.map((share) => 100 * share),
          mark: "line+point",
        })),
      },
    ],
  });
}

/**
 * How many epochs were done at each check: a solver checks after the first
 * iteration, after each epoch and at the end. `undefined` where someone checked
 * besides.
 */
function epochsOfChecks(
  { lossHistory, trainAccHistory, iterationsPerEpoch }: TrainingHistory,
): number[] | undefined {
  const last = lossHistory.length;
  const epochs = lossHistory.map((_, i) => i + 1)
    .filter((t) => t === 1 || t === last || t % iterationsPerEpoch === 0)
    .map((t) => t / iterationsPerEpoch)
    .slice(0, trainAccHistory.length);
  return epochs.length === trainAccHistory.length ? epochs : undefined;
}
