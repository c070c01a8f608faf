// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of a network's first-layer filters, as the last section of the
 * document shows them.
 *
 * @module
 */

import { type Image, imageFromTensor } from "../data/image.ts";
import { displayFigure } from "../figures/display.ts";
import type { ImageFigure } from "../figures/image_figure.ts";
import { visualizeGrid } from "../figures/visualize_grid.ts";
import { type Tensor, zeros } from "../numerics/tensor.ts";
import { learnedParameters } from "../training/learned_parameters.ts";
import type { RunFolder } from "../training/run_folder.ts";

/** Least width of a filter in the picture, in pixels, beside gaps of one. */
const LEAST = 21;

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
    images: [{ image: filterGrid(weight) }],
  });
}

/**
 * Filters side by side, each stretched to the range of colours on its own, with
 * thin lines between them however small they are.
 *
 * @param weight Shape (F, C, HH, WW), C being 1 or 3.
 *
 * @example
 * ```ts
 * import { filterGrid, RandomState } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { width } = filterGrid(new RandomState(0).randn([4, 3, 7, 7]));
 * assertEquals(width, 2 * 21 + 1);
 * ```
 */
export function filterGrid(weight: Tensor): Image {
  const [filters = 0, channels = 0, height = 0, width = 0] = weight.shape;
  const factor = Math.ceil(LEAST / width);
  const large = zeros([filters, height * factor, width * factor, channels]);
  const { data } = weight;
  let at = 0;
  for (let f = 0; f < filters; f++) {
    for (let y = 0; y < height * factor; y++) {
      for (let x = 0; x < width * factor; x++) {
        for (let c = 0; c < channels; c++) {
          const row = (f * channels + c) * height + Math.floor(y / factor);
          large.data[at++] = data[row * width + Math.floor(x / factor)]!;
        }
      }
    }
  }
  return imageFromTensor(visualizeGrid(large), { layout: "HWC" });
}
