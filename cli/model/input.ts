// Copyright 2026 the Convlab authors. MIT license.

/**
 * The size of images as an option.
 *
 * @module
 */

import { UsageError } from "../exit.ts";

/** The option, as far as it is the same everywhere. */
export const INPUT_DIM = {
  kind: "string",
  placeholder: "C,H,W",
  help: "Channels, height and width of an image",
} as const;

/** Largest length of an image. */
const MAX_LENGTH = 9_999_999;

/**
 * Reads channels, height and width, such as `3,32,32`, or `3x32x32` as shapes
 * are printed.
 *
 * @throws {UsageError} If it is nothing of the kind.
 */
export function parseInput(text: string): readonly [number, number, number] {
  const [, c, h, w] =
    text.match(/^\s*(\d+)\s*[,x]\s*(\d+)\s*[,x]\s*(\d+)\s*$/) ??
      [];
  const lengths = [Number(c), Number(h), Number(w)] as const;
  if (lengths.every((n) => n >= 1 && n <= MAX_LENGTH)) return lengths;
  throw new UsageError(
    `Expected --input-dim to be channels, height and width, such as 3,32,32, but found ${
      JSON.stringify(text)
    }`,
  );
}
