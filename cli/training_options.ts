// Copyright 2026 the Convlab authors. MIT license.

/**
 * Options that `train` and `overfit` have in common, and the data they ask for.
 *
 * @module
 */

import type { DataSet } from "../data/data_set.ts";
import { imageCacheFolder } from "../data/image_cache.ts";
import { loadDataSet } from "../data/load_data_set.ts";
import { RECIPE_FIELDS } from "../training/recipe_fields.ts";
import { kebabCase, type Options, type OptionValue } from "./arguments.ts";
import type { Streams } from "./command.ts";
import { UsageError } from "./exit.ts";
import { type Progress, startProgress } from "./progress.ts";

const { dataset, dataDir, numTraining, numValidation, numTest } = RECIPE_FIELDS;
const { normalize, imageSize, grayscale, valFraction, testFraction } =
  RECIPE_FIELDS;
const { strict } = RECIPE_FIELDS;

/** Options of every subcommand that works on a data set. */
export const DATA_OPTIONS = {
  ...{ dataset, dataDir, numTraining, numValidation, numTest, normalize },
  ...{ imageSize, grayscale, valFraction, testFraction, strict },
} as const;

/** Options of every subcommand that makes a run. */
export const RUN_OPTIONS = {
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
export type DataArguments = {
  readonly [K in keyof typeof DATA_OPTIONS]?:
    | OptionValue<(typeof DATA_OPTIONS)[K]>
    | undefined;
};

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
  options: DataArguments & { readonly seed?: number },
  streams: Streams,
): Promise<DataSet> {
  const { stderr } = streams;
  let leftOut = 0;
  let progress: Progress | undefined;
  try {
    const { data, notice } = await loadDataSet({
      cacheDir: imageCacheFolder(),
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

/** The name of a run that was given none. */
export function defaultName(command: string): string {
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  return `${command}-${time}`;
}

/** Those of some options that say which data set. */
export function dataOptionsOf(
  options: DataArguments,
): DataArguments {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => name in DATA_OPTIONS),
  ) as DataArguments;
}
