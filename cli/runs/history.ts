// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a run's metrics tell: its losses, its checks of the accuracies, its end.
 *
 * @module
 */

import type { Metric } from "../../training/run_folder.ts";

/** One iteration; the loss of one that diverged is null, as JSON has it. */
export interface Loss {
  readonly iteration: number;
  readonly loss: number | null;
}

/** One check of the accuracies. */
export type Check = Omit<Extract<Metric, { kind: "check" }>, "kind">;
/** The accuracies of the parameters that were kept. */
export type Final = Omit<Extract<Metric, { kind: "final" }>, "kind">;

/** A run's metrics by kind; kinds that are not known here are left out. */
export interface History {
  readonly losses: readonly Loss[];
  readonly checks: readonly Check[];
  readonly final: Final | undefined;
}

/** Sorts metrics by kind. */
export function historyOf(metrics: readonly Metric[]): History {
  const losses: Loss[] = [];
  const checks: Check[] = [];
  let final: Final | undefined;
  for (const { kind, ...metric } of metrics) {
    if (kind === "iteration") losses.push(metric as Loss);
    else if (kind === "check") checks.push(metric as Check);
    else if (kind === "final") final = metric as Final;
  }
  return { losses, checks, final };
}

/** The check with the best validation accuracy, the first of several. */
export function bestCheck(checks: readonly Check[]): Check | undefined {
  let best: Check | undefined;
  for (const check of checks) {
    // Without validation images; JSON has null for NaN.
    if (check.valAccuracy === null) continue;
    if (!(check.valAccuracy <= (best?.valAccuracy ?? -1))) best = check;
  }
  return best;
}

/**
 * The mean loss of the iterations after `begin`, up to `end`; null if there is
 * none, or one was not finite.
 */
export function meanLoss(
  losses: readonly Loss[],
  begin: number,
  end: number,
): number | null {
  let sum = 0;
  let count = 0;
  for (const { iteration, loss } of losses) {
    if (iteration <= begin || iteration > end) continue;
    if (loss === null) return null;
    sum += loss;
    count++;
  }
  return count === 0 ? null : sum / count;
}

/** The last check up to an iteration. */
export function checkAt(
  checks: readonly Check[],
  iteration: number,
): Check | undefined {
  return checks.findLast((check) => check.iteration <= iteration);
}

/** At most `count` items, evenly spread, the first and the last among them. */
export function spread<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  const step = (items.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, i) => items[Math.round(i * step)]!);
}
