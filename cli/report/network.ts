// Copyright 2026 the Convlab authors. MIT license.

/**
 * The part of a report on the network: its layers, and what they cost.
 *
 * @module
 */

import { planModel } from "../../models/plan_model.ts";
import { checkRecipe, completeRecipe } from "../../training/recipe.ts";
import { recipeLayers } from "../../training/recipe_layers.ts";
import type { RunFolder } from "../../training/run_folder.ts";
import {
  type LayerSummary,
  type ModelSummary,
  summarize,
} from "../model/summary.ts";
import { bytesText, NONE } from "../runs/format.ts";
import { grouped } from "../words.ts";
import { type Html, markup } from "./html.ts";
import { table, type TableRow } from "./table.ts";

/**
 * The network of a run, by its recipe.
 *
 * @throws {Error} If the run does not tell what it is, or its layers do not fit its images.
 */
export function networkOf(run: RunFolder): ModelSummary {
  const recipe = completeRecipe(checkRecipe(run.readConfig().recipe ?? {}));
  const { imageShape: inputDim, classNames } = run.readData();
  const plan = planModel(recipeLayers(recipe, classNames.length), inputDim);
  const { batchSize, dtype } = recipe;
  return summarize(plan, { inputDim, batchSize, dtype });
}

/** The table of layers, and what a step takes. */
export function networkPart(summary: ModelSummary): Html {
  const { model, inputDim, dtype, layers, total, training } = summary;
  const columns = [
    ...[{ title: "Layer" }, { title: "Text" }, { title: "Output" }],
    ...["Parameters", "Multiply-adds", "FLOPs", "Memory"]
      .map((title) => ({ title, isNumeric: true })),
  ];
  const rows = layers.flatMap((layer) => rowsOf(layer, ""));
  const layersTable = table(
    "Layers of the network, and what each takes for one image",
    columns,
    rows,
    [
      ...["Total", "", ""],
      ...[grouped(total.parameters), grouped(total.multiplyAdds)],
      ...[grouped(total.flops), bytesText(total.bytes)],
    ],
  );
  const parameterBytes = bytesText(total.parameterBytes);
  const bytes = bytesText(training.bytes);
  const batchSize = grouped(training.batchSize);
  return markup`<p><code>${model}</code> on images of ${
    shape(inputDim)
  }, in ${dtype}.</p>
${layersTable}<p class="about">Multiply-adds, FLOPs (two for each multiply-add) and memory are those of one image on its way forward. The parameters take ${parameterBytes}; training takes about ${bytes} with batches of ${batchSize}.</p>
`;
}

/** A layer's row, and those of what is in it. */
function rowsOf(layer: LayerSummary, indent: string): TableRow[] {
  const { name, text, output, parameters, multiplyAdds, bytes } = layer;
  const { body = [], shortcut = [] } = layer;
  const number = (n: number) => n === 0 ? NONE : grouped(n);
  const inner = `${indent}\u2003`;
  return [
    [
      ...[indent + name, markup`<code>${text}</code>`, shape(output)],
      ...[number(parameters), number(multiplyAdds), number(2 * multiplyAdds)],
      bytes === 0 ? NONE : bytesText(bytes),
    ],
    ...body.flatMap((layer) => rowsOf(layer, inner)),
    ...shortcut.flatMap((layer) => rowsOf(layer, `${inner}| `)),
  ];
}

function shape(lengths: readonly number[]): string {
  return lengths.join("\u00a0×\u00a0");
}
