// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `train` and `overfit` have in common: data, a run folder, training with
 * a log, metrics and progress, and the last word on the accuracies.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import type { DataSet } from "../data/data_set.ts";
import type { ImageSet } from "../data/image_set.ts";
import { loadDataSet } from "../data/load_data_set.ts";
import { getThreads, setThreads } from "../kernels/runtime.ts";
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
import { startProgress } from "./progress.ts";

/** Options of every subcommand that trains. */
export const TRAINING_OPTIONS = {
  dataset: {
    kind: "choice",
    choices: ["cifar10", "fashion-mnist"],
    help:
      "Data set; by default CIFAR-10 where it is found, and else the built-in sample of Fashion-MNIST",
  },
  dataDir: {
    kind: "string",
    placeholder: "DIR",
    help: "Folder with the data set's files",
  },
  name: {
    kind: "string",
    placeholder: "NAME",
    help: "Name of the run; by default made of the subcommand and the time",
  },
  runsDir: {
    kind: "string",
    placeholder: "DIR",
    default: "runs",
    help: "Folder of all runs",
  },
  threads: {
    kind: "integer",
    min: 1,
    max: 256,
    help: "Threads; by default one for each core. Results do not depend on it",
  },
} as const;

/** Values of {@linkcode TRAINING_OPTIONS}. */
export interface TrainingArguments {
  readonly dataset: "cifar10" | "fashion-mnist" | undefined;
  readonly dataDir: string | undefined;
  readonly name: string | undefined;
  readonly runsDir: string;
  readonly threads: number | undefined;
}

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

/** Loads the data that the options ask for, and says which it is if Convlab chose. */
export async function loadData(
  { dataset, dataDir }: Pick<TrainingArguments, "dataset" | "dataDir">,
  { stderr }: Streams,
): Promise<DataSet> {
  const { data, notice } = await loadDataSet({ dataset, dataDir });
  if (notice) stderr.line(notice);
  return data;
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
  const [trainAccuracy, valAccuracy, testAccuracy] = await evaluate(
    solver,
    sets,
    interrupt.signal,
    streams,
  );
  const accuracies = { trainAccuracy, valAccuracy, testAccuracy };
  run.metric({ kind: "final", ...accuracies, seconds });
  const summary = [
    `${data.title}, ${count(train.length)} training images, ${
      seconds.toFixed(1)
    } s`,
    ...lastAccuracies(solver),
    `parameters kept: training accuracy ${
      percent(accuracies.trainAccuracy)
    } (of ${count(sample.length)} images), validation ${
      percent(accuracies.valAccuracy)
    } (${count(data.validation.length)}), test ${
      percent(accuracies.testAccuracy)
    } (${count(data.test.length)})`,
  ];
  for (const line of summary) {
    streams.stdout.line(line);
    run.log(line);
  }
  return { run, solver };
}

/** The accuracies on three sets of images. */
async function evaluate(
  solver: Solver,
  sets: readonly [ImageSet, ImageSet, ImageSet],
  signal: AbortSignal,
  streams: Streams,
): Promise<readonly [number, number, number]> {
  const total = sets.reduce((n, { length }) => n + length, 0);
  using progress = startProgress({
    ...streams,
    total,
    unit: "images",
    label: "Evaluating",
  });
  let done = 0;
  const accuracyOn = async (images: ImageSet) => {
    let right = 0;
    for (let at = 0; at < images.length; at += EVALUATED_AT_ONCE) {
      const part = images.slice(
        at,
        Math.min(images.length, at + EVALUATED_AT_ONCE),
      );
      right += solver.accuracy(part, part.labels) * part.length;
      progress.update(done += part.length);
      // Ctrl-C gets its turn.
      await new Promise((resolve) => setTimeout(resolve));
      signal.throwIfAborted();
    }
    return Math.round(right) / images.length;
  };
  const [train, validation, test] = sets;
  return [
    await accuracyOn(train),
    await accuracyOn(validation),
    await accuracyOn(test),
  ];
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

/** Images that are evaluated between two moves of the progress bar. */
const EVALUATED_AT_ONCE = 500;

/** Training images that the final training accuracy is taken of, the first ones. */
const MAX_EVALUATED = 10_000;

function defaultName(command: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return `${command}-${time}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function count(n: number): string {
  return n.toLocaleString("en-US");
}
