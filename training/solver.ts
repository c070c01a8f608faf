// Copyright 2026 the Convlab authors. MIT license.

/**
 * The Solver: trains a model by stochastic gradient descent, keeps the history,
 * and ends with the parameters that did best on the validation images.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import { resident, Workspace } from "../kernels/frame.ts";
import { formatF } from "../numerics/format.ts";
import { RandomState } from "../numerics/random.ts";
import { arrayOf, type DType, Tensor } from "../numerics/tensor.ts";
import { batchLoss } from "./batch_loss.ts";
import { type BatchSource, batchSource } from "./batch_source.ts";
import { accuracy, gather } from "./batches.ts";
import { clipGradients } from "./clip_gradients.ts";
import { EarlyStopping } from "./early_stopping.ts";
import { joinSolvers, learned } from "./join_solvers.ts";
import { LearningRate } from "./learning_rate.ts";
import { otherTasks, TURN_MS } from "./other_tasks.ts";
import { copyTensors } from "./prefixed_tensors.ts";
import { checkSolver } from "./solver_checks.ts";
import type {
  AccuracyCheck,
  Model,
  SolverData,
  SolverOptions,
} from "./solver_options.ts";
import {
  captureSolver,
  restoreSolver,
  type SolverState,
} from "./solver_state.ts";
import {
  DEFAULT_LEARNING_RATES,
  type OptimState,
  optimState,
  UPDATE_RULES,
} from "./update_rules.ts";
import { WeightAverage } from "./weight_average.ts";

/**
 * Trains a model.
 *
 * Each iteration draws a batch with replacement, takes the gradient of the loss
 * and updates every parameter. Accuracies are checked after the first iteration,
 * at the end of each epoch, and after the last iteration.
 *
 * While it trains, the model's parameters live in memory that its kernels
 * share; at the end they are ordinary tensors, those with the best validation
 * accuracy.
 *
 * @example Overfit a handful of images
 * ```ts
 * import { RandomState, Solver, ThreeLayerConvNet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const random = new RandomState(1);
 * const x = random.randn([10, 1, 8, 8]).astype("float32");
 * const y = random.randint(0, 3, 10);
 * const model = new ThreeLayerConvNet({
 *   inputDim: [1, 8, 8],
 *   numFilters: 4,
 *   filterSize: 3,
 *   numClasses: 3,
 *   weightScale: 1e-2,
 *   random,
 * });
 * const solver = new Solver(model, { xTrain: x, yTrain: y, xVal: x, yVal: y }, {
 *   updateRule: "adam",
 *   optimConfig: { learningRate: 1e-2 },
 *   batchSize: 10,
 *   numEpochs: 30,
 *   verbose: false,
 *   random,
 * });
 * await solver.train();
 * assertEquals(solver.trainAccHistory.at(-1), 1);
 * ```
 */
export class Solver {
  /** The loss of each iteration. */
  readonly lossHistory: number[] = [];
  /** The training accuracy at each check. */
  readonly trainAccHistory: number[] = [];
  /** The validation accuracy at each check. */
  readonly valAccHistory: number[] = [];
  /** The parameters with the best validation accuracy so far. */
  bestParams: Record<string, Tensor> = {};
  /** The running statistics that go with them. */
  bestBuffers: Record<string, Tensor> = {};
  /** That accuracy; 0 before the first check. */
  bestValAcc = 0;
  /** Epochs that are finished. */
  epoch = 0;
  /** Iterations of all epochs. */
  readonly numIterations: number;
  /** The iteration that {@linkcode Solver.train} ends with: the last, or `maxIterations`. */
  readonly lastIteration: number;
  /** Iterations of one epoch. */
  readonly iterationsPerEpoch: number;
  /** What the update rule keeps, by parameter. */
  readonly optimStates: Record<string, OptimState> = {};

  readonly #model: Model;
  readonly #data: SolverData;
  readonly #options: SolverOptions;
  readonly #random: RandomState;
  readonly #dtype: DType;
  readonly #numEpochs: number;
  readonly #yTrain: Int32Array;
  readonly #yVal: Int32Array;
  readonly #batches: BatchSource;
  readonly #average: WeightAverage | undefined;
  readonly #stopping: EarlyStopping | undefined;
  readonly #workspace = new Workspace();
  readonly #rate: LearningRate;
  #stopped = false;

