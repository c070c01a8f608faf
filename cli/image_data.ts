// Copyright 2026 the Convlab authors. MIT license.

/**
 * Data sets for networks that are there already.
 *
 * @module
 */

import { findCifar10 } from "../data/cifar10.ts";
import { findFashionMnist } from "../data/fashion_mnist.ts";
import { isDataSetName } from "../data/load_data_set.ts";
import type { DataArguments } from "./training_options.ts";

/** Which data set. */
type Chosen = Pick<DataArguments, "dataset" | "dataDir">;

/** How a data set is to be loaded so that its images have a shape, if they can. */
export function argumentsFor(
  { dataset, dataDir }: Chosen,
  [channels, height]: readonly [number, number, number],
): DataArguments {
  return dataset === undefined || !isImageFolder(dataset)
    ? { dataset, dataDir }
    : { dataset, dataDir, imageSize: height, grayscale: channels === 1 };
}

/** Whether this is a folder of images, or at least no other data set. */
function isImageFolder(path: string): boolean {
  if (isDataSetName(path)) return false;
  try {
    if (!Deno.statSync(path).isDirectory) return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
  return findCifar10(path) === undefined &&
    findFashionMnist(path) === undefined;
}
