// Copyright 2026 the Convlab authors. MIT license.

/**
 * The size of images as an option.
 *
 * @module
 */

import { UsageError } from "../exit.ts";

/**
 * Reads channels, height and width, such as `3x32x32`.
 *
 * @throws {UsageError} If it is nothing of the kind.
 */
export function parseInput(text: string): readonly [number, number, number] {
  const [, c, h, w] = text.match(/^(\d{1,7})x(\d{1,7})x(\d{1,7})$/) ?? [];
  const lengths = [Number(c), Number(h), Number(w)] as const;
  if (lengths.every((n) => n >= 1)) return lengths;
  throw new UsageError(
    `Expected --input to be channels, height and width, such as 3x32x32, but found ${
      JSON.stringify(text)
    }`,
  );
}
