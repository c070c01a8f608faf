// Copyright 2026 the Convlab authors. MIT license.

/**
 * Of when the parameters are that a training keeps.
 *
 * @module
 */

import type { RunRecord } from "./run_record.ts";
import { bestCheck, historyOf } from "./runs/history.ts";

/**
 * Such as `, of epoch 5`, or nothing where the last parameters are kept because
 * the recipe says so, or there are no validation images.
 *
 * @param run The run, with its checks.
 * @param keep What the recipe keeps.
 * @param iterationsPerEpoch Iterations of an epoch.
 */
export function keptMoment(
  run: Pick<RunRecord, "readMetrics">,
  keep: "best" | "last",
  iterationsPerEpoch: number,
): string {
  const best = bestCheck(historyOf(run.readMetrics()).checks);
  if (keep === "last" || best === undefined || !(best.valAccuracy > 0)) {
    return "";
  }
  const { epoch, iteration } = best;
  return iteration % iterationsPerEpoch === 0
    ? `, of epoch ${epoch}`
    : `, of iteration ${iteration}`;
}
