// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize curves`, `filters` and `gradients`: what a run's folder tells by
 * itself.
 *
 * @module
 */

import { join } from "@std/path";
import { RunFolder } from "../../training/run_folder.ts";
import { curvesOf } from "../../views/curves.ts";
import { filtersOf } from "../../views/filters.ts";
import { gradientsOf } from "../../views/gradients.ts";
import type { FigureKind } from "./figure_kind.ts";

/** Loss, learning rate and accuracies. */
export const curves: FigureKind = {
  takes: "RUN [RUN…]",
  arguments: [1, Infinity],
  options: ["smooth"],
  plan(names, { smooth, runsDir }) {
    const runs = names.map((name) => RunFolder.open(name, runsDir));
    const [first] = runs;
    return {
      path: runs.length === 1 ? join(first!.path, "curves.png") : "curves.png",
      describe: () => curvesOf(runs, { smooth }),
    };
  },
};

/** The first layer's filters. */
export const filters = ofOne("filters", filtersOf);

/** Gradients over the training. */
export const gradients = ofOne("gradients", gradientsOf);

function ofOne(
  kind: string,
  describe: (
    run: RunFolder,
  ) => ReturnType<typeof filtersOf | typeof gradientsOf>,
): FigureKind {
  return {
    takes: "RUN",
    arguments: [1, 1],
    options: [],
    plan([name = ""], { runsDir }) {
      const run = RunFolder.open(name, runsDir);
      return {
        path: join(run.path, `${kind}.png`),
        describe: () => describe(run),
      };
    },
  };
}
