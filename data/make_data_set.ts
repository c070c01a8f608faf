// Copyright 2026 the Convlab authors. MIT license.

/**
 * Makes a data set of labelled images, of which some parts are given and the
 * others are to be split off.
 *
 * @module
 */

import { sizeOf } from "../numerics/tensor.ts";
import type { DataPart, DataSet, SplitOptions } from "./data_set.ts";
import { ImageSet } from "./image_set.ts";
import {
  checkCount,
  normalizationOf,
  normalizeDataSet,
} from "./split_data_set.ts";
import { type FractionOptions, splitByClass } from "./split_by_class.ts";

/** Labelled images, and what is known of their parts. */
export interface LabelledImages
  extends Pick<DataSet, "name" | "title" | "classNames"> {
  /** Pixels, N images of C·H·W bytes. */
  readonly bytes: Uint8Array;
  /** The class of each image. */
  readonly labels: Int32Array;
  /** Channels, height and width. */
  readonly imageShape: readonly [number, number, number];
  /** The part that each image is given for; those to be split are `"train"`. */
  readonly parts: readonly DataPart[];
  /** The parts that are given; the others are split off the training images. */
  readonly given: ReadonlySet<DataPart>;
}

const COUNTS = {
  train: ["numTraining", 1],
  validation: ["numValidation", 0],
  test: ["numTest", 0],
} as const;

/**
 * The data set of images whose parts are given or are split off, shuffled.
 *
 * @throws {RangeError} If a fraction is out of range or given for a part that is there already, or more images are asked for than there are.
 */
export function makeDataSet(
  images: LabelledImages,
  options: SplitOptions & FractionOptions,
): DataSet {
  const { name, title, classNames, labels, parts, given } = images;
  const normalization = normalizationOf(options);
  for (
    const [part, fraction] of [
      ["validation", "valFraction"],
      ["test", "testFraction"],
    ] as const
  ) {
    if (given.has(part) && options[fraction] !== undefined) {
      throw new RangeError(
        `Cannot split data set: expected no ${fraction}, since ${name} has ${part} images of its own, but found ${
          options[fraction]
        }`,
      );
    }
  }
  const rowsOf = (wanted: DataPart) =>
    Int32Array.from(parts.keys()).filter((row) => parts[row] === wanted);
  const shuffled = (rows: Int32Array, fractions: FractionOptions) => {
    const split = splitByClass(rows.map((row) => labels[row]!), {
      ...fractions,
      seed: options.seed,
    });
    const pick = (part: DataPart) => split[part].map((i) => rows[i]!);
    return {
      train: pick("train"),
      validation: pick("validation"),
      test: pick("test"),
    };
  };
  const whole = { valFraction: 0, testFraction: 0 };
  const split = shuffled(rowsOf("train"), {
    valFraction: given.has("validation") ? 0 : options.valFraction,
    testFraction: given.has("test") ? 0 : options.testFraction,
  });
  const setOf = (part: DataPart) => {
    const rows = part !== "train" && given.has(part)
      ? shuffled(rowsOf(part), whole).train
      : split[part];
    const [count, least] = COUNTS[part];
    const wanted = options[count] ?? rows.length;
    checkCount(count, wanted, least, rows.length);
    return pickImages(images, rows.subarray(0, wanted));
  };
  return normalizeDataSet({
    name,
    title,
    classNames,
    train: setOf("train"),
    validation: setOf("validation"),
    test: setOf("test"),
  }, normalization);
}

/** The images of some rows, copied. */
function pickImages(
  { bytes, labels, imageShape }: LabelledImages,
  rows: Int32Array,
): ImageSet {
  const size = sizeOf(imageShape);
  const picked = new Uint8Array(rows.length * size);
  for (const [i, row] of rows.entries()) {
    picked.set(bytes.subarray(row * size, (row + 1) * size), i * size);
  }
  return new ImageSet({
    bytes: picked,
    labels: rows.map((row) => labels[row]!),
    imageShape,
  });
}
