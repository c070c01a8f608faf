// Copyright 2026 the Convlab authors. MIT license.

/**
 * Mean and standard deviation of each channel, by which images are normalised.
 *
 * @module
 */

import type { ImageSet } from "./image_set.ts";

/** What {@linkcode channelStatistics} returns. */
export interface ChannelStatistics {
  /** The mean of each channel, repeated for each of its pixels: C·H·W numbers. */
  readonly mean: Float64Array;
  /** The standard deviation of each channel, repeated in the same way. */
  readonly std: Float64Array;
}

/**
 * The mean and the standard deviation of all pixels of each channel, over all
 * images, rows and columns: `images.mean((0, 2, 3))` and `images.std((0, 2, 3))`
 * in NumPy. Where all pixels of a channel are equal, its deviation is given as
 * 1, so that dividing by it does no harm.
 *
 * Pixels count from 0 to 255: torchvision, which divides them by 255 first,
 * has numbers smaller by that factor and the same normalised images.
 *
 * @throws {RangeError} If the set has no pixels.
 *
 * @example Two channels of two pixels
 * ```ts
 * import { channelStatistics, ImageSet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = new ImageSet({
 *   bytes: Uint8Array.of(10, 30, 7, 7),
 *   labels: Uint8Array.of(0),
 *   imageShape: [2, 1, 2],
 * });
 * const { mean, std } = channelStatistics(images);
 * assertEquals(mean, Float64Array.of(20, 20, 7, 7));
 * assertEquals(std, Float64Array.of(10, 10, 1, 1));
 * ```
 */
export function channelStatistics(images: ImageSet): ChannelStatistics {
  const { bytes, imageShape: [channels, height, width] } = images;
  if (bytes.length === 0) {
    throw new RangeError(
      "Cannot compute channel statistics: expected at least 1 pixel but found 0",
    );
  }
  const area = height * width;
  const mean = new Float64Array(channels * area);
  const std = new Float64Array(channels * area);
  for (let channel = 0; channel < channels; channel++) {
    const counts = countValues(bytes, channel * area, area, channels * area);
    const statistics = statisticsOf(counts, images.length * area);
    const from = channel * area;
    mean.fill(statistics.mean, from, from + area);
    std.fill(statistics.std, from, from + area);
  }
  return { mean, std };
}

/** How often each value from 0 to 255 occurs in a channel. */
function countValues(
  bytes: Uint8Array,
  first: number,
  area: number,
  stride: number,
): Float64Array {
  const counts = new Float64Array(256);
  for (let from = first; from < bytes.length; from += stride) {
    for (let i = from; i < from + area; i++) counts[bytes[i]!]!++;
  }
  return counts;
}

/** Sums over 256 counts lose less than sums over millions of pixels. */
function statisticsOf(counts: Float64Array, total: number) {
  const mean = counts.reduce((sum, n, value) => sum + n * value, 0) / total;
  const squares = counts.reduce(
    (sum, n, value) => sum + n * (value - mean) ** 2,
    0,
  );
  return { mean, std: squares === 0 ? 1 : Math.sqrt(squares / total) };
}
