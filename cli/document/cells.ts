// Copyright 2026 the Convlab authors. MIT license.

/**
 * The checks of the document, cell by cell: what `gradcheck` runs.
 *
 * Inputs are drawn as the document draws them, from NumPy's generator, so the
 * numbers can be compared with those that it prints.
 *
 * @module
 */

import { BATCHNORM_CELLS } from "./batchnorm_cells.ts";
import type { CellChecks } from "./check.ts";
import { FAST_CELLS } from "./fast_cells.ts";
import { MODEL_CELLS } from "./model_cells.ts";
import { NAIVE_CELLS } from "./naive_cells.ts";

/** The cells, in the order of the document. */
export const CELLS: readonly CellChecks[] = [
  ...NAIVE_CELLS,
  ...FAST_CELLS,
  ...MODEL_CELLS,
  ...BATCHNORM_CELLS,
];

/** All words that select cells. */
export const TOPICS: readonly string[] = [
  ...new Set(CELLS.flatMap(({ topics }) => topics)),
];
