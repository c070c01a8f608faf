// Copyright 2026 the Convlab authors. MIT license.

/**
 * The names of the classes of a network whose weights came without them.
 *
 * @module
 */

import type { ConvNet } from "../../models/conv_net.ts";
import type { Streams } from "../command.ts";
import { UsageError } from "../exit.ts";
import { argumentsFor } from "../image_data.ts";
import { loadData } from "../training_options.ts";
import { listOf } from "./values.ts";

/** What tells the names of classes. */
interface ClassArguments {
  readonly classes: string | undefined;
  readonly dataset: string | undefined;
  readonly dataDir: string | undefined;
}

/**
 * The names of a network's classes: those that were given, or those of a data
 * set, or else numbers.
 *
 * @throws {UsageError} If there are more or fewer than the network has.
 */
export async function classNamesFor(
  { numClasses, inputDim }: ConvNet,
  { classes, dataset, dataDir }: ClassArguments,
  streams: Streams,
): Promise<readonly string[]> {
  if (classes !== undefined) return listOf("--classes", classes, numClasses);
  if (dataset === undefined) {
    return Array.from({ length: numClasses }, (_, label) => String(label));
  }
  const { title, classNames } = await loadData(
    argumentsFor({ dataset, dataDir }, inputDim),
    streams,
  );
  if (classNames.length === numClasses) return classNames;
  throw new UsageError(
    `Expected --dataset to have ${numClasses} classes, one for each score of the model, but found ${classNames.length} in ${title}`,
  );
}
