// Copyright 2026 the Convlab authors. MIT license.

/**
 * How well a network classifies images: as a whole, by class, and what it takes
 * for what.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import { Workspace } from "../kernels/frame.ts";
import type { DType, Tensor } from "../numerics/tensor.ts";
import { gather, predictions } from "./batches.ts";

/** Options of {@linkcode evaluate}. */
export interface EvaluateOptions {
  /** Number of classes. */
  readonly numClasses: number;
  /** Images that go through the network at once. @default {100} */
  readonly batchSize?: number | undefined;
  /** Element type of the images. @default {"float32"} */
  readonly dtype?: DType | undefined;
  /** Called after each batch with the number of images that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** What {@linkcode evaluate} returns. */
export interface Evaluation {
  /** Number of images. */
  readonly images: number;
  /** Share of images that are classified rightly; NaN if there are none. */
  readonly accuracy: number;
  /** The same of the images of each class. */
  readonly classAccuracy: readonly number[];
  /** `confusion[i][j]` is how many images of class i are taken for class j. */
  readonly confusion: readonly (readonly number[])[];
}

/**
 * Classifies images, each as the class of its highest score (the first of
 * equals), and counts.
 *
 * @param network Gives the scores of images.
 * @param images Images and their labels, normalised as the network takes them.
 * @throws {RangeError} If a label is no class, or the batch size is no positive integer.
 *
 * @example Three images, one of which is taken for the other class
 * ```ts
 * import { evaluate, ImageSet, type Tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * // Scores are the two pixels of an image.
 * const network = { scores: (x: Tensor) => x.reshape([-1, 2]) };
 * const images = new ImageSet({
 *   bytes: Uint8Array.of(9, 1, 2, 8, 7, 3),
 *   labels: Uint8Array.of(0, 1, 1),
 *   imageShape: [1, 1, 2],
 * });
 * const { accuracy, confusion } = evaluate(network, images, { numClasses: 2 });
 * assertEquals(accuracy, 2 / 3);
 * assertEquals(confusion, [[1, 0], [1, 1]]);
 * ```
 */
export function evaluate(
  network: { scores(x: Tensor): Tensor },
  images: ImageSet,
  options: EvaluateOptions,
): Evaluation {
  const { numClasses, batchSize = 100, dtype = "float32", onProgress } =
    options;
  check(images, numClasses, batchSize);
  const confusion = Array.from(
    { length: numClasses },
    () => new Array<number>(numClasses).fill(0),
  );
  const workspace = new Workspace();
  for (let begin = 0; begin < images.length; begin += batchSize) {
    const end = Math.min(images.length, begin + batchSize);
    const indices = Int32Array.from(
      { length: end - begin },
      (_, i) => begin + i,
    );
    const classes = workspace.run(() =>
      predictions(network.scores(gather(images, indices, dtype)))
    );
    for (const [i, predicted] of classes.entries()) {
      confusion[images.labels[begin + i]!]![predicted]!++;
    }
    onProgress?.(end);
  }
  const right = confusion.map((row, label) => row[label]!);
  const totals = confusion.map(sum);
  return {
    images: images.length,
    accuracy: sum(right) / images.length,
    classAccuracy: right.map((n, label) => n / totals[label]!),
    confusion,
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}

function check(images: ImageSet, numClasses: number, batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1) {
    throw new RangeError(
      `Cannot evaluate: expected batchSize to be a positive integer but found ${batchSize}`,
    );
  }
  const unknown = images.labels.find((label) => label >= numClasses);
  if (unknown !== undefined) {
    throw new RangeError(
      `Cannot evaluate: expected labels from 0 to ${
        numClasses - 1
      } but found ${unknown}`,
    );
  }
}
