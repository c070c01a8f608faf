// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a Solver trains, on what, and how.
 *
 * @module
 */

import type { Augmentation } from "../data/augmentation.ts";
import type { ImageSet } from "../data/image_set.ts";
import type { GeneratorState, RandomState } from "../numerics/random.ts";
import type { DType, Tensor } from "../numerics/tensor.ts";
import type { GradientReducer, Reduction } from "./gradient_reducer.ts";
import type { LearningRateSchedule } from "./schedules.ts";
import type {
  OptimConfig,
  UpdateRule,
  UpdateRuleName,
} from "./update_rules.ts";

/** What a Solver can train. */
export interface Model {
  /** Parameters by name. The solver replaces them. */
  params: Record<string, Tensor>;
  /** Running statistics by name, which training updates; kept and restored with the parameters. */
  readonly buffers?: Record<string, Tensor>;
  /** Whether weight decay applies to a parameter; by default to those of more than one axis. */
  decays?(name: string): boolean;
  /** What each layer gives, by name, in order; told where a training diverged. */
  activations?(x: Tensor, mode: "train" | "test"): Map<string, Tensor>;
  /** What the model draws from, such as for dropout. */
  getGeneratorState?(): GeneratorState | undefined;
  /** Goes on from such a state. */
  setGeneratorState?(state: GeneratorState | undefined): void;
  /** The loss on labelled examples, and the gradient of each parameter. With a reduction, the examples are a part of a batch, and both are of the whole. */
  loss(
    x: Tensor,
    labels: Int32Array,
    reduction?: Reduction,
  ): { loss: number; grads: Record<string, Tensor> };
  /** Class scores of examples, shape (N, classes). */
  scores(x: Tensor): Tensor;
}

/** What a Solver trains and validates on. */
export interface SolverData {
  /** Training examples, the first axis counting them, or a set of images. */
  readonly xTrain: Tensor | ImageSet;
  /** Their labels. */
  readonly yTrain: Int32Array | readonly number[];
  /** Validation examples. */
  readonly xVal: Tensor | ImageSet;
  /** Their labels. */
  readonly yVal: Int32Array | readonly number[];
}

/** Options of Solver. */
export interface SolverOptions {
  /** How parameters follow gradients, by name or as a function of your own; `"sgd"` by default. */
  readonly updateRule?: UpdateRuleName | UpdateRule;
  /** The numbers of the update rule. */
  readonly optimConfig?: OptimConfig;
  /** The learning rate is multiplied by this after each epoch; 1 by default. */
  readonly lrDecay?: number;
  /** What the learning rate is multiplied by at each iteration, on top of `lrDecay`; 1 by default. */
  readonly schedule?: LearningRateSchedule | undefined;
  /** Largest norm of all gradients together, to which they are scaled down. */
  readonly maxGradNorm?: number | undefined;
  /** Share of a moving average of the parameters that stays at each step; checks and results are then those of the average. */
  readonly averageDecay?: number | undefined;
  /** Ends training after so many epochs without a better validation accuracy; needs validation examples. */
  readonly patience?: number | undefined;
  /** Whether training ends with the parameters of the best validation accuracy or with the last; `"best"` by default. */
  readonly keep?: "best" | "last";
  /** How batches are drawn: each from all examples, or all examples in a new order each epoch; `"replacement"` by default. */
  readonly sampling?: "replacement" | "shuffle";
  /** Random changes to training images. */
  readonly augmentation?: Augmentation | undefined;
  /** Examples in a batch; 100 by default. */
  readonly batchSize?: number;
  /** Epochs to train for; 10 by default. */
  readonly numEpochs?: number;
  /** Ends training after this many iterations in any case. */
  readonly maxIterations?: number | undefined;
  /** Training examples that the training accuracy is taken of; 1000 by default. */
  readonly numTrainSamples?: number;
  /** Validation examples that the validation accuracy is taken of; all by default. */
  readonly numValSamples?: number | undefined;
  /** Iterations between two logged losses; 10 by default. */
  readonly printEvery?: number;
  /** Whether losses and accuracies are logged; true by default. */
  readonly verbose?: boolean;
  /** Where log lines go; `console.log` by default. */
  readonly log?: (line: string) => void;
  /** Called before the parameters are updated, with the iteration's number and the gradients as the loss gave them, which are gone or changed once this returns. */
  readonly onGradients?: (
    iteration: number,
    grads: Readonly<Record<string, Tensor>>,
  ) => void;
  /** Called after each iteration with its number, from 1. */
  readonly onIteration?: (iteration: number, loss: number) => void;
  /** Called after each check of the accuracies. */
  readonly onCheck?: (check: AccuracyCheck) => void;
  /** Called when an iteration is done, its checks included: the moment to save {@linkcode Solver.getState}. */
  readonly onIterationEnd?: (iteration: number) => void;
  /** Called after other tasks of the program had a turn, every 200 ms or so; training waits for what it gives, which is how to pause it. */
  readonly onTurn?: () => void | Promise<void>;
  /** Draws the batches; seeded anew for each solver by default. */
  readonly random?: RandomState;
  /** Element type of the batches; that of the training examples, or float32 for images. */
  readonly dtype?: DType;
  /** Others that train the same model, each on a part of every batch. */
  readonly reducer?: GradientReducer | undefined;
  /** Stops training between two iterations, with its reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** One check of the accuracies. */
export interface AccuracyCheck {
  /** Epochs that are finished. */
  readonly epoch: number;
  /** Iterations that are finished. */
  readonly iteration: number;
  /** Share of training examples that are classified rightly, from 0 to 1. */
  readonly trainAccuracy: number;
  /** The same of the validation examples; NaN if there are none. */
  readonly valAccuracy: number;
}
