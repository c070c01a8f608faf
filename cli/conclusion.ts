// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a training ended, in words and as a metric.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import { kernelReport } from "../kernels/runtime.ts";
import type { Metric } from "../training/run_folder.ts";
import type { Solver } from "../training/solver.ts";
import type { Model } from "../training/solver_options.ts";
import { percent } from "../views/words.ts";
import type { Streams } from "./command.ts";
import { finalAccuracies } from "./final_accuracies.ts";
import { grouped } from "./words.ts";

/** Evaluates what was kept, and puts it into words. */
export async function conclude(
  solver: Solver,
  model: Model,
  { data, train, seconds, kept, ranks = 1, streams, signal }: {
    readonly data: DataSet;
    readonly train: DataSet["train"];
    readonly seconds: number;
    /** Of when the parameters are that are kept. */
    readonly kept: string;
    /** Ranks that trained together. */
    readonly ranks?: number | undefined;
    readonly streams: Streams;
    readonly signal: AbortSignal;
  },
): Promise<{ lines: string[]; metric: Metric }> {
  const sample = train.slice(0, Math.min(train.length, MAX_EVALUATED));
  const sets = [sample, data.validation, data.test] as const;
  const [trainAccuracy, valAccuracy, testAccuracy] = await finalAccuracies(
    solver,
    sets,
    signal,
    streams,
  );
  const parameters = Object.values(model.params)
    .reduce((n, { size }) => n + size, 0);
  const parts = [
    `training accuracy ${percent(trainAccuracy)} (of ${
      grouped(sample.length)
    } images)`,
    ...of("validation", valAccuracy, data.validation.length),
    ...of("test", testAccuracy, data.test.length),
  ];
  const images = solver.iteration === solver.numIterations
    ? `${grouped(train.length)} training images`
    : `${grouped(solver.iteration)} of ${
      grouped(solver.numIterations)
    } iterations`;
  const lines = [
    `${data.title}, ${images}, ${grouped(parameters)} parameters, ${
      seconds.toFixed(1)
    } s on ${machinery(ranks)}`,
    ...lastAccuracies(solver),
    `parameters kept${kept}: ${parts.join(", ")}`,
  ];
  const accuracies = { trainAccuracy, valAccuracy, testAccuracy };
  const { threads, mode } = kernelReport();
  const metric = {
    ...{ ...accuracies, seconds, threads, mode },
    ...(ranks > 1 ? { ranks } : {}),
  };
  return { lines, metric: { kind: "final", ...metric } };
}

function of(name: string, accuracy: number, count: number): string[] {
  return count === 0
    ? []
    : [`${name} ${percent(accuracy)} (${grouped(count)})`];
}

/** What the training ran on: threads, and turbo where it is in effect. */
function machinery(ranks: number): string {
  const { threads, mode } = kernelReport();
  const each = threads === 1 ? "1 thread" : `${threads} threads`;
  const count = ranks === 1 ? each : `${ranks} ranks of ${each}`;
  return mode === "default" ? count : `${count}, ${mode}`;
}

/** The last check's accuracies, if other parameters are kept than the last. */
function lastAccuracies(
  { trainAccHistory, valAccHistory, bestValAcc }: Solver,
) {
  const validation = valAccHistory.at(-1) ?? 0;
  if (validation === bestValAcc || Number.isNaN(validation)) return [];
  const training = trainAccHistory.at(-1) ?? 0;
  return [
    `at the end: training accuracy ${percent(training)}, validation ${
      percent(validation)
    }`,
  ];
}

/** Training images that the final training accuracy is taken of, the first ones. */
const MAX_EVALUATED = 10_000;
