// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a run has learned, be it at its end or so far.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import { ofPrefix } from "./prefixed_tensors.ts";
import type { RunFolder } from "./run_folder.ts";

/** Parameters and running statistics of a run. */
export interface LearnedParameters {
  /** The tensors by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The iteration of the checkpoint that they come from; `undefined` if the run has ended. */
  readonly iteration: number | undefined;
}

/**
 * The parameters that a run ended with or, if it has not, those that it would
 * keep if it ended at its newest checkpoint: the best so far, or the last where
 * its recipe says so.
 *
 * @throws {Error} If the run has neither, or the file is damaged.
 *
 * @example Of a run that has ended
 * ```ts
 * import { learnedParameters, RunFolder, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = Deno.makeTempDirSync();
 * const run = RunFolder.create(runs, "first");
 * run.writeParameters({ W1: tensor([1, 2]) });
 * const { tensors, iteration } = learnedParameters(run);
 * assertEquals([...tensors.W1!.data], [1, 2]);
 * assertEquals(iteration, undefined);
 * Deno.removeSync(runs, { recursive: true });
 * ```
 */
export function learnedParameters(run: RunFolder): LearnedParameters {
  const checkpoint = run.hasParameters()
    ? undefined
    : run.checkpoints().latest().checkpoint;
  if (!checkpoint) {
    return { tensors: run.readParameters(), iteration: undefined };
  }
  const { recipe } = run.readConfig();
  const keepsLast = typeof recipe === "object" && recipe !== null &&
    "keep" in recipe && recipe.keep === "last";
  const pick = (...prefixes: string[]) =>
    prefixes.map((prefix) => ofPrefix(prefix, checkpoint.tensors))
      .find((found) => Object.keys(found).length > 0) ?? {};
  const best = keepsLast ? [] : ["best."];
  const bestBuffers = keepsLast ? [] : ["best_buffers."];
  return {
    tensors: {
      ...pick(...best, "average.", "params."),
      ...pick(...bestBuffers, "buffers."),
    },
    iteration: checkpoint.iteration,
  };
}
