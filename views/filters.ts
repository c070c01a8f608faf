// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a network's first-layer filters, as the last section of the
 * document shows them.
 *
 * @module
 */

import { imageFromTensor } from "../data/image.ts";
import { displayFigure } from "../figures/display.ts";
import type { ImageFigure } from "../figures/image_figure.ts";
import { learnedParameters } from "../training/learned_parameters.ts";
import type { RunFolder } from "../training/run_folder.ts";

/**
 * Describes the filters of a run, each scaled on its own to show its pattern.
 *
 * @throws {Error} If the run has neither ended nor a checkpoint, or its filters are no images.
 *
 * @example
 * ```ts
 * import { filtersOf, RandomState, RunFolder } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = Deno.makeTempDirSync();
 * const run = RunFolder.create(runs, "first");
 * run.writeConfig({ data: "Shapes" });
 * const weight = new RandomState(0).randn([4, 3, 5, 5]);
 * run.writeParameters({ "conv1.weight": weight });
 * assertEquals(filtersOf(run).subtitle, "Shapes, 4 filters of 5 × 5");
 * Deno.removeSync(runs, { recursive: true });
 * ```
 */
export function filtersOf(run: RunFolder): ImageFigure {
  const { tensors: params } = learnedParameters(run);
  const weight = params["conv1.weight"] ?? params.W1;
  const [filters = 0, channels = 0, height = 0, width = 0] = weight?.shape ??
    [];
  if (!weight || (channels !== 1 && channels !== 3)) {
    throw new Error(
      `Cannot draw filters: expected the first convolution of run "${run.name}" to have filters of 1 or 3 channels but found ${
        weight ? channels : "none"
      }`,
    );
  }
  return displayFigure({
    kind: "images",
    title: run.name,
    subtitle:
      `${run.readConfig().data}, ${filters} filters of ${height} × ${width}`,
    columns: columnsFor(filters),
    gap: 3,
    images: Array.from({ length: filters }, (_, f) => {
      const filter = weight.slice(f, f + 1).reshape([channels, height, width]);
      return { image: imageFromTensor(filter, { normalize: true }) };
    }),
  });
}

/** As many columns as leave no gap in the last row, if there is a number near the square root. */
function columnsFor(count: number): number {
  const least = Math.ceil(Math.sqrt(count));
  for (let columns = least; columns <= 2 * least; columns++) {
    if (count % columns === 0) return columns;
  }
  return least;
}
