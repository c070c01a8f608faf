// Copyright 2026 the Convlab authors. MIT license.

/**
 * Options that `train` and `overfit` have in common, and the data they ask for.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import { loadDataSet } from "../data/load_data_set.ts";
import { kebabCase, type Options, type OptionValue } from "./arguments.ts";
import type { Streams } from "./command.ts";
import { UsageError } from "./exit.ts";
import { type Progress, startProgress } from "./progress.ts";

/** Options of every subcommand that works on a data set. */
export const DATA_OPTIONS = {
  dataset: {
    kind: "string",
    placeholder: "NAME|DIR",
    help:
      "cifar10, fashion-mnist, or a folder with one folder of images a class; by default CIFAR-10 where it is found, and else the built-in sample of Fashion-MNIST",
  },
  dataDir: {
    kind: "string",
    placeholder: "DIR",
    help: "Folder with the files of cifar10 or fashion-mnist",
  },
  numTraining: {
    kind: "integer",
    min: 1,
    help:
      "Training images, the first ones; by default 49,000 of CIFAR-10, and else all",
  },
  numValidation: {
    kind: "integer",
    min: 0,
    help:
      "Validation images; by default 1,000 of cifar10 or fashion-mnist, and else all",
  },
  numTest: {
    kind: "integer",
    min: 0,
    help:
      "Test images, the first ones; by default 1,000 of CIFAR-10, and else all",
  },
  normalize: {
    kind: "choice",
    choices: ["mean-image", "channels", "none"],
    default: "mean-image",
    help:
      "What is done to the pixels: the mean training image is subtracted, or each channel's mean, with a division by its standard deviation, or nothing",
  },
  imageSize: {
    kind: "integer",
    min: 1,
    max: 1024,
    help: "Height and width of a folder's images once resized; by default 32",
  },
  grayscale: {
    kind: "boolean",
    help: "Makes a folder's images grey",
  },
  valFraction: {
    kind: "number",
    min: 0,
    max: 0.99,
    help:
      "Part of each class to validate on, where there are no images for it; by default 0.1",
  },
  testFraction: {
    kind: "number",
    min: 0,
    max: 0.99,
    help:
      "Part of each class to test on, where there are no images for it; by default 0.1",
  },
  strict: {
    kind: "boolean",
    help:
      "Ends at the first of a folder's images that cannot be read, instead of leaving it out",
  },
} as const;

/** Options of every subcommand that makes a run. */
const RUN_OPTIONS = {
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

/** Options of every subcommand that trains. */
export const TRAINING_OPTIONS = { ...DATA_OPTIONS, ...RUN_OPTIONS } as const;

type Values<O extends Options> = {
  readonly [K in keyof O]: OptionValue<O[K]>;
};

/** Values of {@linkcode DATA_OPTIONS}. */
export type DataArguments = Values<typeof DATA_OPTIONS>;

/** What {@linkcode TRAINING_OPTIONS} say about the run. */
export type TrainingArguments = Values<typeof RUN_OPTIONS>;

/** Files left out that are named one by one. */
const MAX_NAMED = 10;

/**
 * Loads the data that the options ask for, says which it is if Convlab chose,
 * and names the files that were left out.
 *
 * @param options The options, and the seed by which a folder's images are split.
 * @throws {UsageError} If an option is out of range or does not go with the data set.
 * @throws {DataError} If the data set is missing or damaged.
 */
export async function loadData(
  options: Partial<DataArguments> & { readonly seed?: number },
  streams: Streams,
): Promise<DataSet> {
  const { stderr } = streams;
  let leftOut = 0;
  let progress: Progress | undefined;
  try {
    const { data, notice } = await loadDataSet({
      ...options,
      onUnreadable(message) {
        progress?.stop();
        if (++leftOut <= MAX_NAMED) stderr.line(`Left out: ${message}`);
      },
      onProgress(done, total) {
        progress ??= startProgress({
          ...streams,
          total,
          unit: "images",
          label: "Reading",
        });
        progress.update(done);
      },
    });
    progress?.stop();
    if (leftOut > MAX_NAMED) {
      stderr.line(`Left out: ${leftOut - MAX_NAMED} more files`);
    }
    if (notice) stderr.line(notice);
    return data;
  } catch (error) {
    progress?.stop();
    throw usageErrorOf(error) ?? error;
  }
}

/** The library's complaint about an option, with the option as it is typed. */
function usageErrorOf(error: unknown): UsageError | undefined {
  if (!(error instanceof RangeError && error.message.startsWith("Cannot "))) {
    return undefined;
  }
  const names = Object.keys(DATA_OPTIONS);
  const camelCase = names.filter((name) => /[A-Z]/.test(name));
  const pattern = new RegExp(
    `(?<=expected no )(${names.join("|")})\\b|\\b(${camelCase.join("|")})\\b`,
    "g",
  );
  return new UsageError(
    error.message.replaceAll(pattern, (name) => `--${kebabCase(name)}`),
  );
}
