// Copyright 2026 the Convlab authors. MIT license.

/**
 * All that a training can be told: one table, from which recipes are checked
 * (`recipe.ts`) and the options of `train` are made.
 *
 * @module
 */

import type { DType } from "../numerics/tensor.ts";
import { UPDATE_RULES, type UpdateRuleName } from "./update_rules.ts";

/** What a training is told; whatever is left out has its default. */
export interface Recipe {
  /** Data set: cifar10, fashion-mnist, a folder with one folder of images a class, or a .npz file; by default CIFAR-10 where it is found, and else the built-in sample of Fashion-MNIST. */
  readonly dataset?: string | undefined;
  /** Folder with the files of cifar10 or fashion-mnist. */
  readonly dataDir?: string | undefined;
  /** Height and width of a folder's images once resized; by default 32. */
  readonly imageSize?: number | undefined;
  /** Makes a folder's images grey. */
  readonly grayscale?: boolean | undefined;
  /** Ends at the first of a folder's images that cannot be read, instead of leaving it out. */
  readonly strict?: boolean | undefined;
  /** Training images, the first ones; by default 49,000 of CIFAR-10, and else all. */
  readonly numTraining?: number | undefined;
  /** Validation images; by default 1,000 of cifar10 or fashion-mnist, and else all. */
  readonly numValidation?: number | undefined;
  /** Test images, the first ones; by default 1,000 of CIFAR-10, and else all. */
  readonly numTest?: number | undefined;
  /** Part of each class to validate on, where there are no images for it; by default 0.1. */
  readonly valFraction?: number | undefined;
  /** Part of each class to test on, where there are no images for it; by default 0.1. */
  readonly testFraction?: number | undefined;
  /** What pixels become: less the mean image, or less the mean of their channel and divided by its standard deviation; by default mean-image, and channels with --model. */
  readonly normalize?: "mean-image" | "channels" | "none" | undefined;
  /** Mirror each training image with probability 1/2. */
  readonly flip?: boolean | undefined;
  /** Shift training images at random by up to this many pixels each way. */
  readonly crop?: number | undefined;
  /** Blank a square of this side at a random place of training images. */
  readonly cutout?: number | undefined;
  /** Layers of the network, such as "conv32-bn-relu pool fc10" (see docs/models.md); by default the three-layer network. */
  readonly model?: string | undefined;
  /** Begins with the weights of another run, as far as names and shapes are the same. */
  readonly init?: string | undefined;
  /** Three-layer network: filters of the convolution (default 32). */
  readonly numFilters?: number | undefined;
  /** Three-layer network: height and width of a filter, odd (default 7). */
  readonly filterSize?: number | undefined;
  /** Three-layer network: units of the hidden layer (default 500). */
  readonly hiddenDim?: number | undefined;
  /** Standard deviation of the initial weights; by default 0.001, and with --model what suits each layer. */
  readonly weightScale?: number | undefined;
  /** Precision of the arithmetic; by default float32. */
  readonly dtype?: DType | undefined;
  /** Times that the training images are gone through (default 1). */
  readonly epochs?: number | undefined;
  /** Ends training after this many iterations. */
  readonly maxIterations?: number | undefined;
  /** Images in a batch (default 50). */
  readonly batchSize?: number | undefined;
  /** How batches are drawn: each at random from all images, or all images in a new order each epoch; by default replacement, and shuffle with --model. */
  readonly sampling?: "replacement" | "shuffle" | undefined;
  /** How parameters follow their gradients; by default adam. */
  readonly updateRule?: UpdateRuleName | undefined;
  /** Step size of the update rule (default 0.001). */
  readonly learningRate?: number | undefined;
  /** Momentum of sgd_momentum and sgd_nesterov (default 0.9). */
  readonly momentum?: number | undefined;
  /** How the learning rate goes over the training: one-cycle, cosine or step, with settings as in cosine:warmup=500; by default it is constant. */
  readonly schedule?: string | undefined;
  /** What the learning rate is multiplied by after each epoch (default 1). */
  readonly lrDecay?: number | undefined;
  /** Strength of the L2 regularisation in the loss; by default 0.001, and 0 with --model. */
  readonly reg?: number | undefined;
  /** Weight decay of the update rule, for weights but not for biases and normalisations. */
  readonly weightDecay?: number | undefined;
  /** Share of a label's weight that is spread over all classes; with --model. */
  readonly labelSmoothing?: number | undefined;
  /** Largest norm of all gradients together; they are scaled down to it. */
  readonly clipNorm?: number | undefined;
  /** Keep a moving average of the weights, of which this share stays at each step, and use it for checks and results. */
  readonly average?: number | undefined;
  /** Ends training after this many epochs without a better validation accuracy. */
  readonly patience?: number | undefined;
  /** Which parameters are the result: those with the best validation accuracy, or the last; by default best. */
  readonly keep?: "best" | "last" | undefined;
  /** On several ranks: normalise batches by the statistics of all ranks' images, not of each rank's own. */
  readonly syncBatchnorm?: boolean | undefined;
  /** Seed of all random numbers: the same seed repeats a run to the bit (default 231). */
  readonly seed?: number | undefined;
  /** Iterations between two logged losses (default 20). */
  readonly printEvery?: number | undefined;
}

