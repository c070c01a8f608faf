// Copyright 2026 the Convlab authors. MIT license.

/**
 * Cuts the images of a data set's files into training, validation and test
 * images, normalised by the training images.
 *
 * @module
 */

import { channelStatistics } from "./channel_statistics.ts";
import type { DataSet, Normalization, SplitOptions } from "./data_set.ts";
import { ImageSet } from "./image_set.ts";
import { meanImage } from "./mean_image.ts";

/** A range of images, `begin` to `end` (exclusive). */
export type Range = readonly [begin: number, end: number];

/** What {@linkcode splitDataSet} is given. */
export interface Split extends Pick<DataSet, "name" | "title" | "classNames"> {
  /** The images of the training files. */
  readonly trainingImages: ImageSet;
  /** The images of the test file. */
  readonly testImages: ImageSet;
  /** Which of the training files' images to train on. */
  readonly train: Range;
  /** Which of the training files' images to validate on. */
  readonly validation: Range;
  /** Which of the test file's images to test on. */
  readonly test: Range;
  /** What is done to the pixels. */
  readonly normalize: Normalization;
}

/** The data set of three ranges of images. */
export function splitDataSet(split: Split): DataSet {
  const { name, title, classNames, trainingImages, testImages } = split;
  return normalizeDataSet({
    name,
    title,
    classNames,
    train: trainingImages.slice(...split.train),
    validation: trainingImages.slice(...split.validation),
    test: testImages.slice(...split.test),
  }, split.normalize);
}

/** The same images, normalised by numbers from the training images. */
export function normalizeDataSet(
  data: DataSet,
  normalization: Normalization,
): DataSet {
  const numbers = numbersFor(data.train, normalization);
  const normalized = ({ bytes, labels, imageShape }: ImageSet) =>
    new ImageSet({ bytes, labels, imageShape, ...numbers });
  return {
    ...data,
    train: normalized(data.train),
    validation: normalized(data.validation),
    test: normalized(data.test),
  };
}

/**
 * What `normalize` and the document's `subtractMean` ask for together.
 *
 * @throws {RangeError} If `normalize` is none of the three.
 */
export function normalizationOf(
  options: Pick<SplitOptions, "normalize" | "subtractMean">,
): Normalization {
  const { subtractMean = true } = options;
  const { normalize = subtractMean ? "mean-image" : "none" } = options;
  if (!NORMALIZATIONS.includes(normalize)) {
    throw new RangeError(
      `Cannot normalise data set: expected normalize to be ${
        NORMALIZATIONS.map((name) => `"${name}"`).join(" or ")
      } but found ${JSON.stringify(normalize)}`,
    );
  }
  return normalize;
}

/**
 * Checks how many images are asked for.
 *
 * @throws {RangeError} If a count is not an integer from `least` to `most`.
 */
export function checkCount(
  name: string,
  count: number,
  least: number,
  most: number,
): void {
  if (!Number.isInteger(count) || count < least || count > most) {
    throw new RangeError(
      `Cannot split data set: expected ${name} to be an integer from ${least} to ${most} but found ${count}`,
    );
  }
}

const NORMALIZATIONS: readonly Normalization[] = [
  "mean-image",
  "channels",
  "none",
];

function numbersFor(
  train: ImageSet,
  normalization: Normalization,
): { mean?: Float64Array; std?: Float64Array } {
  switch (normalization) {
    case "mean-image":
      return { mean: meanImage(train) };
    case "channels":
      return channelStatistics(train);
    case "none":
      return {};
  }
}