  /**
   * Checks the options, and moves the model's parameters to shared memory.
   *
   * @throws {TypeError} If there are not as many labels as examples, or the update rule or the dtype is unknown.
   * @throws {RangeError} If an option is out of range, or there are no training examples.
   */
  constructor(model: Model, data: SolverData, options: SolverOptions = {}) {
    const { numEpochs = 10, updateRule = "sgd" } = options;
    const { maxIterations, averageDecay, patience, reducer } = options;
    const {
      random = new RandomState(crypto.getRandomValues(new Uint32Array(1))[0]!),
    } = options;
    const { yTrain, yVal } = checkSolver(data, options);
    this.#yTrain = yTrain;
    this.#yVal = yVal;
    this.#model = model;
    this.#data = data;
    this.#options = options;
    this.#random = random;
    this.#numEpochs = numEpochs;
    this.#dtype = options.dtype ??
      ("dtype" in data.xTrain ? data.xTrain.dtype : "float32");
    arrayOf(this.#dtype); // Throws if there is no such dtype.
    const { batchSize = 100, sampling = "replacement" } = options;
    const { augmentation = {} } = options;
    const part = reducer && ((count: number) => reducer.part(count));
    this.#batches = batchSource(
      { x: data.xTrain, labels: this.#yTrain },
      this.#dtype,
      { batchSize, sampling, augmentation, random, part },
    );
    this.iterationsPerEpoch = this.#batches.batchesPerEpoch;
    this.numIterations = numEpochs * this.iterationsPerEpoch;
    this.lastIteration = Math.min(
      this.numIterations,
      maxIterations ?? Infinity,
    );
    const byDefault = typeof updateRule === "function"
      ? DEFAULT_LEARNING_RATES.sgd
      : DEFAULT_LEARNING_RATES[updateRule];
    const { learningRate = byDefault } = options.optimConfig ?? {};
    const config = { ...options.optimConfig, learningRate };
    const { schedule } = options;
    this.#rate = new LearningRate(learningRate, schedule, this.optimStates);
    for (const [name, parameter] of Object.entries(model.params)) {
      model.params[name] = resident(parameter);
      const decays = model.decays?.(name) ?? parameter.shape.length > 1;
      this.optimStates[name] = optimState(
        decays ? config : { ...config, weightDecay: 0 },
      );
    }
    if (reducer) joinSolvers(reducer, model, random);
    if (averageDecay !== undefined) {
      const decay = averageDecay;
      this.#average = new WeightAverage(model.params, { decay });
    }
    if (patience !== undefined) {
      this.#stopping = new EarlyStopping({ patience });
    }
  }

  /** Iterations that are finished. */
  get iteration(): number {
    return this.lossHistory.length;
  }

  /** Whether training ended because validation accuracy no longer rose. */
  get stoppedEarly(): boolean {
    return this.#stopped;
  }

  /**
   * The learning rate of the next iteration. Setting it changes what it is by
   * now; a schedule and `lrDecay` go on from there in proportion, so that half
   * the rate stays half of what it would have been. It is part of the state, so
   * a training that goes on with that has it too. Of solvers that train together
   * the first one's rate holds for all.
   *
   * @throws {RangeError} If it is set to what is no positive number, or at an iteration for which the schedule gives 0.
   *
   * @example Half of the learning rate, after the first epoch
   * ```ts
   * import { RandomState, Solver, ThreeLayerConvNet } from "@convlab/convlab";
   * import { assertEquals } from "@std/assert";
   *
   * const x = new RandomState(1).randn([10, 1, 8, 8]);
   * const y = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0];
   * const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8] });
   * const solver: Solver = new Solver(model, { xTrain: x, yTrain: y, xVal: x, yVal: y }, {
   *   optimConfig: { learningRate: 0.1 },
   *   batchSize: 5,
   *   numEpochs: 2,
   *   verbose: false,
   *   onIterationEnd(iteration) {
   *     if (iteration === solver.iterationsPerEpoch) solver.learningRate /= 2;
   *   },
   * });
   * await solver.train();
   * assertEquals(solver.learningRate, 0.05);
   * ```
   */
  get learningRate(): number {
    return this.#rate.at(this.iteration);
  }

  set learningRate(value: number) {
    this.#rate.set(this.iteration, value);
  }

  /**
   * Takes one iteration: draws a batch and updates the parameters.
   *
   * @returns The loss on the batch, before the update.
   * @throws {NonFiniteLossError} If the loss is NaN or infinite; parameters and running statistics are then as they were.
   * @throws {TypeError} If others train the model too, and it does not reduce its gradients.
   */
  step(): number {
    const { params } = this.#model;
    const { updateRule = "sgd", maxGradNorm, reducer } = this.#options;
    const rule = typeof updateRule === "function"
      ? updateRule
      : UPDATE_RULES[updateRule];
    const iteration = this.iteration + 1;
    const loss = this.#workspace.run(() => {
      if (reducer) reducer.learningRate = this.#rate.base;
      const { loss, grads } = batchLoss(
        ...[this.#model, this.#batches.next(), iteration, reducer] as const,
      );
      if (reducer) this.#rate.takeFrom(reducer, this.iteration);
      this.#options.onGradients?.(iteration, grads);
      if (maxGradNorm !== undefined) {
        clipGradients(grads, { maxNorm: maxGradNorm });
      }
      this.#rate.follow(this.iteration);
      for (const [name, w] of Object.entries(params)) {
        params[name] = rule(w, grads[name]!, this.optimStates[name]!);
      }
      this.#average?.update(params);
      return loss;
    });
    this.lossHistory.push(loss);
    if (this.iteration % this.iterationsPerEpoch === 0) this.#endEpoch();
    return loss;
  }

