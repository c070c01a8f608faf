// Copyright 2026 the Convlab authors. MIT license.

/**
 * `overfit`: trains on a hundred images until the network knows them by heart,
 * as cells 16 and 17 of the document do.
 *
 * @module
 */

import { join } from "@std/path";
import { renderFigure } from "../figures/figure.ts";
import { RandomState } from "../numerics/random.ts";
import { writeFileAtomically } from "../training/atomic_file.ts";
import { completeRecipe } from "../training/recipe.ts";
import { checkFit } from "../training/recipe_fit.ts";
import { RunFolder } from "../training/run_folder.ts";
import { defineCommand } from "./command.ts";
import { curvesOf } from "../views/curves.ts";
import { OVERFIT } from "./document/history.ts";
import { ExitCode } from "./exit.ts";
import { prepareOutput } from "./files.ts";
import { showPreview } from "./preview.ts";
import { inNewRun } from "./new_run.ts";
import { writeConfiguration } from "./run_configuration.ts";
import {
  dataOptionsOf,
  defaultName,
  loadData,
  TRAINING_OPTIONS,
} from "./training_options.ts";
import { runTraining } from "./training_run.ts";

/** All but how many images to train on, which has another default here. */
const { numTraining: _, ...SHARED_OPTIONS } = TRAINING_OPTIONS;

export default defineCommand({
  examples: [
    { args: "", help: "On CIFAR-10, or on the built-in sample" },
    {
      args: "--data-dir ~/cifar10 --output overfit.svg",
      help: "The document's 46 lines and its figure",
    },
  ],
  notes:
    "On CIFAR-10 the lines are those of the document, to the last digit. Writes a run folder as train does, with the figure as curves.png.",
  positionals: {},
  options: {
    numTraining: {
      kind: "integer",
      formerly: "num-train",
      min: 1,
      default: OVERFIT.numTrain,
      help: "Training images, the first ones",
    },
    epochs: {
      kind: "integer",
      min: 1,
      default: OVERFIT.epochs,
      help: "Times that the training images are gone through",
    },
    seed: {
      kind: "integer",
      min: 0,
      max: 2 ** 32 - 1,
      default: OVERFIT.seed,
      help: "Seed of all random numbers",
    },
    output: {
      kind: "string",
      alias: "o",
      placeholder: "FILE",
      help:
        "Where to write the figure (.png or .svg); by default into the run folder",
    },
    ...SHARED_OPTIONS,
  },
  async run({ options, ...streams }) {
    const { numTraining, ...rest } = options;
    const { seed, epochs, output } = rest;
    const format = output === undefined
      ? "png"
      : prepareOutput(output, ["png", "svg"]);
    const { runsDir, name = defaultName("overfit") } = options;
    RunFolder.checkNew(runsDir, name);
    const data = await loadData(rest, streams);
    const { batchSize, weightScale, learningRate } = OVERFIT;
    const recipe = completeRecipe({
      ...dataOptionsOf(rest),
      ...{ epochs, batchSize, weightScale, learningRate, seed },
      ...{ hiddenDim: 100, reg: 0, dtype: "float64", printEvery: 1 },
    });
    const numTrain = Math.min(numTraining, data.train.length);
    const { imageShape } = data.train;
    const numClasses = data.classNames.length;
    checkFit(recipe, { inputDim: imageShape, numClasses, examples: numTrain });
    return inNewRun({ runsDir, name }, async (run) => {
      writeConfiguration(run, "overfit", {
        ...{ data, numTrain, recipe },
        threads: options.threads,
      });
      await runTraining(
        run,
        {
          data,
          numTrain,
          recipe,
          parameterType: "float32",
          random: new RandomState(seed),
        },
        options.threads,
        streams,
      );
      const figure = curvesOf(run);
      const path = output ?? join(run.path, "curves.png");
      writeFileAtomically(path, await renderFigure(figure, { format }));
      await showPreview(figure, streams);
      streams.stderr.line(`Run folder: ${run.path}`);
      streams.stderr.line(`Figure: ${path}`);
      return ExitCode.success;
    });
  },
});
