// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `train` and `overfit` do: training with a log, metrics, checkpoints and
 * progress, in a run folder, from its beginning or from where it was left.
 *
 * @module
 */

import { dirname } from "@std/path";
import type { DataSet } from "../data/data_set.ts";
import { isDataSetName } from "../data/load_data_set.ts";
import { kernelReport, setThreads } from "../kernels/runtime.ts";
import type { RandomState } from "../numerics/random.ts";
import { isFinite } from "../training/non_finite_loss.ts";
import type { Checkpoint } from "../training/checkpoints.ts";
import {
  isGradientMoment,
  summarizeGradient,
} from "../training/gradient_summary.ts";
import { initParameters } from "../training/init_parameters.ts";
import { NonFiniteLossError } from "../training/non_finite_loss.ts";
import type { CompleteRecipe } from "../training/recipe.ts";
import { modelOf, solverOptionsOf } from "../training/recipe_training.ts";
import {
  type Metric,
  RunFolder,
  type RunLengths,
} from "../training/run_folder.ts";
import { Solver } from "../training/solver.ts";
import type { Model } from "../training/solver_options.ts";
import type { Streams } from "./command.ts";
import { Interrupted, listenForInterrupt } from "./exit.ts";
import { finalAccuracies } from "./final_accuracies.ts";
import { invocation } from "./invocation.ts";
import { startProgress } from "./progress.ts";
import { RUN_OPTIONS } from "./training_options.ts";
import { grouped } from "./words.ts";

/** A training to be run. */
export interface TrainingPlan {
  /** The data set, and how many of its first training images to use. */
  readonly data: DataSet;
  /** By default all. */
  readonly numTrain?: number | undefined;
  /** What is trained, and how. */
  readonly recipe: CompleteRecipe;
  /** Precision of the initial parameters, where it is not the recipe's. */
  readonly parameterType?: "float32" | undefined;
  /** Where model and training draw from. */
  readonly random: RandomState;
  /** Whether checkpoints are written, and how often besides after each epoch. */
  readonly checkpoints?: CheckpointPlan | undefined;
  /** Called before anything is trained, once a checkpoint has been taken up if there is one. */
  readonly onResumed?: (() => void) | undefined;
}

/** When checkpoints are written, and how many are kept. */
export interface CheckpointPlan {
  /** Iterations between two of them, besides those at the end of each epoch. */
  readonly every?: number;
  /** How many are kept, besides the best. */
  readonly keep?: number;
}

/** What a checkpoint tells besides the solver's state. */
interface RunState {
  readonly solver: Readonly<Record<string, unknown>>;
  readonly lengths: RunLengths;
  readonly seconds: number;
}

/**
 * Trains in a run's folder, and leaves parameters and accuracies there.
 *
 * @param checkpoint Where to go on from; by default training begins.
 * @throws {Interrupted} If the user pressed Ctrl-C; a checkpoint is then written.
 */
