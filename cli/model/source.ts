// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the model that is meant: that of a text, a recipe's file, or a run.
 *
 * @module
 */

import type { LayerSpec } from "../../models/layer_spec.ts";
import { parseModel } from "../../models/parse_model.ts";
import type { DType } from "../../numerics/tensor.ts";
import {
  checkRecipe,
  completeRecipe,
  readRecipe,
} from "../../training/recipe.ts";
import { announcedData } from "../../training/recipe_fit.ts";
import { recipeLayers } from "../../training/recipe_layers.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { UsageError } from "../exit.ts";

/** A model, and what it is trained on and how. */
export interface ModelSource {
  /** The layers. */
  readonly layers: readonly LayerSpec[];
  /** Channels, height and width of an image. */
  readonly inputDim: readonly [number, number, number];
  /** Images in a batch. */
  readonly batchSize: number;
  /** Precision of the arithmetic. */
  readonly dtype: DType;
}

const INPUT_DIM = [3, 32, 32] as const;

/**
 * The model that `source` means: a `.json` file is a recipe; what is a model's
 * text is taken for one; all else is a run.
 *
 * @throws {UsageError} If it is nothing of all that.
 * @throws {DataError} If a recipe cannot be read.
 */
export function modelSource(source: string, runsDir: string): ModelSource {
  if (/\.json$/i.test(source)) return ofRecipe(source);
  let wrong: Error;
  try {
    const layers = parseModel(source);
    const { batchSize, dtype } = completeRecipe({});
    return { layers, inputDim: INPUT_DIM, batchSize, dtype };
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) {
      throw error;
    }
    wrong = error;
  }
  // White space is in texts, and seldom in the names of runs.
  if (/\s/.test(source.trim())) throw new UsageError(wrong.message);
  return ofRun(source, runsDir, wrong);
}

function ofRecipe(path: string): ModelSource {
  const recipe = completeRecipe(readRecipe(path));
  const { inputDim = INPUT_DIM, numClasses = 10 } = announcedData(recipe) ?? {};
  const { batchSize, dtype } = recipe;
  return {
    layers: recipeLayers(recipe, numClasses),
    ...{ inputDim, batchSize, dtype },
  };
}

function ofRun(name: string, runsDir: string, wrong: Error): ModelSource {
  let run: RunFolder;
  try {
    run = RunFolder.open(name, runsDir);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new UsageError(
      `Expected a model's text, a recipe's .json file or a run but found ${
        JSON.stringify(name)
      }: ${wrong.message}; ${error.message}`,
    );
  }
  const { recipe: own } = run.readConfig();
  const recipe = completeRecipe(checkRecipe(own));
  const { imageShape, classNames } = run.readData();
  const { batchSize, dtype } = recipe;
  return {
    layers: recipeLayers(recipe, classNames.length),
    ...{ inputDim: imageShape, batchSize, dtype },
  };
}