/** A text. */
interface TextField {
  readonly kind: "string";
  readonly placeholder?: string;
}

/** A number in a range. */
interface NumberField {
  readonly kind: "integer" | "number";
  /** Least value. */
  readonly min?: number;
  /** A bound that the value exceeds. */
  readonly above?: number;
  /** Greatest value. */
  readonly max?: number;
  /** A bound that the value does not reach. */
  readonly below?: number;
}

/** One of a few words. */
interface ChoiceField {
  readonly kind: "choice";
  readonly choices: readonly string[];
}

/** Yes or no. */
interface SwitchField {
  readonly kind: "boolean";
}

/** One thing that a training can be told. */
export type RecipeField =
  & {
    /** What it does, on one line. */
    readonly help: string;
    /** Where it belongs. */
    readonly group: "Data" | "Network" | "Training";
  }
  & (TextField | NumberField | ChoiceField | SwitchField);

/** The fields of a recipe, in the order in which help lists them. */
export const RECIPE_FIELDS = {
  dataset: {
    group: "Data",
    kind: "string",
    placeholder: "NAME",
    help:
      "Data set: cifar10, fashion-mnist, a folder with one folder of images a class, or a .npz file; by default CIFAR-10 where it is found, and else the built-in sample of Fashion-MNIST",
  },
  dataDir: {
    group: "Data",
    kind: "string",
    placeholder: "DIR",
    help: "Folder with the files of cifar10 or fashion-mnist",
  },
  imageSize: {
    group: "Data",
    kind: "integer",
    min: 1,
    max: 1024,
    help: "Height and width of a folder's images once resized; by default 32",
  },
  grayscale: {
    group: "Data",
    kind: "boolean",
    help: "Makes a folder's images grey",
  },
  strict: {
    group: "Data",
    kind: "boolean",
    help:
      "Ends at the first of a folder's images that cannot be read, instead of leaving it out",
  },
  numTraining: {
    group: "Data",
    kind: "integer",
    min: 1,
    help:
      "Training images, the first ones; by default 49,000 of CIFAR-10, and else all",
  },
  numValidation: {
    group: "Data",
    kind: "integer",
    min: 0,
    help:
      "Validation images; by default 1,000 of cifar10 or fashion-mnist, and else all",
  },
  numTest: {
    group: "Data",
    kind: "integer",
    min: 0,
    help:
      "Test images, the first ones; by default 1,000 of CIFAR-10, and else all",
  },
  valFraction: {
    group: "Data",
    kind: "number",
    min: 0,
    below: 1,
    help:
      "Part of each class to validate on, where there are no images for it; by default 0.1",
  },
  testFraction: {
    group: "Data",
    kind: "number",
    min: 0,
    below: 1,
    help:
      "Part of each class to test on, where there are no images for it; by default 0.1",
  },
  normalize: {
    group: "Data",
    kind: "choice",
    choices: ["mean-image", "channels", "none"],
    help:
      "What pixels become: less the mean image, or less the mean of their channel and divided by its standard deviation; by default mean-image, and channels with --model",
  },
  flip: {
    group: "Data",
    kind: "boolean",
    help: "Mirror each training image with probability 1/2",
  },
  crop: {
    group: "Data",
    kind: "integer",
    min: 1,
    max: 256,
    help: "Shift training images at random by up to this many pixels each way",
  },
  cutout: {
    group: "Data",
    kind: "integer",
    min: 1,
    max: 1024,
    help: "Blank a square of this side at a random place of training images",
  },
  model: {
    group: "Network",
    kind: "string",
    placeholder: "TEXT",
    help:
      'Layers of the network, such as "conv32-bn-relu pool fc10" (see docs/models.md); by default the three-layer network',
  },
  init: {
    group: "Network",
    kind: "string",
    placeholder: "RUN",
    help:
      "Begins with the weights of another run, as far as names and shapes are the same",
  },
  numFilters: {
    group: "Network",
    kind: "integer",
    min: 1,
    help: "Three-layer network: filters of the convolution (default 32)",
  },
  filterSize: {
    group: "Network",
    kind: "integer",
    min: 1,
    help: "Three-layer network: height and width of a filter, odd (default 7)",
  },
  hiddenDim: {
    group: "Network",
    kind: "integer",
    min: 1,
    help: "Three-layer network: units of the hidden layer (default 500)",
  },
  weightScale: {
    group: "Network",
    kind: "number",
    above: 0,
    help:
      "Standard deviation of the initial weights; by default 0.001, and with --model what suits each layer",
  },
  dtype: {
    group: "Network",
    kind: "choice",
    choices: ["float32", "float64"],
    help: "Precision of the arithmetic; by default float32",
  },
  epochs: {
    group: "Training",
    kind: "integer",
    min: 1,
    help: "Times that the training images are gone through (default 1)",
  },
  maxIterations: {
    group: "Training",
    kind: "integer",
    min: 1,
    help: "Ends training after this many iterations",
  },
  batchSize: {
    group: "Training",
    kind: "integer",
    min: 1,
    help: "Images in a batch (default 50)",
  },
  sampling: {
    group: "Training",
    kind: "choice",
    choices: ["replacement", "shuffle"],
    help:
      "How batches are drawn: each at random from all images, or all images in a new order each epoch; by default replacement, and shuffle with --model",
  },
  updateRule: {
    group: "Training",
    kind: "choice",
    choices: Object.keys(UPDATE_RULES) as UpdateRuleName[],
    help: "How parameters follow their gradients; by default adam",
  },
  learningRate: {
    group: "Training",
    kind: "number",
    above: 0,
    help: "Step size of the update rule (default 0.001)",
  },
  momentum: {
    group: "Training",
    kind: "number",
    min: 0,
    below: 1,
    help: "Momentum of sgd_momentum and sgd_nesterov (default 0.9)",
  },
  schedule: {
    group: "Training",
    kind: "string",
    placeholder: "TEXT",
    help:
      "How the learning rate goes over the training: one-cycle, cosine or step, with settings as in cosine:warmup=500; by default it is constant",
  },
  lrDecay: {
    group: "Training",
    kind: "number",
    above: 0,
    help:
      "What the learning rate is multiplied by after each epoch (default 1)",
  },
  reg: {
    group: "Training",
    kind: "number",
    min: 0,
    help:
      "Strength of the L2 regularisation in the loss; by default 0.001, and 0 with --model",
  },
  weightDecay: {
    group: "Training",
    kind: "number",
    min: 0,
    help:
      "Weight decay of the update rule, for weights but not for biases and normalisations",
  },
  labelSmoothing: {
    group: "Training",
    kind: "number",
    min: 0,
    below: 1,
    help:
      "Share of a label's weight that is spread over all classes; with --model",
  },
  clipNorm: {
    group: "Training",
    kind: "number",
    above: 0,
    help: "Largest norm of all gradients together; they are scaled down to it",
  },
  average: {
    group: "Training",
    kind: "number",
    above: 0,
    below: 1,
    help:
      "Keep a moving average of the weights, of which this share stays at each step, and use it for checks and results",
  },
  patience: {
    group: "Training",
    kind: "integer",
    min: 1,
    help:
      "Ends training after this many epochs without a better validation accuracy",
  },
  keep: {
    group: "Training",
    kind: "choice",
    choices: ["best", "last"],
    help:
      "Which parameters are the result: those with the best validation accuracy, or the last; by default best",
  },
  syncBatchnorm: {
    group: "Training",
    kind: "boolean",
    help:
      "On several ranks (docs/scaling.md): normalises batches by the statistics of all ranks' images, not of each rank's own",
  },
  seed: {
    group: "Training",
    kind: "integer",
    min: 0,
    max: 2 ** 32 - 1,
    help:
      "Seed of all random numbers: the same seed repeats a run to the bit (default 231)",
  },
  printEvery: {
    group: "Training",
    kind: "integer",
    min: 1,
    help: "Iterations between two logged losses (default 20)",
  },
} as const satisfies Record<keyof Recipe, RecipeField>;
