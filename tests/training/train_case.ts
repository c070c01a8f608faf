// Copyright 2026 the Convlab authors. MIT license.

/**
 * One of several solvers of a small training, in a thread or alone.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { ImageSet } from "../../data/image_set.ts";
import { ConvNet, type ConvNetOptions } from "../../models/conv_net.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType, Tensor } from "../../numerics/tensor.ts";
import type { GradientReducer } from "../../training/gradient_reducer.ts";
import { cosineSchedule } from "../../training/schedules.ts";
import { Solver } from "../../training/solver.ts";
import type { SolverOptions } from "../../training/solver_options.ts";

/** A training, in a form that can be sent to a thread. */
export interface TrainingCase {
  readonly name: string;
  /** A model's text, or that of the three-layer network. */
  readonly model: string | undefined;
  readonly dtype?: DType;
  readonly reg?: number;
  readonly labelSmoothing?: number;
  /** Whether the examples are a set of images. */
  readonly images?: boolean;
  readonly schedule?: boolean;
  /** Whether the learning rate is halved after 7 iterations, for the first solver alone. */
  readonly rateByHand?: boolean;
  readonly syncBatchnorm?: boolean;
  /** Whether a number in the first example is infinite. */
  readonly infinite?: boolean;
  readonly solver?: SolverOptions;
}

/** What is left of a training. */
export interface Trained {
  readonly tensors: Readonly<Record<string, Float64Array>>;
  readonly losses: readonly number[];
  readonly trainAccuracies: readonly number[];
  readonly valAccuracies: readonly number[];
  readonly epoch: number;
  readonly error?: string;
}

const EXAMPLES = 40;

/** The seed of the first solver; each of the others has one of its own. */
export const FIRST_SEED = 5;

/** Trainings with all that depends on the whole batch. */
export const TRAINING_CASES: readonly TrainingCase[] = [
  { name: "the three-layer network", model: undefined, reg: 0.01 },
  {
    name: "dropout, label smoothing and Adam",
    model: "conv4-relu dropout0.3 pool fc12-relu dropout0.5 fc3",
    reg: 0.01,
    labelSmoothing: 0.1,
    solver: { updateRule: "adam", optimConfig: { learningRate: 1e-3 } },
  },
  {
    name: "batch normalisation over all parts, of each kind",
    model: "conv4-bn-relu-pool conv6-bn-relu conv4-bn-gelu fc8-bn-relu fc3",
    syncBatchnorm: true,
    solver: { optimConfig: { learningRate: 1e-2 } },
  },
  {
    name: "residual blocks, with momentum, weight decay and an average",
    model:
      "conv4-bn-relu res[conv4-bn-relu conv4-bn]-relu res[conv6s2-bn-relu conv6-bn | conv6k1s2-bn]-relu gap fc3",
    syncBatchnorm: true,
    solver: {
      updateRule: "sgd_momentum",
      optimConfig: { learningRate: 1e-2, weightDecay: 1e-2 },
      averageDecay: 0.9,
    },
  },
  {
    name: "augmented images in shuffled order, clipped and scheduled",
    model: "conv4-gn2-gelu pool fc8-leaky fc3",
    images: true,
    schedule: true,
    solver: {
      updateRule: "adamw",
      optimConfig: { learningRate: 1e-3, weightDecay: 0.1 },
      sampling: "shuffle",
      augmentation: { flip: true, crop: 2, cutout: 3 },
      maxGradNorm: 0.5,
    },
  },
];

/** Trains to the end. Each solver of several begins with a seed of its own. */
export async function trainCase(
  training: TrainingCase,
  seed: number,
  reducer?: GradientReducer,
): Promise<Trained> {
  const source = new RandomState(12);
  const bytes = Uint8Array.from(source.randint(0, 256, EXAMPLES * 64));
  const labels = source.randint(0, 3, EXAMPLES);
  const images = new ImageSet({
    ...{ bytes, labels, imageShape: [1, 8, 8] },
    mean: new Float64Array(64).fill(128),
    std: new Float64Array(64).fill(64),
  });
  const { dtype = "float64", reg = 0, labelSmoothing = 0 } = training;
  const x = training.images ? images : images.toTensor(dtype);
  if (training.infinite && !(x instanceof ImageSet)) x.data[0] = Infinity;
  const random = new RandomState(seed);
  const common = { inputDim: [1, 8, 8], reg, dtype, random } as const;
  const model = training.model === undefined
    ? new ThreeLayerConvNet({
      ...common,
      ...{ numFilters: 4, filterSize: 3, hiddenDim: 10, numClasses: 3 },
      weightScale: 0.1,
    })
    : new ConvNet(
      { ...common, model: training.model, labelSmoothing } as ConvNetOptions,
    );
  const solver: Solver = new Solver(model, {
    xTrain: x.slice(0, 30),
    yTrain: labels.subarray(0, 30),
    xVal: x.slice(30, 40),
    yVal: labels.subarray(30),
  }, {
    batchSize: 10,
    numEpochs: 100,
    maxIterations: 50,
    numTrainSamples: 20,
    verbose: false,
    keep: "last",
    dtype,
    random,
    onIterationEnd(iteration) {
      if (!training.rateByHand || iteration !== 7 || seed !== FIRST_SEED) {
        return;
      }
      solver.learningRate /= 2;
    },
    ...training.solver,
    ...(training.schedule ? { schedule: cosineSchedule({ total: 60 }) } : {}),
    ...(reducer ? { reducer } : {}),
  });
  let error: string | undefined;
  try {
    await solver.train();
  } catch (thrown) {
    error = String(thrown);
  }
  return {
    tensors: Object.fromEntries(
      Object.entries(solver.getState().tensors)
        .map(([name, t]: [string, Tensor]) => [name, t.clone("float64").data]),
    ) as Record<string, Float64Array>,
    losses: solver.lossHistory,
    trainAccuracies: solver.trainAccHistory,
    valAccuracies: solver.valAccHistory,
    epoch: solver.epoch,
    ...(error === undefined ? {} : { error }),
  };
}

/** The largest distance between two arrays, over the largest number; some are to be 0, such as a bias before a normalisation. */
export function distance(a: Float64Array, b: Float64Array): number {
  assertEquals(a.length, b.length);
  let [most, largest] = [0, 1e-6];
  for (const [i, value] of a.entries()) {
    most = Math.max(most, Math.abs(value - b[i]!));
    largest = Math.max(largest, Math.abs(value));
  }
  return most / largest;
}
