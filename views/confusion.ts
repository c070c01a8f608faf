// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figure of what images of each class are taken for.
 *
 * @module
 */

import { displayFigure } from "../figures/display.ts";
import type { MatrixFigure } from "../figures/matrix_figure.ts";
import type { Evaluation } from "../training/evaluate.ts";
import { grouped, percent } from "./words.ts";

/** Options of {@linkcode confusionOf}. */
export interface ConfusionOptions {
  /** The class that each label stands for. */
  readonly classNames: readonly string[];
  /** What the figure is called, such as the run's name. */
  readonly title?: string | undefined;
  /** What the images are, such as `"test images"`; `"images"` by default. */
  readonly what?: string | undefined;
}

/** With more classes numbers do not fit into the cells. */
const MAX_NUMBERS = 30;

/**
 * Describes the confusion matrix: a row for each class, a column for each that
 * its images are taken for, and in each cell the number of images. Right answers
 * are on the diagonal.
 *
 * @param evaluation What `evaluate` returned.
 *
 * @example
 * ```ts
 * import { confusionOf } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const figure = confusionOf({
 *   images: 4,
 *   accuracy: 0.75,
 *   classAccuracy: [1, 0.5],
 *   confusion: [[2, 0], [1, 1]],
 * }, { classNames: ["cat", "dog"] });
 * assertEquals(figure.values, [[2, 0], [1, 1]]);
 * ```
 */
export function confusionOf(
  { images, accuracy, confusion }: Evaluation,
  { classNames, title, what = "images" }: ConfusionOptions,
): MatrixFigure {
  return displayFigure({
    kind: "matrix",
    ...title === undefined ? {} : { title },
    subtitle: `accuracy ${percent(accuracy)} of ${grouped(images)} ${what}`,
    rows: { title: "class", labels: classNames },
    columns: { title: "taken for", labels: classNames },
    values: confusion,
    value: { title: "images" },
    cells: classNames.length > MAX_NUMBERS ? "none" : "count",
  });
}