  /**
   * Trains to the end, from where it is. Other tasks of the program get a turn
   * every 200 ms or so; `onTurn` is called then, and may make training wait.
   *
   * @throws {NonFiniteLossError} If a loss is NaN or infinite.
   * @throws The reason of the signal, if training was stopped.
   */
  async train(): Promise<void> {
    const { signal, onIteration, onIterationEnd, onTurn } = this.#options;
    const { printEvery = 10 } = this.#options;
    let turn = performance.now();
    while (this.iteration < this.lastIteration && !this.#stopped) {
      signal?.throwIfAborted();
      const loss = this.step();
      const t = this.iteration;
      if ((t - 1) % printEvery === 0) {
        this.#log(
          `(Iteration ${t} / ${this.numIterations}) loss: ${formatF(loss)}`,
        );
      }
      onIteration?.(t, loss);
      const last = t === this.lastIteration;
      const endOfEpoch = t % this.iterationsPerEpoch === 0;
      if (t === 1 || last || endOfEpoch) {
        const { valAccuracy } = this.check();
        if (endOfEpoch) this.#stopIfUseless(valAccuracy);
      }
      onIterationEnd?.(t);
      if (performance.now() - turn > TURN_MS) {
        await otherTasks();
        await onTurn?.();
        turn = performance.now();
      }
    }
    this.#keepResult();
  }

  /**
   * All that decides how training goes on, copied: a solver with the same model,
   * data and options that is given it goes on bit for bit.
   *
   * @example Save a training, and go on with another solver
   * ```ts
   * import { RandomState, Solver, ThreeLayerConvNet } from "@convlab/convlab";
   * import { assertEquals } from "@std/assert";
   *
   * const x = new RandomState(1).randn([10, 1, 8, 8]);
   * const y = [0, 1, 2, 0, 1, 2, 0, 1, 2, 0];
   * const solver = () => {
   *   const random = new RandomState(2);
   *   const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8], random });
   *   const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
   *   return new Solver(model, data, { batchSize: 5, random, verbose: false });
   * };
   * const first = solver();
   * first.step();
   * const second = solver();
   * second.setState(first.getState());
   * assertEquals(second.step(), first.step());
   * ```
   */
  getState(): SolverState {
    return captureSolver(this, {
      ...this.#parts(),
      rate: this.#rate.base,
      stopped: this.#stopped,
    });
  }

  /**
   * Goes on from where {@linkcode Solver.getState} was.
   *
   * @throws {TypeError} If the state is of another model or of other options; the solver is then as it was.
   * @throws {RangeError} If it is of another number of examples, or a number in it is out of range; likewise.
   */
  setState(saved: SolverState): void {
    const before = this.getState();
    try {
      this.#restore(saved);
    } catch (error) {
      this.#restore(before);
      throw error;
    }
  }

  #restore(saved: SolverState): void {
    const { rate, stopped } = restoreSolver(this, saved, this.#parts());
    this.#rate.base = rate;
    this.#stopped = stopped;
  }

  /** What the state is made of that the solver does not show. */
  #parts() {
    const { updateRule = "sgd", batchSize = 100, patience } = this.#options;
    const { sampling = "replacement", averageDecay } = this.#options;
    return {
      model: this.#model,
      batches: this.#batches,
      average: this.#average,
      stopping: this.#stopping,
      options: {
        updateRule: typeof updateRule === "function"
          ? "of the caller"
          : updateRule,
        ...{ batchSize, sampling, dtype: this.#dtype },
        averageDecay: averageDecay ?? null,
        patience: patience ?? null,
      },
    };
  }

  /** Checks the accuracies, and keeps the parameters if they are the best so far. */
  check(): AccuracyCheck {
    const { numTrainSamples = 1000, numValSamples } = this.#options;
    const { xTrain, xVal } = this.#data;
    this.#options.reducer?.broadcast([
      ...learned(this.#model),
      ...Object.values(this.#average?.tensors ?? {}),
    ]);
    const { trainAccuracy, valAccuracy } = this.#withResult(() => ({
      trainAccuracy: this.accuracy(xTrain, this.#yTrain, numTrainSamples),
      valAccuracy: this.accuracy(xVal, this.#yVal, numValSamples),
    }));
    this.trainAccHistory.push(trainAccuracy);
    this.valAccHistory.push(valAccuracy);
    this.#log(
      `(Epoch ${this.epoch} / ${this.#numEpochs}) train acc: ${
        formatF(trainAccuracy)
      }${this.#yVal.length > 0 ? `; val_acc: ${formatF(valAccuracy)}` : ""}`,
    );
    if (valAccuracy > this.bestValAcc) {
      this.bestValAcc = valAccuracy;
      this.bestParams = copyTensors(this.#result());
      this.bestBuffers = copyTensors(this.#model.buffers ?? {});
    }
    const { epoch, iteration } = this;
    const check = { epoch, iteration, trainAccuracy, valAccuracy };
    this.#options.onCheck?.(check);
    return check;
  }

  /**
   * The scores of examples by the parameters that a check would take now: their
   * average where one is kept. Training goes on as if this had not been called.
   *
   * @param x Examples.
   * @returns Class scores, shape (N, classes).
   */
  scores(x: Tensor | ImageSet): Tensor {
    const count = x instanceof Tensor ? x.shape[0]! : x.length;
    const all = Int32Array.from({ length: count }, (_, i) => i);
    return this.#withResult(() =>
      this.#workspace.run(() =>
        this.#model.scores(gather(x, all, this.#dtype)).clone()
      )
    );
  }

  /**
   * The share of examples that the model classifies rightly.
   *
   * @param x Examples.
   * @param labels Their labels.
   * @param samples How many to draw with replacement where there are more; by default all are taken.
   */
  accuracy(
    x: Tensor | ImageSet,
    labels: Int32Array | readonly number[],
    samples?: number,
  ): number {
    const indices = samples !== undefined && labels.length > samples
      ? this.#random.choice(labels.length, samples)
      : Int32Array.from({ length: labels.length }, (_, i) => i);
    const run = <R>(body: () => R) => this.#workspace.run(body);
    const { reducer } = this.#options;
    return accuracy(
      ...[this.#model, x, labels, indices, this.#dtype, run, reducer] as const,
    );
  }

  /** Does something with the parameters that are checked in the place of the last ones. */
  #withResult<R>(body: () => R): R {
    const { params } = this.#model;
    if (this.#average) this.#model.params = { ...this.#average.tensors };
    try {
      return body();
    } finally {
      this.#model.params = params;
    }
  }

  #endEpoch(): void {
    this.epoch++;
    this.#rate.decay(this.#options.lrDecay ?? 1);
  }

  #stopIfUseless(valAccuracy: number): void {
    if (!this.#stopping?.update(valAccuracy)) return;
    this.#stopped = true;
    this.#log(
      `(Epoch ${this.epoch} / ${this.#numEpochs}) stopped: no better val_acc in ${this.#options.patience} epochs`,
    );
  }

  /** The parameters that are checked: their average where one is kept. */
  #result(): Readonly<Record<string, Tensor>> {
    return this.#average?.tensors ?? this.#model.params;
  }

  /** Leaves the model with the parameters that training is to end with. */
  #keepResult(): void {
    const { params, buffers = {} } = this.#model;
    const { keep = "best" } = this.#options;
    if (keep === "best" && Object.keys(this.bestParams).length > 0) {
      Object.assign(params, copyTensors(this.bestParams));
      Object.assign(buffers, copyTensors(this.bestBuffers));
    } else {
      Object.assign(params, copyTensors(this.#result()));
    }
  }

  #log(line: string): void {
    if (this.#options.verbose ?? true) (this.#options.log ?? console.log)(line);
  }
}
