// Copyright 2026 the Convlab authors. MIT license.

/**
 * A few images to be classified again and again while a network learns.
 *
 * @module
 */

import { ImageSet } from "../data/image_set.ts";
import type { Tensor } from "../numerics/tensor.ts";
import { softmax } from "../training/softmax.ts";
import type { Examples, Predictions } from "./protocol.ts";

/** How many images are taken. */
const COUNT = 12;

/** Some images, and the same for the page. */
export interface ExampleImages {
  readonly images: ImageSet;
  readonly examples: Examples;
}

/**
 * The first image of each class, and then the first ones of all until there are
 * enough; `undefined` if there are none that can be shown. Nothing is drawn, so
 * the training's random numbers stay as they are.
 */
export function exampleImages(
  set: ImageSet,
  classNames: readonly string[],
): ExampleImages | undefined {
  const [channels, height, width] = set.imageShape;
  if (set.length === 0 || (channels !== 1 && channels !== 3)) return undefined;
  const firsts = classNames.keys().map((label) => set.labels.indexOf(label))
    .filter((index) => index >= 0).take(COUNT);
  const chosen = new Set(firsts);
  for (let i = 0; i < set.length && chosen.size < COUNT; i++) chosen.add(i);
  const indices = [...chosen];
  const size = channels * height * width;
  const bytes = new Uint8Array(indices.length * size);
  for (const [row, index] of indices.entries()) {
    const image = set.bytes.subarray(index * size, (index + 1) * size);
    bytes.set(image, row * size);
  }
  const labels = set.labelsOf(indices);
  const { imageShape, mean, std } = set;
  return {
    images: new ImageSet({ bytes, labels, imageShape, mean, std }),
    examples: {
      ...{ channels, height, width, classNames: [...classNames] },
      labels: [...labels],
      pixels: interleaved(bytes, channels, height * width).toBase64(),
    },
  };
}

/** What scores say, shape (N, classes); those that are not finite say nothing. */
export function guessesOf(
  scores: Tensor,
  iteration: number,
): Predictions {
  const { data, shape: [count = 0, classes = 0] } = softmax(scores);
  const guesses = Array.from({ length: count }, (_, row) => {
    const shares = data.subarray(row * classes, (row + 1) * classes);
    if (!shares.every(Number.isFinite)) return null;
    const best = shares.indexOf(Math.max(...shares));
    return [best, shares[best]!] as const;
  });
  return { iteration, guesses };
}

/** From channel by channel to pixel by pixel. */
function interleaved(
  bytes: Uint8Array,
  channels: number,
  area: number,
): Uint8Array {
  if (channels === 1) return bytes;
  const size = channels * area;
  const out = new Uint8Array(bytes.length);
  for (let from = 0; from < bytes.length; from += size) {
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++) {
        out[from + i * channels + c] = bytes[from + c * area + i]!;
      }
    }
  }
  return out;
}
