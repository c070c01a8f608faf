// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize dataset`: what images a data set has.
 *
 * @module
 */

import { basename, extname, resolve } from "@std/path";
import { isDataSetName } from "../../data/load_data_set.ts";
import { dataSetOf } from "../../views/dataset.ts";
import { loadData } from "../training_options.ts";
import type { FigureKind } from "./figure_kind.ts";

/** The kind. */
export const dataset: FigureKind = {
  takes: "DATASET",
  arguments: [1, 1],
  options: ["samples", "dataDir"],
  plan([name = ""], { samples, dataDir }, streams) {
    const path = resolve(name);
    const short = isDataSetName(name) ? name : basename(path, extname(path));
    return {
      path: `${short}.png`,
      async describe() {
        const data = await loadData({ dataset: name, dataDir }, streams);
        return dataSetOf(data, { samples });
      },
    };
  },
};
