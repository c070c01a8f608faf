// Copyright 2026 the Convlab authors. MIT license.

/**
 * `train`: trains the three-layer network, by default as cell 18 of the
 * document does.
 *
 * @module
 */

import { RandomState } from "../numerics/random.ts";
import type { OptimConfig } from "../training/update_rules.ts";
import { defineCommand } from "./command.ts";
import { afterOverfitting } from "./document/history.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { kebabCase } from "./arguments.ts";
import { loadData, TRAINING_OPTIONS } from "./training_options.ts";
import { runTraining } from "./training_run.ts";

const OPTIONS = {
  epochs: {
    kind: "integer",
    min: 1,
    default: 1,
    help: "Times that the training images are gone through",
  },
  maxIterations: {
    kind: "integer",
    min: 1,
    help: "Ends training after this many iterations",
  },
  batchSize: {
    kind: "integer",
    min: 1,
    default: 50,
    help: "Images in a batch",
  },
  numFilters: {
    kind: "integer",
    min: 1,
    default: 32,
    help: "Filters of the convolution",
  },
  filterSize: {
    kind: "integer",
    min: 1,
    default: 7,
    help: "Height and width of a filter, odd",
  },
  hiddenDim: {
    kind: "integer",
    min: 1,
    default: 500,
    help: "Units of the hidden layer",
  },
  weightScale: {
    kind: "number",
    above: 0,
    default: 0.001,
    help: "Standard deviation of the initial weights",
  },
  learningRate: {
    kind: "number",
    above: 0,
    default: 0.001,
    help: "Step size of the update rule",
  },
  lrDecay: {
    kind: "number",
    above: 0,
    default: 1,
    help: "What the learning rate is multiplied by after each epoch",
  },
  reg: {
    kind: "number",
    min: 0,
    default: 0.001,
    help: "Strength of the L2 regularisation",
  },
  updateRule: {
    kind: "choice",
    choices: ["sgd", "sgd_momentum", "rmsprop", "adam"],
    default: "adam",
    help: "How parameters follow their gradients",
  },
  dtype: {
    kind: "choice",
    choices: ["float32", "float64"],
    default: "float32",
    help: "Precision of the arithmetic",
  },
  seed: {
    kind: "integer",
    min: 0,
    max: 2 ** 32 - 1,
    default: 231,
    help: "Seed of all random numbers: the same seed repeats a run to the bit",
  },
  printEvery: {
    kind: "integer",
    min: 1,
    default: 20,
    help: "Iterations between two logged losses",
  },
  asDocumented: {
    kind: "boolean",
    help:
      "Trains on CIFAR-10 as the document does, in float64 and with its random numbers, and prints its lines",
  },
  ...TRAINING_OPTIONS,
} as const;

/** Options that do not change what `--as-documented` computes. */
const FREE = new Set([
  ...["asDocumented", "maxIterations", "dataset"],
  ...["dataDir", "name", "runsDir", "threads"],
]);

export default defineCommand({
  examples: [
    { args: "", help: "One epoch on CIFAR-10, or on the built-in sample" },
    { args: "--epochs 5 --lr-decay 0.9 --name five", help: "Train for longer" },
    {
      args: "--dataset fashion-mnist --hidden-dim 100",
      help: "A smaller network on the sample",
    },
    {
      args: "--as-documented --data-dir ~/cifar10",
      help: "The document's training, digit for digit",
    },
  ],
  notes:
    "Writes a run folder, RUNS_DIR/NAME, with config.json, log.txt, metrics.jsonl (one JSON object for each iteration and each check of the accuracies) and final.safetensors (the parameters with the best validation accuracy).",
  positionals: {},
  options: OPTIONS,
  async run({ options, given, ...streams }) {
    const { asDocumented } = options;
    if (asDocumented) {
      const fixed = [...given].find((name) => !FREE.has(name));
      if (fixed !== undefined) {
        throw new UsageError(
          `Expected no --${
            kebabCase(fixed)
          } with --as-documented, which fixes it`,
        );
      }
      if ((options.dataset ?? "cifar10") !== "cifar10") {
        throw new UsageError(
          "Expected --dataset cifar10 with --as-documented, which is about CIFAR-10",
        );
      }
    }
    if (options.filterSize % 2 === 0) {
      throw new UsageError(
        `Expected --filter-size to be odd but found "${options.filterSize}"`,
      );
    }
    const dataset = asDocumented ? "cifar10" : options.dataset;
    const data = await loadData({ ...options, dataset }, streams);
    const { updateRule, learningRate, lrDecay, batchSize, epochs } = options;
    const { maxIterations, weightScale, reg, seed, printEvery } = options;
    const optimConfig: OptimConfig = { learningRate };
    // The document keeps float32 parameters but feeds float64 images, so that
    // its arithmetic is float64 from the first update on.
    const dtype = asDocumented ? "float64" : options.dtype;
    const { run } = await runTraining(
      {
        command: "train",
        data,
        model: {
          numFilters: options.numFilters,
          filterSize: options.filterSize,
          hiddenDim: options.hiddenDim,
          weightScale,
          reg,
          dtype: asDocumented ? "float32" : dtype,
        },
        solver: {
          ...{ updateRule, optimConfig, lrDecay, batchSize, maxIterations },
          ...{ numEpochs: epochs, printEvery, dtype },
        },
        random: asDocumented ? afterOverfitting() : new RandomState(seed),
        settings: {
          ...{ updateRule, learningRate, lrDecay, batchSize, epochs },
          ...{ maxIterations, dtype, seed, asDocumented },
        },
      },
      options,
      streams,
    );
    streams.stderr.line(
      `Run folder: ${run.path} (deno task visualize curves ${run.path})`,
    );
    return ExitCode.success;
  },
});
