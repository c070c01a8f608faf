// Copyright 2026 the Convlab authors. MIT license.

/**
 * The mean image of a set, which is subtracted to centre the data.
 *
 * @module
 */

import { sizeOf } from "../numerics/tensor.ts";
import type { ImageSet } from "./image_set.ts";

/** Images that are added up before their sum is: so few that all stay in the cache. */
const TOGETHER = 8;

/**
 * The mean of each pixel position over all images, C·H·W float64 numbers.
 *
 * The sums are of integers and therefore exact, so each mean is correctly
 * rounded, as `numpy.mean(images, axis=0)` gives it.
 *
 * @throws {RangeError} If the set is empty.
 *
 * @example Two images of two pixels
 * ```ts
 * import { ImageSet, meanImage } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = new ImageSet({
 *   bytes: Uint8Array.of(10, 20, 31, 40),
 *   labels: Uint8Array.of(0, 1),
 *   imageShape: [1, 1, 2],
 * });
 * assertEquals(meanImage(images), Float64Array.of(20.5, 30));
 * ```
 */
export function meanImage(images: ImageSet): Float64Array {
  if (images.length === 0) {
    throw new RangeError(
      "Cannot compute the mean image: expected at least 1 image but found 0",
    );
  }
  const size = sizeOf(images.imageShape);
  const mean = new Float64Array(size);
  const { bytes } = images;
  const step = TOGETHER * size;
  for (let from = 0; from < bytes.length; from += step) {
    addImages(mean, bytes.subarray(from, from + step));
  }
  for (let i = 0; i < size; i++) mean[i]! /= images.length;
  return mean;
}

function addImages(sums: Float64Array, bytes: Uint8Array): void {
  const size = sums.length;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let at = i; at < bytes.length; at += size) sum += bytes[at]!;
    sums[i]! += sum;
  }
}
