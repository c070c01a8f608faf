// Copyright 2026 the Convlab authors. MIT license.

/**
 * `model`: what a network is made of, and what it costs.
 *
 * @module
 */

import { planModel } from "../models/plan_model.ts";
import { RECIPE_FIELDS } from "../training/recipe_fields.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { INPUT_DIM, parseInput } from "./model/input.ts";
import { summaryLines } from "./model/report.ts";
import { modelSource } from "./model/source.ts";
import { summarize } from "./model/summary.ts";
import { RUN_OPTIONS } from "./training_options.ts";

export default defineCommand({
  examples: [
    {
      args: 'summary "conv32-bn-relu pool conv64-bn-relu pool fc10"',
      help: "Layers, shapes, parameters and costs of a text",
    },
    {
      args: 'summary "conv16-relu pool fc10" --input-dim 1,28,28',
      help: "On grey images of 28 x 28 pixels",
    },
    { args: "summary recipes/cifar10.json", help: "Those of a recipe" },
    { args: "summary RUN", help: "Those of what was trained" },
    { args: "summary RUN --json", help: "For other programs to read" },
  ],
  notes:
    "docs/models.md tells what a text can say. A multiply-add is two floating-point operations; those of normalisations are counted too, those of poolings and activations are not.\n\nMemory is that of what a layer gives for one image, which training keeps until it has gone back over it; a dash stands where a layer is run as one with the next and nothing is kept. The estimate for training has gradients for all of it, and Adam's two averages; kernels need up to a third more.",
  positionals: {
    action: { choices: ["summary"], help: "What to tell" },
    source: {
      help: "A model's text, a run's name or folder, or a recipe's .json file",
    },
  },
  options: {
    inputDim: {
      ...INPUT_DIM,
      formerly: "input",
      help:
        "Channels, height and width of an image; by default the run's or the recipe's, or 3,32,32",
    },
    batchSize: {
      kind: "integer",
      min: 1,
      help:
        "Images in a batch, for the memory of training; by default the recipe's, or 50",
    },
    dtype: {
      kind: "choice",
      choices: RECIPE_FIELDS.dtype.choices,
      help: "Precision of the arithmetic; by default the recipe's, or float32",
    },
    json: { kind: "boolean", help: "Print JSON" },
    runsDir: RUN_OPTIONS.runsDir,
  },
  run({ options, positionals, ...streams }) {
    const { json, runsDir } = options;
    const source = modelSource(positionals.source, runsDir);
    const inputDim = options.inputDim === undefined
      ? source.inputDim
      : parseInput(options.inputDim);
    const batchSize = options.batchSize ?? source.batchSize;
    const dtype = options.dtype ?? source.dtype;
    let plan;
    try {
      plan = planModel(source.layers, inputDim);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new UsageError(error.message, { cause: error });
    }
    const summary = summarize(plan, { inputDim, batchSize, dtype });
    if (json) streams.stdout.line(JSON.stringify(summary, null, 2));
    else {
      for (const line of summaryLines(summary, streams.stdout)) {
        streams.stdout.line(line);
      }
    }
    return ExitCode.success;
  },
});
