// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the images that a network is most wrong about.
 *
 * @module
 */

import type { ImageSet } from "../data/image_set.ts";
import { Workspace } from "../kernels/frame.ts";
import type { DType, Tensor } from "../numerics/tensor.ts";
import { gather, predictions } from "./batches.ts";
import { softmax } from "./softmax.ts";

/** Options of {@linkcode findMistakes}. */
export interface FindMistakesOptions {
  /** How many are returned, the most confident; 24 by default. */
  readonly count?: number | undefined;
  /** Images that go through the network at once. @default {100} */
  readonly batchSize?: number | undefined;
  /** Element type of the images. @default {"float32"} */
  readonly dtype?: DType | undefined;
  /** Called after each batch with the number of images that are done. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/** An image that is taken for something else. */
export interface Mistake {
  /** Its place among the images. */
  readonly index: number;
  /** Its class. */
  readonly label: number;
  /** The class that it is taken for. */
  readonly predicted: number;
  /** How probable the network thinks that is, 0 to 1. */
  readonly probability: number;
}

/** What {@linkcode findMistakes} returns. */
export interface Mistakes {
  /** Images that were looked at. */
  readonly images: number;
  /** Those that were taken for something else. */
  readonly wrong: number;
  /** The most confident of these, the most confident first, at most `count`. */
  readonly mistakes: readonly Mistake[];
}

/**
 * Classifies images, and returns the wrong answers that the network is most
 * sure of; of equally sure ones, the first.
 *
 * @param network Gives the scores of images.
 * @param images Images and their labels, normalised as the network takes them.
 * @throws {RangeError} If a number is not a positive integer.
 *
 * @example Three images, two of which are taken for the other class
 * ```ts
 * import { findMistakes, ImageSet, type Tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * // Scores are the two pixels of an image.
 * const network = { scores: (x: Tensor) => x.reshape([-1, 2]) };
 * const images = new ImageSet({
 *   bytes: Uint8Array.of(9, 1, 3, 2, 9, 1),
 *   labels: Uint8Array.of(0, 1, 1),
 *   imageShape: [1, 1, 2],
 * });
 * const { wrong, mistakes } = findMistakes(network, images, { count: 1 });
 * assertEquals(wrong, 2);
 * assertEquals(mistakes[0]?.index, 2);
 * ```
 */
export function findMistakes(
  network: { scores(x: Tensor): Tensor },
  images: ImageSet,
  options: FindMistakesOptions = {},
): Mistakes {
  const { count = 24, batchSize = 100, dtype = "float32", onProgress } =
    options;
  for (const [name, value] of Object.entries({ count, batchSize })) {
    if (Number.isInteger(value) && value > 0) continue;
    throw new RangeError(
      `Cannot find mistakes: expected ${name} to be a positive integer but found ${value}`,
    );
  }
  const found: Mistake[] = [];
  const workspace = new Workspace();
  for (let begin = 0; begin < images.length; begin += batchSize) {
    const end = Math.min(images.length, begin + batchSize);
    const indices = Int32Array.from(
      { length: end - begin },
      (_, i) => begin + i,
    );
    workspace.run(() => {
      const scores = network.scores(gather(images, indices, dtype));
      const { data, shape: [, classes = 0] } = softmax(scores);
      for (const [i, predicted] of predictions(scores).entries()) {
        const index = begin + i;
        const label = images.labels[index]!;
        if (predicted === label) continue;
        const probability = data[i * classes + predicted]!;
        found.push({ index, label, predicted, probability });
      }
    });
    onProgress?.(end);
  }
  // The sort is stable, so the first of equals stays first.
  const mistakes = found.toSorted((a, b) => b.probability - a.probability);
  return {
    images: images.length,
    wrong: found.length,
    mistakes: mistakes.slice(0, count),
  };
}
