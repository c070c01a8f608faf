// Copyright 2026 the Convlab authors. MIT license.

/**
 * The images that a run is evaluated on.
 *
 * @module
 */

import { resolve } from "@std/path";
import type { DataSet } from "../../data/data_set.ts";
import { ImageSet } from "../../data/image_set.ts";
import { formatShape, sizeOf } from "../../numerics/tensor.ts";
import { checkRecipe, completeRecipe } from "../../training/recipe.ts";
import type { RunFolder } from "../../training/run_folder.ts";
import type { TrainedNetwork } from "../../training/trained_network.ts";
import type { Streams } from "../command.ts";
import { UsageError } from "../exit.ts";
import { argumentsFor } from "../image_data.ts";
import { dataDifference } from "../same_data.ts";
import { type DataArguments, loadData } from "../training_options.ts";

/** The parts of a data set, and all together. */
export const SPLITS = ["test", "validation", "train", "all"] as const;

/** What the arguments say about the data. */
export interface EvaluationArguments {
  readonly dataset: string | undefined;
  readonly dataDir: string | undefined;
  readonly split: typeof SPLITS[number];
  /** Whether the data set is the run's own, elsewhere than it was. */
  readonly isMoved?: boolean;
}

/** Images to be evaluated on. */
export interface EvaluationData {
  /** The data set's name for people. */
  readonly title: string;
  /** The images, normalised as the network takes them, and with its labels. */
  readonly images: ImageSet;
}

/**
 * Loads images, and makes them those of a run.
 *
 * @throws {Error} If there are none, or they do not fit the run's network.
 */
export async function evaluationData(
  run: RunFolder,
  trained: TrainedNetwork,
  args: EvaluationArguments,
  streams: Streams,
): Promise<EvaluationData> {
  const { mean, std, imageShape } = trained;
  if (
    args.dataset === undefined && run.readConfig().command === "import" &&
    checkRecipe(run.readConfig().recipe ?? {}).dataset === undefined
  ) {
    throw new UsageError(
      `Expected --dataset, since run "${run.name}" was imported and does not tell what it was trained on`,
    );
  }
  const { own, ...loading } = dataArguments(run, trained, args);
  const data = await loadData(loading, streams);
  const { title } = data;
  if (own && args.split !== "all") checkSplit(run, data);
  if (args.dataset === undefined && title !== trained.title) {
    streams.stderr.line(
      `Data: ${title}; the run was trained on ${trained.title}`,
    );
  }
  const { bytes, labels, length, imageShape: found } = imagesOf(
    data,
    args.split,
  );
  if (length === 0) {
    throw new Error(
      `Cannot evaluate: expected ${args.split} images in ${title} but found none; choose another --split`,
    );
  }
  if (formatShape(found) !== formatShape(imageShape)) {
    throw new Error(
      `Cannot evaluate: expected images of ${
        imageShape.join(" x ")
      }, as run "${run.name}" takes them, but found ${
        found.join(" x ")
      } in ${title}; choose the --dataset that it was trained on`,
    );
  }
  const map = labelMap(run, trained, data, streams);
  return {
    title,
    images: new ImageSet({
      bytes,
      labels: labels.map((label) => map[label]!),
      ...{ imageShape, mean, std },
    }),
  };
}

/**
 * How the data is to be loaded: as for the run's training, if it is the run's
 * own, so that it is split as it was.
 */
function dataArguments(
  run: RunFolder,
  { imageShape }: TrainedNetwork,
  { dataset, dataDir, isMoved = false }: EvaluationArguments,
): DataArguments & { readonly seed?: number; readonly own: boolean } {
  const { recipe } = run.readConfig();
  const before = completeRecipe(checkRecipe(recipe ?? {}));
  const mine = isMoved
    ? {
      ...before,
      dataset: dataset ?? before.dataset,
      dataDir: dataset === undefined ? dataDir ?? before.dataDir : dataDir,
    }
    : before;
  const own = isMoved ||
    (dataset === undefined || isSamePath(dataset, mine.dataset)) &&
      (dataDir === undefined || isSamePath(dataDir, mine.dataDir));
  if (!own) {
    return {
      ...argumentsFor({ dataset, dataDir }, imageShape),
      ...{ normalize: "none", own },
    };
  }
  const { numTraining, numValidation, numTest, seed, normalize } = mine;
  const { grayscale, valFraction, testFraction } = mine;
  return {
    ...argumentsFor(mine, imageShape),
    ...{ numTraining, numValidation, numTest, normalize },
    ...{ grayscale, valFraction, testFraction, seed, own },
  };
}

/** Refuses images that training may have seen, if the run's own are not what they were. */
function checkSplit(run: RunFolder, data: DataSet): void {
  if (run.readConfig().command !== "train") return;
  const difference = dataDifference(run, data);
  if (difference === undefined) return;
  throw new Error(
    `Cannot evaluate: expected ${difference}, so they would not be split as they were for run "${run.name}"; choose --split all, or the --dataset that it was trained on`,
  );
}

/** Whether two names of data sets or their folders mean the same. */
function isSamePath(a: string, b: string | undefined): boolean {
  return b !== undefined && resolve(a) === resolve(b);
}

function imagesOf(
  { train, validation, test }: DataSet,
  split: EvaluationArguments["split"],
): ImageSet {
  if (split !== "all") return { train, validation, test }[split];
  const parts = [train, validation, test];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const { imageShape } = train;
  const bytes = new Uint8Array(length * sizeOf(imageShape));
  const labels = new Int32Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part.bytes, at * sizeOf(imageShape));
    labels.set(part.labels, at);
    at += part.length;
  }
  return new ImageSet({ bytes, labels, imageShape });
}

/** The network's class for each class of the data. */
function labelMap(
  run: RunFolder,
  { classNames }: TrainedNetwork,
  data: DataSet,
  { stderr }: Streams,
): number[] {
  const byName = data.classNames.map((name) => classNames.indexOf(name));
  if (!byName.includes(-1)) return byName;
  if (data.classNames.length === classNames.length) {
    stderr.line(
      `Classes: ${data.title} has others than run "${run.name}", but as many, so they are matched by their order`,
    );
    return [...classNames.keys()];
  }
  const unknown = data.classNames[byName.indexOf(-1)];
  throw new Error(
    `Cannot evaluate: expected the ${classNames.length} classes of run "${run.name}" (${
      listed(classNames)
    }) but found ${data.classNames.length} in ${data.title}, among them "${unknown}"; choose the --dataset that it was trained on`,
  );
}

function listed(names: readonly string[]): string {
  return names.length > 10
    ? `${names.slice(0, 9).join(", ")}, …`
    : names.join(", ");
}
