// Copyright 2026 the Convlab authors. MIT license.

/**
 * The last word on a training: the accuracies of the parameters that are kept.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import type { Solver } from "../training/solver.ts";
import { otherTasks } from "../training/other_tasks.ts";
import type { Streams } from "./command.ts";
import { startProgress } from "./progress.ts";

/** Images that are evaluated between two moves of the progress bar. */
const EVALUATED_AT_ONCE = 500;

/** The accuracies on three sets of images; Ctrl-C stops it. */
export async function finalAccuracies(
  solver: Solver,
  sets: readonly [ImageSet, ImageSet, ImageSet],
  signal: AbortSignal,
  streams: Streams,
): Promise<readonly [number, number, number]> {
  const total = sets.reduce((n, { length }) => n + length, 0);
  using progress = startProgress({
    ...streams,
    total,
    unit: "images",
    label: "Evaluating",
  });
  let done = 0;
  const accuracyOn = async (images: ImageSet) => {
    let right = 0;
    for (let at = 0; at < images.length; at += EVALUATED_AT_ONCE) {
      const part = images.slice(
        at,
        Math.min(images.length, at + EVALUATED_AT_ONCE),
      );
      right += solver.accuracy(part, part.labels) * part.length;
      progress.update(done += part.length);
      // Ctrl-C gets its turn.
      await otherTasks();
      signal.throwIfAborted();
    }
    return Math.round(right) / images.length;
  };
  const [train, validation, test] = sets;
  return [
    await accuracyOn(train),
    await accuracyOn(validation),
    await accuracyOn(test),
  ];
}
