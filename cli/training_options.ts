// Copyright 2026 the Convlab authors. MIT license.

/**
 * Options that `train` and `overfit` have in common, and the data they ask for.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import { loadDataSet } from "../data/load_data_set.ts";
import type { Streams } from "./command.ts";

/** Options of every subcommand that trains. */
export const TRAINING_OPTIONS = {
  dataset: {
    kind: "choice",
    choices: ["cifar10", "fashion-mnist"],
    help:
      "Data set; by default CIFAR-10 where it is found, and else the built-in sample of Fashion-MNIST",
  },
  dataDir: {
    kind: "string",
    placeholder: "DIR",
    help: "Folder with the data set's files",
  },
  name: {
    kind: "string",
    placeholder: "NAME",
    help: "Name of the run; by default made of the subcommand and the time",
  },
  runsDir: {
    kind: "string",
    placeholder: "DIR",
    default: "runs",
    help: "Folder of all runs",
  },
  threads: {
    kind: "integer",
    min: 1,
    max: 256,
    help: "Threads; by default one for each core. Results do not depend on it",
  },
} as const;

/** Values of {@linkcode TRAINING_OPTIONS}. */
export interface TrainingArguments {
  readonly dataset: "cifar10" | "fashion-mnist" | undefined;
  readonly dataDir: string | undefined;
  readonly name: string | undefined;
  readonly runsDir: string;
  readonly threads: number | undefined;
}

/** Loads the data that the options ask for, and says which it is if Convlab chose. */
export async function loadData(
  { dataset, dataDir }: Pick<TrainingArguments, "dataset" | "dataDir">,
  { stderr }: Streams,
): Promise<DataSet> {
  const { data, notice } = await loadDataSet({ dataset, dataDir });
  if (notice) stderr.line(notice);
  return data;
}