export async function runTraining(
  run: RunFolder,
  plan: TrainingPlan,
  threads: number | undefined,
  streams: Streams,
  checkpoint?: Checkpoint,
): Promise<Solver> {
  if (threads !== undefined) setThreads(threads);
  const { data, recipe, random } = plan;
  const train = data.train.slice(0, plan.numTrain ?? data.train.length);
  const model = modelOf(
    { ...recipe, dtype: plan.parameterType ?? recipe.dtype },
    {
      inputDim: train.imageShape,
      numClasses: data.classNames.length,
      random,
    },
  );
  if (recipe.init !== undefined && !checkpoint) {
    const other = RunFolder.open(recipe.init, dirname(run.path));
    const { taken, fresh } = initParameters(model, other.readParameters());
    streams.stderr.line(
      `Begins with ${taken.length} tensors of ${other.name}${
        fresh.length === 0 ? "" : `, and anew with ${fresh.join(", ")}`
      }`,
    );
  }
  using interrupt = listenForInterrupt();
  const keeper = plan.checkpoints &&
    run.checkpoints({ keep: plan.checkpoints.keep ?? 2 });
  const { schedule, batchSize = 1, ...options } = solverOptionsOf(
    recipe,
    train.length,
  );
  let seconds = 0;
  let start = performance.now();
  let written = checkpoint?.iteration ?? 0;
  let best = 0;
  let ended = false;
  const save = () => {
    const { iteration } = solver;
    if (!keeper || written === iteration) return;
    // From such parameters no training goes on, as the next iteration tells.
    if (!Object.values(model.params).every(isFinite)) return;
    const { tensors, state } = solver.getState();
    const now = seconds + (performance.now() - start) / 1000;
    const runState: RunState = {
      solver: state,
      lengths: run.lengths(),
      seconds: now,
    };
    keeper.write({ iteration, tensors, state: { ...runState } }, {
      best: solver.bestValAcc > best,
    });
    written = iteration;
    best = solver.bestValAcc;
  };
  const solver: Solver = new Solver(model, {
    xTrain: train,
    yTrain: train.labels,
    xVal: data.validation,
    yVal: data.validation.labels,
  }, {
    ...options,
    ...{ schedule, batchSize, random },
    signal: interrupt.signal,
    log(line) {
      progress.log(line);
      run.log(line);
    },
    onGradients(iteration, grads) {
      if (!isGradientMoment(iteration, solver.lastIteration)) return;
      const parameters = Object.fromEntries(
        Object.entries(grads).map(([name, g]) => [name, summarizeGradient(g)]),
      );
      run.metric({ kind: "gradients", iteration, parameters });
    },
    onIteration(iteration, loss) {
      run.metric({
        kind: "iteration",
        iteration,
        loss,
        ...(schedule ? { learningRate: learningRateOf(solver) } : {}),
      });
      progress.update(iteration * batchSize, `loss ${loss.toFixed(3)}`);
    },
    onCheck: (check) => run.metric({ kind: "check", ...check }),
    onIterationEnd(iteration) {
      const { every = Infinity } = plan.checkpoints ?? {};
      const endOfEpoch = iteration % solver.iterationsPerEpoch === 0;
      const last = iteration === solver.lastIteration;
      if (iteration % every === 0 || endOfEpoch || last) save();
    },
  });
  if (checkpoint) {
    const state = checkpoint.state as unknown as RunState;
    solver.setState({ tensors: checkpoint.tensors, state: state.solver });
    plan.onResumed?.();
    run.truncate(state.lengths);
    seconds = state.seconds;
    best = solver.bestValAcc;
  } else {
    plan.onResumed?.();
    run.truncate({ log: 0, metrics: 0 });
  }
  using progress = startProgress({
    ...streams,
    total: solver.lastIteration * batchSize,
    before: solver.iteration * batchSize,
    unit: "images",
    label: "Training",
  });
  try {
    start = performance.now();
    await solver.train();
    ended = true;
    seconds += (performance.now() - start) / 1000;
    progress.stop();
    run.writeParameters({ ...model.params, ...model.buffers }, {
      // Also where a folder of images was moved.
      dataset: isDataSetName(data.name)
        ? data.name
        : recipe.dataset ?? data.name,
      inputDim: JSON.stringify(train.imageShape),
      ...(recipe.model === undefined ? {} : { model: recipe.model }),
    });
    const summary = await conclude(solver, model, {
      ...{ data, train, seconds, streams },
      signal: interrupt.signal,
    });
    // A run with its final accuracies is finished, so they are written last.
    for (const line of summary.lines) run.log(line);
    run.metric(summary.metric);
    for (const line of summary.lines) streams.stdout.line(line);
  } catch (error) {
    progress.stop();
    if (error instanceof NonFiniteLossError) {
      run.log(error.message);
      run.metric({ kind: "iteration", iteration: error.iteration, loss: NaN });
    }
    if (!(error instanceof Interrupted) || !keeper) throw error;
    // Once it has ended, the model has the parameters that are kept.
    if (!ended) save();
    throw new Interrupted(
      `Interrupted after iteration ${solver.iteration} of ${solver.lastIteration}; go on with: ${
        resuming(run, threads)
      }`,
      error.code,
    );
  }
  return solver;
}

/** Evaluates what was kept, and puts it into words. */
async function conclude(
  solver: Solver,
  model: Model,
  { data, train, seconds, streams, signal }: {
    readonly data: DataSet;
    readonly train: DataSet["train"];
    readonly seconds: number;
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
    } s on ${machinery()}`,
    ...lastAccuracies(solver),
    `parameters kept: ${parts.join(", ")}`,
  ];
  const accuracies = { trainAccuracy, valAccuracy, testAccuracy };
  return { lines, metric: { kind: "final", ...accuracies, seconds } };
}

/** What to type to go on with a run. */
function resuming(
  { name, path }: RunFolder,
  threads: number | undefined,
): string {
  const task = kernelReport().mode === "turbo" ? "train:turbo" : "train";
  const run = dirname(path) === RUN_OPTIONS.runsDir.default ? name : path;
  const typed = /^[\w./+-]+$/.test(run) ? run : quoted(run);
  const more = threads === undefined ? "" : ` --threads ${threads}`;
  return `${invocation(task)} --resume ${typed}${more}`;
}

/** A word as a shell takes it for one. */
function quoted(word: string): string {
  return Deno.build.os === "windows"
    ? `"${word}"`
    : `'${word.replaceAll("'", `'\\''`)}'`;
}

function of(name: string, accuracy: number, count: number): string[] {
  return count === 0
    ? []
    : [`${name} ${percent(accuracy)} (${grouped(count)})`];
}

/** The learning rate of the iteration that was just taken. */
function learningRateOf(solver: Solver): number {
  const [state] = Object.values(solver.optimStates);
  return state?.config.learningRate ?? NaN;
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

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
