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
import type { LiveAddress } from "../live/live_page.ts";
import { LiveTraining } from "../live/live_training.ts";
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
import { aboutRun, typedRun } from "./live_about.ts";
import { announcePage } from "./live_options.ts";
import { keptMoment } from "./kept.ts";
import { startProgress } from "./progress.ts";
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
  /** Where a page is served on which the training can be watched and steered; by default none is. */
  readonly live?: LiveAddress | undefined;
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
  const stopping = new AbortController();
  const signal = AbortSignal.any([interrupt.signal, stopping.signal]);
  let live: LiveTraining | undefined;
  // It stands still while the training is paused.
  const clock = () => live?.clock() ?? performance.now();
  let seconds = 0;
  let start = clock();
  let written = checkpoint?.iteration ?? 0;
  let best = 0;
  let ended = false;
  const save = () => {
    const { iteration } = solver;
    if (!keeper || written === iteration) return;
    // From such parameters no training goes on, as the next iteration tells.
    if (!Object.values(model.params).every(isFinite)) return;
    const { tensors, state } = solver.getState();
    const now = seconds + (clock() - start) / 1000;
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
    signal,
    log(line) {
      progress.log(line);
      run.log(line);
    },
    onGradients(iteration, grads) {
      rate = solver.learningRate;
      if (!isGradientMoment(iteration, solver.lastIteration)) return;
      const parameters = Object.fromEntries(
        // In the order of the layers.
        Object.keys(model.params)
          .map((name) => [name, summarizeGradient(grads[name]!)]),
      );
      run.metric({ kind: "gradients", iteration, parameters });
    },
    onIteration(iteration, loss) {
      run.metric({
        kind: "iteration",
        iteration,
        loss,
        ...(isSteady && rate === firstRate ? {} : { learningRate: rate }),
      });
      progress.update(iteration * batchSize, `loss ${loss.toFixed(3)}`);
      live?.afterIteration();
    },
    onTurn: () => live?.afterTurn(),
    onCheck: (check) => run.metric({ kind: "check", ...check }),
    onIterationEnd(iteration) {
      const { every = Infinity } = plan.checkpoints ?? {};
      const endOfEpoch = iteration % solver.iterationsPerEpoch === 0;
      const last = iteration === solver.lastIteration;
      if (iteration % every === 0 || endOfEpoch || last) save();
    },
  });
  const firstRate = solver.learningRate;
  const isSteady = schedule === undefined && (options.lrDecay ?? 1) === 1;
  let rate = firstRate;
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
    now: () => clock(),
  });
  if (plan.live) {
    const { iterationsPerEpoch, lastIteration: iterations } = solver;
    const epochs = Math.ceil(iterations / iterationsPerEpoch);
    live = await LiveTraining.start({
      ...plan.live,
      about: aboutRun(run, { iterations, epochs }, true),
      ...{ run, solver, model, batchSize, signal },
      validation: data.validation,
      classNames: data.classNames,
      secondsBefore: seconds,
      onStop: () => stopping.abort(new Interrupted("Stopped from the page")),
      onLearningRate({ from, to }) {
        const { iteration } = solver;
        const line =
          `(Iteration ${iteration} / ${solver.numIterations}) learning rate changed by hand: ${from} to ${to}`;
        progress.log(line);
        run.log(line);
        run.metric({ kind: "learningRate", iteration, learningRate: to });
      },
      onFailure: (message) =>
        streams.stderr.line(
          `The live page has failed, and training goes on: ${message}`,
        ),
    });
    announcePage(live.url, plan.live.host ?? "127.0.0.1", streams);
  }
  try {
    start = clock();
    await solver.train();
    ended = true;
    live?.evaluating();
    seconds += (clock() - start) / 1000;
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
      kept: keptMoment(run, recipe.keep, solver.iterationsPerEpoch),
      signal,
    });
    // A run with its final accuracies is finished, so they are written last.
    for (const line of summary.lines) run.log(line);
    run.metric(summary.metric);
    for (const line of summary.lines) streams.stdout.line(line);
    await live?.end("finished", {
      note: "Training has finished. See this page again with",
      command: `${invocation("ui")} ${typedRun(run)}`,
    });
  } catch (error) {
    progress.stop();
    if (error instanceof NonFiniteLossError) {
      run.log(error.message);
      run.metric({ kind: "iteration", iteration: error.iteration, loss: NaN });
    }
    if (!(error instanceof Interrupted) || !keeper) {
      const why = error instanceof Error ? error.message : String(error);
      await live?.end("failed", { note: `Training has failed: ${why}` });
      throw error;
    }
    // Once it has ended, the model has the parameters that are kept.
    if (!ended) save();
    const next = resuming(run, threads);
    await live?.end("stopped", {
      note: "Training has stopped, with a checkpoint. Go on with",
      command: next,
    });
    throw new Interrupted(
      `${error.message} after iteration ${solver.iteration} of ${solver.lastIteration}; go on with: ${next}`,
      error.code,
    );
  }
  return solver;
}

/** Evaluates what was kept, and puts it into words. */
async function conclude(
  solver: Solver,
  model: Model,
  { data, train, seconds, kept, streams, signal }: {
    readonly data: DataSet;
    readonly train: DataSet["train"];
    readonly seconds: number;
    /** Of when the parameters are that are kept. */
    readonly kept: string;
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
    `parameters kept${kept}: ${parts.join(", ")}`,
  ];
  const accuracies = { trainAccuracy, valAccuracy, testAccuracy };
  const { threads, mode } = kernelReport();
  const metric = { ...accuracies, seconds, threads, mode };
  return { lines, metric: { kind: "final", ...metric } };
}

/** What to type to go on with a run. */
function resuming(run: RunFolder, threads: number | undefined): string {
  const task = kernelReport().mode === "turbo" ? "train:turbo" : "train";
  const more = threads === undefined ? "" : ` --threads ${threads}`;
  return `${invocation(task)} --resume ${typedRun(run)}${more}`;
}

function of(name: string, accuracy: number, count: number): string[] {
  return count === 0
    ? []
    : [`${name} ${percent(accuracy)} (${grouped(count)})`];
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
