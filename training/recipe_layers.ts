// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layers of the network that a recipe trains.
 *
 * @module
 */

import type { LayerSpec } from "../models/layer_spec.ts";
import { parseModel } from "../models/parse_model.ts";
import type { CompleteRecipe } from "./recipe.ts";

/**
 * The layers that a recipe's text names, or those of the three-layer network.
 *
 * @param numClasses Scores that the three-layer network gives.
 */
export function recipeLayers(
  recipe: CompleteRecipe,
  numClasses: number,
): LayerSpec[] {
  const { model, numFilters = 1, filterSize: size = 1, hiddenDim = 1 } = recipe;
  if (model !== undefined) return parseModel(model);
  const pad = (size - 1) / 2;
  const once = { stride: 1, dilation: 1, groups: 1 } as const;
  return [
    { kind: "conv", filters: numFilters, size, pad, ...once },
    { kind: "relu" },
    { kind: "pool", size: 2, stride: 2 },
    { kind: "fc", units: hiddenDim },
    { kind: "relu" },
    { kind: "fc", units: numClasses },
  ];
}
