// Copyright 2026 the Convlab authors. MIT license.

/**
 * The figures that `visualize` draws, by their names.
 *
 * @module
 */

import { bench } from "./bench.ts";
import { convolve } from "./convolve.ts";
import { dataset } from "./dataset.ts";
import { confusion, mistakes } from "./of_images.ts";
import { activations, saliency } from "./of_picture.ts";
import { curves, filters, gradients } from "./of_run.ts";

/** All kinds, those of runs first. */
export const KINDS = {
  ...{ curves, filters, activations, saliency, confusion, mistakes },
  ...{ gradients, dataset, convolve, bench },
} as const;

/** The names. */
export const KIND_NAMES = Object.keys(KINDS) as (keyof typeof KINDS)[];
