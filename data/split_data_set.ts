// Copyright 2026 the Convlab authors. MIT license.

/**
 * Cuts the images of a data set's files into training, validation and test
 * images, centred on the mean training image.
 *
 * @module
 */

import type { DataSet } from "./data_set.ts";
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
  /** Whether to subtract the mean training image. */
  readonly subtractMean: boolean;
}

/** The data set of three ranges of images. */
export function splitDataSet(split: Split): DataSet {
  const { name, title, classNames } = split;
  const train = split.trainingImages.slice(...split.train);
  const mean = split.subtractMean ? meanImage(train) : undefined;
  return {
    name,
    title,
    classNames,
    train: withMean(train, mean),
    validation: withMean(
      split.trainingImages.slice(...split.validation),
      mean,
    ),
    test: withMean(split.testImages.slice(...split.test), mean),
  };
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

function withMean(images: ImageSet, mean: Float64Array | undefined): ImageSet {
  const { bytes, labels, imageShape } = images;
  return new ImageSet({ bytes, labels, imageShape, mean });
}
