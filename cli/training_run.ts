// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `train` and `overfit` do: training with a log, metrics and progress, in a
 * run folder.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import type { DataSet } from "../data/data_set.ts";
import { getThreads, kernelReport, setThreads } from "../kernels/runtime.ts";
import {
  ThreeLayerConvNet,
  type ThreeLayerConvNetOptions,
} from "../models/three_layer_conv_net.ts";
import type { RandomState } from "../numerics/random.ts";
import { RunFolder } from "../training/run_folder.ts";
import { Solver } from "../training/solver.ts";
import type { SolverOptions } from "../training/solver_options.ts";
import type { Streams } from "./command.ts";
import { listenForInterrupt } from "./exit.ts";
import { finalAccuracies } from "./final_accuracies.ts";
import { startProgress } from "./progress.ts";
import type { TrainingArguments } from "./training_options.ts";
import { grouped } from "./words.ts";

/** A training to be run. */
export interface TrainingPlan {
  /** The subcommand. */
  readonly command: string;
  /** The data set, and how many of its first training images to use. */
  readonly data: DataSet;
  readonly numTrain?: number;
  /** The network; its input and classes follow from the data. */
  readonly model: Omit<ThreeLayerConvNetOptions, "inputDim" | "numClasses">;
  /** The training. */
  readonly solver: SolverOptions;
  /** Where both draw from. */
  readonly random: RandomState;
  /** What else the configuration file should tell. */
  readonly settings: Record<string, unknown>;
}

/** Trains, and leaves a run folder behind. */
export async function runTraining(
  plan: TrainingPlan,
  args: TrainingArguments,
  streams: Streams,
): Promise<{ run: RunFolder; solver: Solver }> {
  if (args.threads !== undefined) setThreads(args.threads);
  const { command, data, random } = plan;
  const train = data.train.slice(0, plan.numTrain ?? data.train.length);
  const modelOptions = {
    ...plan.model,
    inputDim: train.imageShape,
    numClasses: data.classNames.length,
  };
  const run = RunFolder.create(args.runsDir, args.name ?? defaultName(command));
  run.writeConfig({
    convlab: config.version,
    command,
    dataset: data.name,
    data: data.title,
    trainingImages: train.length,
    model: modelOptions,
    ...plan.settings,
    threads: getThreads(),
    started: new Date().toISOString(),
  });
  const model = new ThreeLayerConvNet({ ...modelOptions, random });
  using interrupt = listenForInterrupt();
  const batchSize = plan.solver.batchSize ?? 100;
  const solver: Solver = new Solver(model, {
    xTrain: train,
    yTrain: train.labels,
    xVal: data.validation,
    yVal: data.validation.labels,
  }, {
    ...plan.solver,
    random,
    signal: interrupt.signal,
    log(line) {
      progress.log(line);
      run.log(line);
    },
    onIteration(iteration, loss) {
      run.metric({ kind: "iteration", iteration, loss });
      progress.update(iteration * batchSize, `loss ${loss.toFixed(3)}`);
      if (!Number.isFinite(loss)) {
        throw new Error(
          `Loss is ${loss} at iteration ${iteration}: training has diverged; try a smaller --learning-rate or --weight-scale`,
        );
      }
    },
    onCheck: (check) => run.metric({ kind: "check", ...check }),
  });
  using progress = startProgress({
    ...streams,
    total: solver.lastIteration * batchSize,
    unit: "images",
    label: "Training",
  });
  const start = performance.now();
  await solver.train();
  const seconds = (performance.now() - start) / 1000;
  progress.stop();
  run.writeParameters(model.params, {
    dataset: data.name,
    inputDim: JSON.stringify(train.imageShape),
  });
  const sample = train.slice(0, Math.min(train.length, MAX_EVALUATED));
  const sets = [sample, data.validation, data.test] as const;
  const [trainAccuracy, valAccuracy, testAccuracy] = await finalAccuracies(
    solver,
    sets,
    interrupt.signal,
    streams,
  );
  const accuracies = { trainAccuracy, valAccuracy, testAccuracy };
  run.metric({ kind: "final", ...accuracies, seconds });
  const summary = [
    `${data.title}, ${grouped(train.length)} training images, ${
      seconds.toFixed(1)
    } s on ${machinery()}`,
    ...lastAccuracies(solver),
    `parameters kept: training accuracy ${
      percent(accuracies.trainAccuracy)
    } (of ${grouped(sample.length)} images), validation ${
      percent(accuracies.valAccuracy)
    } (${grouped(data.validation.length)}), test ${
      percent(accuracies.testAccuracy)
    } (${grouped(data.test.length)})`,
  ];
  for (const line of summary) {
    streams.stdout.line(line);
    run.log(line);
  }
  return { run, solver };
}

/** What the training ran on: threads, and turbo where it is in effect. */
function machinery(): string {
  const { threads, mode } = kernelReport();
  const count = threads === 1 ? "1 thread" : `${threads} threads`;
  return mode === "turbo" ? `${count}, turbo` : count;
}

/** The last check's accuracies, if other parameters are kept than the last. */
function lastAccuracies(
  { trainAccHistory, valAccHistory, bestValAcc }: Solver,
) {
  const validation = valAccHistory.at(-1) ?? 0;
  if (validation === bestValAcc) return [];
  const training = trainAccHistory.at(-1) ?? 0;
  return [
    `at the end: training accuracy ${percent(training)}, validation ${
      percent(validation)
    }`,
  ];
}

/** Training images that the final training accuracy is taken of, the first ones. */
const MAX_EVALUATED = 10_000;

function defaultName(command: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return `${command}-${time}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
