// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a data set is, and how its images are split.
 *
 * @module
 */

import type { ImageSet } from "./image_set.ts";

/** Names of the data sets that are known by name. */
export type DataSetName = "cifar10" | "fashion-mnist";

/** What an image is for. */
export type DataPart = "train" | "validation" | "test";

/** Images for training, validation and testing, and what their labels mean. */
export interface DataSet {
  /** Its name or path, as it was asked for. */
  readonly name: string;
  /** Name for people, in logs and figures. */
  readonly title: string;
  /** The class that each label stands for. */
  readonly classNames: readonly string[];
  /** Images to train on. */
  readonly train: ImageSet;
  /** Images to choose parameters by. */
  readonly validation: ImageSet;
  /** Images for the last word. */
  readonly test: ImageSet;
}

/**
 * What is done to the pixels, 0 to 255, before a network sees them:
 *
 * - `"mean-image"` subtracts from each pixel the mean of all training images at
 *   its position, as the document does.
 * - `"channels"` subtracts the mean of all training pixels of its channel and
 *   divides by their standard deviation, as torchvision's `Normalize` does.
 * - `"none"` leaves them as they are.
 */
export type Normalization = "mean-image" | "channels" | "none";

/** How many images go where, and how they are normalised. */
export interface SplitOptions {
  /** Training images, at least 1 and the first of those there are. The default depends on the data set. */
  readonly numTraining?: number | undefined;
  /** Validation images; 0 for none. The default depends on the data set. */
  readonly numValidation?: number | undefined;
  /** Test images, the first of those there are; 0 for none. The default depends on the data set. */
  readonly numTest?: number | undefined;
  /** What is done to the pixels, with numbers from the training images alone. @default {"mean-image"} */
  readonly normalize?: Normalization | undefined;
  /** The document's name for `normalize`: `true` is `"mean-image"` and `false` is `"none"`. Where both are given, `normalize` counts. @default {true} */
  readonly subtractMean?: boolean | undefined;
}
