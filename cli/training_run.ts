// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `train` and `overfit` do: training with a log, metrics, checkpoints and
 * progress, in a run folder, from its beginning or from where it was left.
 *
 * @module
 */

import { dirname } from "@std/path";
import { isDataSetName } from "../data/load_data_set.ts";
import { DataParallel } from "../distributed/data_parallel.ts";
import {
  kernelReport,
  setThreads,
  settleTileWidth,
} from "../kernels/runtime.ts";
import { LiveTraining } from "../live/live_training.ts";
import type { Checkpoint } from "../training/checkpoints.ts";
import { initParameters } from "../training/init_parameters.ts";
import { NonFiniteLossError } from "../training/non_finite_loss.ts";
import { modelOf, solverOptionsOf } from "../training/recipe_training.ts";
import { RunFolder } from "../training/run_folder.ts";
import { Solver } from "../training/solver.ts";
import type { Streams } from "./command.ts";
import { conclude } from "./conclusion.ts";
import { Interrupted, listenForInterrupt } from "./exit.ts";
import { invocation } from "./invocation.ts";
import { keptMoment } from "./kept.ts";
import { aboutRun, typedRun } from "./live_about.ts";
import { announcePage } from "./live_options.ts";
import { startProgress } from "./progress.ts";
import { isFirst } from "./ranks.ts";
import { RunCheckpoints } from "./run_checkpoints.ts";
import { RunMetrics } from "./run_metrics.ts";
import type { RunRecord } from "./run_record.ts";
import type { TrainingPlan } from "./training_plan.ts";

/**
 * Trains in a run's folder, and leaves parameters and accuracies there.
 *
 * @param checkpoint Where to go on from; by default training begins.
 * @throws {Interrupted} If the user pressed Ctrl-C; a checkpoint is then written.
 */
export async function runTraining(
  run: RunRecord,
  plan: TrainingPlan,
  threads: number | undefined,
  streams: Streams,
  checkpoint?: Checkpoint,
): Promise<Solver> {
  if (threads !== undefined) setThreads(threads);
  const { data, recipe, random, ranks } = plan;
  const train = data.train.slice(0, plan.numTrain ?? data.train.length);
  const model = modelOf(
    { ...recipe, dtype: plan.parameterType ?? recipe.dtype },
    {
      inputDim: train.imageShape,
      numClasses: data.classNames.length,
      random,
    },
  );
  // The others take the first rank's parameters.
  if (recipe.init !== undefined && !checkpoint && isFirst(ranks)) {
    const other = RunFolder.open(recipe.init, dirname(run.path));
    const { taken, fresh } = initParameters(model, other.readParameters());
    streams.stderr.line(
      `Begins with ${taken.length} tensors of ${other.name}${
        fresh.length === 0 ? "" : `, and anew with ${fresh.join(", ")}`
      }`,
    );
  }
  using interrupt = listenForInterrupt();
  using _heeding = ranks?.heedTermination();
  const stopping = new AbortController();
  const asked = AbortSignal.any([interrupt.signal, stopping.signal]);
  const reducer = ranks && new DataParallel(ranks, {
    syncBatchnorm: recipe.syncBatchnorm,
    signal: asked,
    reasonOfOthers: () => new Interrupted("Interrupted"),
  });
  // Ranks stop at the same iteration.
  const signal = reducer?.signal ?? asked;
  let live: LiveTraining | undefined;
  // It stands still while the training is paused.
  const clock = () => live?.clock() ?? performance.now();
  let secondsBefore = 0;
  let start = clock();
  let ended = false;
  const seconds = () => secondsBefore + (clock() - start) / 1000;
  const checkpoints = new RunCheckpoints(run, model, plan.checkpoints);
  const { schedule, batchSize = 1, ...options } = solverOptionsOf(
    recipe,
    train.length,
  );
  const solver: Solver = new Solver(model, {
    xTrain: train,
    yTrain: train.labels,
    xVal: data.validation,
    yVal: data.validation.labels,
  }, {
    ...options,
    ...{ schedule, batchSize, random, reducer, signal },
    log(line) {
      progress.log(line);
      run.log(line);
    },
    onGradients: (_, grads) =>
      metrics.gradients(solver, Object.keys(model.params), grads),
    onIteration(iteration, loss) {
      metrics.iteration(iteration, loss);
      progress.update(iteration * batchSize, `loss ${loss.toFixed(3)}`);
      live?.afterIteration();
    },
    async onTurn() {
      ranks?.working("paused");
      await live?.afterTurn();
      ranks?.working("busy");
    },
    onCheck: (check) => run.metric({ kind: "check", ...check }),
    onIterationEnd() {
      ranks?.working("busy");
      checkpoints.saveIfDue(solver, seconds());
    },
  });
  const isSteady = schedule === undefined && (options.lrDecay ?? 1) === 1;
  const metrics = new RunMetrics(
    run,
    isSteady ? solver.learningRate : undefined,
  );
  const taken = checkpoint && checkpoints.restore(solver, checkpoint);
  secondsBefore = taken?.seconds ?? 0;
  plan.onResumed?.();
  run.truncate(taken?.lengths ?? { log: 0, metrics: 0 });
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
      ...{ run, solver, model, batchSize, signal: asked },
      validation: data.validation,
      classNames: data.classNames,
      secondsBefore,
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
    announcePage(live.url, plan.live, streams);
  }
  try {
    start = clock();
    await solver.train();
    ended = true;
    const took = seconds();
    live?.evaluating();
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
      ...{ data, train, seconds: took, streams },
      kept: keptMoment(run, recipe.keep, solver.iterationsPerEpoch),
      ...{ ranks: ranks?.size, signal },
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
    if (!(error instanceof Interrupted) || !checkpoints.areWritten) {
      const why = error instanceof Error ? error.message : String(error);
      await live?.end("failed", { note: `Training has failed: ${why}` });
      throw error;
    }
    // Once it has ended, the model has the parameters that are kept.
    if (!ended) checkpoints.save(solver, seconds());
    const next = resuming(run, threads, ranks?.size);
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

/** What to type to go on with a run. */
function resuming(
  run: RunRecord,
  threads: number | undefined,
  ranks: number | undefined,
): string {
  // A training may be stopped before it has found out.
  settleTileWidth(true);
  const { mode } = kernelReport();
  const flags = mode === "default" ? "" : `:${mode}`;
  const task = invocation(`train${ranks === undefined ? "" : ":mpi"}${flags}`);
  const launch = ranks === undefined ? "" : `mpirun -n ${ranks} `;
  const more = threads === undefined ? "" : ` --threads ${threads}`;
  return `${launch}${task} --resume ${typedRun(run)}${more}`;
}
