// Copyright 2026 the Convlab authors. MIT license.

/**
 * Whether a data set is still the one that a run was trained on.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import type { RunRecord } from "./run_record.ts";

/**
 * What differs from what a run began with, as `... but found ...`, or
 * `undefined` if nothing does, as far as number, classes, size and mean of its
 * training images tell.
 *
 * @param run The run.
 * @param data The data set, loaded as the run's recipe says.
 */
export function dataDifference(
  run: Pick<RunRecord, "readConfig" | "readData">,
  { train, classNames }: DataSet,
): string | undefined {
  const { trainingImages } = run.readConfig();
  const before = run.readData();
  const same = (a: Float64Array | undefined, b: Float64Array | undefined) =>
    a?.length === b?.length &&
    (a?.every((value, i) => value === b![i]) ?? true);
  if (train.length !== trainingImages) {
    return `${trainingImages} training images but found ${train.length}`;
  }
  if (classNames.join() !== before.classNames.join()) {
    return `the classes ${before.classNames.join(", ")} but found ${
      classNames.join(", ")
    }`;
  }
  if (train.imageShape.join() !== before.imageShape.join()) {
    return `images of ${before.imageShape.join(" x ")} but found ${
      train.imageShape.join(" x ")
    }`;
  }
  return same(train.mean, before.mean) && same(train.std, before.std)
    ? undefined
    : "the images that it began with but found others";
}
