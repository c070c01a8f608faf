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
import { arrayOf, type DType, type Tensor } from "../numerics/tensor.ts";
import { accuracy, gather } from "./batches.ts";
import type {
  AccuracyCheck,
  Model,
  SolverData,
  SolverOptions,
} from "./solver_options.ts";
import {
  DEFAULT_LEARNING_RATES,
  type OptimState,
  optimState,
  UPDATE_RULES,
} from "./update_rules.ts";

/** How long training goes on before other tasks of the program get a turn, in milliseconds. */
const TURN_MS = 50;

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
  readonly #batchSize: number;
  readonly #numEpochs: number;
  readonly #yTrain: Int32Array;
  readonly #yVal: Int32Array;
  readonly #workspace = new Workspace();

  /**
   * Checks the options, and moves the model's parameters to shared memory.
   *
   * @throws {TypeError} If there are not as many labels as examples, or the update rule or the dtype is unknown.
   * @throws {RangeError} If an option is out of range, or there are no training examples.
   */
  constructor(model: Model, data: SolverData, options: SolverOptions = {}) {
    const {
      batchSize = 100,
      numEpochs = 10,
      printEvery = 10,
      updateRule = "sgd",
      lrDecay = 1,
      random = new RandomState(crypto.getRandomValues(new Uint32Array(1))[0]!),
    } = options;
    const { maxIterations, numTrainSamples, numValSamples } = options;
    checkCounts({ batchSize, numEpochs, printEvery });
    checkCounts({ maxIterations, numTrainSamples, numValSamples });
    if (!(lrDecay > 0)) {
      throw new RangeError(
        `Cannot train: expected lrDecay to be positive but found ${lrDecay}`,
      );
    }
    const { learningRate: rate = 1 } = options.optimConfig ?? {};
    if (!(rate > 0 && rate < Infinity)) {
      throw new RangeError(
        `Cannot train: expected learningRate to be positive and finite but found ${rate}`,
      );
    }
    if (!Object.hasOwn(UPDATE_RULES, updateRule)) {
      throw new TypeError(
        `Cannot train: expected an update rule (${
          Object.keys(UPDATE_RULES).join(", ")
        }) but found ${JSON.stringify(updateRule)}`,
      );
    }
    this.#yTrain = checkLabels("Train", data.xTrain, data.yTrain);
    this.#yVal = checkLabels("Val", data.xVal, data.yVal);
    if (this.#yTrain.length === 0) {
      throw new RangeError(
        "Cannot train: expected at least one training example but found none",
      );
    }
    this.#model = model;
    this.#data = data;
    this.#options = options;
    this.#random = random;
    this.#batchSize = batchSize;
    this.#numEpochs = numEpochs;
    this.#dtype = options.dtype ??
      ("dtype" in data.xTrain ? data.xTrain.dtype : "float32");
    arrayOf(this.#dtype); // Throws if there is no such dtype.
    this.iterationsPerEpoch = Math.max(
      1,
      Math.floor(this.#yTrain.length / batchSize),
    );
    this.numIterations = numEpochs * this.iterationsPerEpoch;
    this.lastIteration = Math.min(
      this.numIterations,
      maxIterations ?? Infinity,
    );
    const learningRate = DEFAULT_LEARNING_RATES[updateRule];
    for (const [name, parameter] of Object.entries(model.params)) {
      model.params[name] = resident(parameter);
      this.optimStates[name] = optimState({
        learningRate,
        ...options.optimConfig,
      });
    }
  }

  /** Iterations that are finished. */
  get iteration(): number {
    return this.lossHistory.length;
  }

  /**
   * Takes one iteration: draws a batch and updates the parameters.
   *
   * @returns The loss on the batch, before the update.
   */
  step(): number {
    const { params } = this.#model;
    const rule = UPDATE_RULES[this.#options.updateRule ?? "sgd"];
    const loss = this.#workspace.run(() => {
      const indices = this.#random.choice(this.#yTrain.length, this.#batchSize);
      const labels = indices.map((i) => this.#yTrain[i]!);
      const batch = gather(this.#data.xTrain, indices, this.#dtype);
      const { loss, grads } = this.#model.loss(batch, labels);
      for (const [name, w] of Object.entries(params)) {
        params[name] = rule(w, grads[name]!, this.optimStates[name]!);
      }
      return loss;
    });
    this.lossHistory.push(loss);
    if (this.iteration % this.iterationsPerEpoch === 0) this.#endEpoch();
    return loss;
  }

  /**
   * Trains to the end, from where it is. Other tasks of the program get a turn
   * every 50 ms or so.
   *
   * @throws The reason of the signal, if training was stopped.
   */
  async train(): Promise<void> {
    const { signal, onIteration, printEvery = 10 } = this.#options;
    let turn = performance.now();
    while (this.iteration < this.lastIteration) {
      signal?.throwIfAborted();
      const first = this.iteration === 0;
      const loss = this.step();
      const t = this.iteration;
      if ((t - 1) % printEvery === 0) {
        this.#log(
          `(Iteration ${t} / ${this.numIterations}) loss: ${formatF(loss)}`,
        );
      }
      onIteration?.(t, loss);
      const last = t === this.lastIteration;
      if (first || last || t % this.iterationsPerEpoch === 0) this.check();
      if (performance.now() - turn > TURN_MS) {
        await new Promise((resolve) => setTimeout(resolve));
        turn = performance.now();
      }
    }
    this.#restoreBest();
  }

  /** Checks the accuracies, and keeps the parameters if they are the best so far. */
  check(): AccuracyCheck {
    const { numTrainSamples = 1000, numValSamples } = this.#options;
    const trainAccuracy = this.accuracy(
      this.#data.xTrain,
      this.#yTrain,
      numTrainSamples,
    );
    const valAccuracy = this.accuracy(
      this.#data.xVal,
      this.#yVal,
      numValSamples,
    );
    this.trainAccHistory.push(trainAccuracy);
    this.valAccHistory.push(valAccuracy);
    this.#log(
      `(Epoch ${this.epoch} / ${this.#numEpochs}) train acc: ${
        formatF(trainAccuracy)
      }; val_acc: ${formatF(valAccuracy)}`,
    );
    if (valAccuracy > this.bestValAcc) {
      this.bestValAcc = valAccuracy;
      this.bestParams = cloneAll(this.#model.params);
    }
    const { epoch, iteration } = this;
    const check = { epoch, iteration, trainAccuracy, valAccuracy };
    this.#options.onCheck?.(check);
    return check;
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
    return accuracy(this.#model, x, labels, indices, this.#dtype, run);
  }

  #endEpoch(): void {
    this.epoch++;
    const { lrDecay = 1 } = this.#options;
    for (const state of Object.values(this.optimStates)) {
      const { learningRate } = state.config;
      state.config = { ...state.config, learningRate: learningRate! * lrDecay };
    }
  }

  #restoreBest(): void {
    const best = Object.keys(this.bestParams).length > 0
      ? this.bestParams
      : this.#model.params;
    Object.assign(this.#model.params, cloneAll(best));
  }

  #log(line: string): void {
    if (this.#options.verbose ?? true) (this.#options.log ?? console.log)(line);
  }
}

function cloneAll(params: Record<string, Tensor>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, value.clone()]),
  );
}

/** Checks those numbers of things that are given. */
function checkCounts(counts: Record<string, number | undefined>): void {
  for (const [name, count] of Object.entries(counts)) {
    if (count === undefined) continue;
    if (!Number.isInteger(count) || count < 1) {
      throw new RangeError(
        `Cannot train: expected ${name} to be a positive integer but found ${count}`,
      );
    }
  }
}

function checkLabels(
  split: "Train" | "Val",
  x: Tensor | ImageSet,
  labels: Int32Array | readonly number[],
): Int32Array {
  const examples = "dtype" in x ? x.shape[0] : x.length;
  if (labels.length !== examples) {
    throw new TypeError(
      `Cannot train: expected y${split} to have ${examples} labels, one for each example of x${split}, but found ${labels.length}`,
    );
  }
  return Int32Array.from(labels);
}
