// Copyright 2026 the Convlab authors. MIT license.

/**
 * Lists of values that are set apart by commas.
 *
 * @module
 */

import { sizeOf } from "../../numerics/tensor.ts";
import { UsageError } from "../exit.ts";

type Shape = readonly [number, number, number];

/** Pixels of an image with values from 0 to 1 are those from 0 to 255 divided by this. */
const WHITE = 255;

/**
 * As many words as are expected.
 *
 * @throws {UsageError} If there are more or fewer, or one is empty.
 */
export function listOf(flag: string, text: string, count: number): string[] {
  const words = text.split(",").map((word) => word.trim());
  if (words.length === count && !words.includes("")) return words;
  throw new UsageError(
    `Expected ${flag} to be ${count} words set apart by commas but found ${words.length} in ${
      JSON.stringify(text.slice(0, 60))
    }`,
  );
}

/**
 * A number for each channel, or one for all, in units of pixels from 0 to 1, as
 * numbers for each pixel in units of pixels from 0 to 255.
 *
 * @param above A bound that every number exceeds.
 * @returns C·H·W numbers.
 * @throws {UsageError} If the text is no such list.
 */
export function channelValues(
  flag: string,
  text: string,
  shape: Shape,
  above = -Infinity,
): Float64Array {
  const [channels] = shape;
  const values = text.split(",").map((word) =>
    /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(word)
      ? Number(word)
      : NaN
  );
  const fits = values.length === 1 || values.length === channels;
  if (!fits || !values.every((n) => Number.isFinite(n) && n > above)) {
    throw new UsageError(
      `Expected ${flag} to be ${channels} numbers${
        above === 0 ? " above 0" : ""
      }, one for each channel, set apart by commas, but found ${
        JSON.stringify(text)
      }`,
    );
  }
  const area = sizeOf(shape) / channels;
  return Float64Array.from(
    { length: sizeOf(shape) },
    (_, i) => WHITE * values[values.length === 1 ? 0 : Math.floor(i / area)]!,
  );
}
