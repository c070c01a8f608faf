// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a run's metrics hold, as the curves that are drawn of them.
 *
 * @module
 */

import type { Metric, RunFolder } from "../training/run_folder.ts";

/** The curves of a run. */
export interface RunCurves {
  /** The run's name. */
  readonly name: string;
  /** The data set's name for people. */
  readonly data: string;
  readonly trainingImages: number;
  /** Why the curves end where they do; empty for a run that came to its end. */
  readonly state: string;
  /** Iterations, from 1, and the loss and the learning rate of each. What is not known is NaN. */
  readonly iterations: readonly number[];
  readonly losses: readonly number[];
  readonly rates: readonly number[];
  /** Iterations of an epoch, where they are known. */
  readonly perEpoch: number | undefined;
  /** Epochs at which accuracies were checked, and these, 0 to 1. */
  readonly epochs: readonly number[];
  readonly train: readonly number[];
  readonly validation: readonly number[];
}

/**
 * Reads the curves of a run.
 *
 * @throws {Error} If the run has no iteration yet.
 */
export function runCurves(run: RunFolder): RunCurves {
  const metrics = run.readMetrics();
  const config = run.readConfig();
  const iterations = metrics.filter(isKind("iteration"));
  if (iterations.length === 0) {
    throw new Error(
      `Cannot draw curves: run "${run.name}" has no iteration yet`,
    );
  }
  const checks = metrics.filter(isKind("check"));
  const perEpoch = iterationsPerEpoch(checks);
  const last = iterations.at(-1)!;
  return {
    name: run.name,
    data: String(config.data ?? "unknown data"),
    trainingImages: Number(config.trainingImages ?? 0),
    state: stateOf(run, metrics, last),
    iterations: iterations.map(({ iteration }) => iteration),
    losses: iterations.map(({ loss }) => numberOr(loss)),
    rates: ratesOf(metrics, config.recipe, perEpoch),
    perEpoch,
    // The first check comes after the first iteration, not at epoch 0 exactly.
    epochs: checks.map(({ epoch }) => epoch),
    train: checks.map(({ trainAccuracy }) => numberOr(trainAccuracy)),
    validation: checks.map(({ valAccuracy }) => numberOr(valAccuracy)),
  };
}

/** JSON has null for NaN: the loss of a training that diverged, the accuracy of no images. */
function numberOr(value: number | null): number {
  return value ?? NaN;
}

function iterationsPerEpoch(
  checks: readonly { readonly epoch: number; readonly iteration: number }[],
): number | undefined {
  // A check that ends an epoch has a whole number of iterations for each.
  const ends = checks.filter(({ epoch, iteration }) =>
    epoch > 0 && iteration % epoch === 0
  );
  const [first] = ends;
  return first && first.iteration / first.epoch;
}

function stateOf(
  run: RunFolder,
  metrics: readonly Metric[],
  { iteration, loss }: { iteration: number; loss: number | null },
): string {
  if (metrics.some(({ kind }) => kind === "final")) return "";
  if (!Number.isFinite(loss ?? NaN)) {
    return `diverged at iteration ${iteration}`;
  }
  return isTraining(run)
    ? `training, at iteration ${iteration}`
    : `stopped after iteration ${iteration}`;
}

function isTraining(run: RunFolder): boolean {
  try {
    return run.isLocked();
  } catch {
    return false; // It may only be read.
  }
}

/** The learning rate of each iteration: as written there, or as the recipe and changes by hand have it. */
function ratesOf(
  metrics: readonly Metric[],
  recipe: unknown,
  perEpoch: number | undefined,
): number[] {
  const { learningRate = NaN, lrDecay = 1 } = (recipe ?? {}) as Record<
    string,
    number | undefined
  >;
  let rate = learningRate;
  const rates: number[] = [];
  for (const metric of metrics) {
    if (metric.kind === "learningRate") rate = metric.learningRate;
    if (metric.kind !== "iteration") continue;
    rates.push(metric.learningRate ?? rate);
    if (perEpoch && metric.iteration % perEpoch === 0) rate *= lrDecay;
  }
  return rates;
}

function isKind<K extends Metric["kind"]>(kind: K) {
  return (metric: Metric): metric is Extract<Metric, { kind: K }> =>
    metric.kind === kind;
}
