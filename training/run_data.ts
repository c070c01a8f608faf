// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a run must know of its data to classify other images: `data.json`.
 *
 * @module
 */

import { formatShape } from "../numerics/tensor.ts";

/** What a run's images and labels are. */
export interface RunData {
  /** The data set's name for people. */
  readonly title: string;
  /** The class that each label stands for. */
  readonly classNames: readonly string[];
  /** Channels, height and width of an image. */
  readonly imageShape: readonly [number, number, number];
  /** What is subtracted from the pixels, C·H·W numbers. */
  readonly mean?: Float64Array | undefined;
  /** What they are divided by after that, C·H·W positive numbers. */
  readonly std?: Float64Array | undefined;
}

/** The text of `data.json`. */
export function encodeRunData(data: RunData): string {
  const { title, classNames, imageShape, mean, std } = data;
  const numbers = (array?: Float64Array) => array ? [...array] : null;
  // One line for each number would be three thousand lines.
  return `${
    JSON.stringify({
      ...{ title, classNames, imageShape },
      ...{ mean: numbers(mean), std: numbers(std) },
    })
  }\n`;
}

/**
 * Reads `data.json`.
 *
 * @throws {SyntaxError} If the text is not as {@linkcode encodeRunData} writes it.
 */
export function decodeRunData(text: string): RunData {
  const { title, classNames, imageShape, mean, std } = parse(text);
  if (typeof title !== "string") throw invalid("title to be a text");
  if (!isListOf(classNames, (name) => typeof name === "string")) {
    throw invalid("classNames to be a list of texts");
  }
  if (
    !isListOf(imageShape, (n) => Number.isSafeInteger(n) && Number(n) > 0) ||
    imageShape.length !== 3
  ) throw invalid("imageShape to be three lengths");
  const [channels, height, width] = imageShape.map(Number) as [
    number,
    number,
    number,
  ];
  const size = channels * height * width;
  const numbers = (name: string, value: unknown, least: number) => {
    if (value === null || value === undefined) return undefined;
    if (
      !isListOf(value, (n) => Number.isFinite(n) && Number(n) > least) ||
      value.length !== size
    ) {
      throw invalid(
        `${name} to be null or ${size} ${
          least === 0 ? "positive numbers" : "numbers"
        }, one for each of ${formatShape([channels, height, width])}`,
      );
    }
    return Float64Array.from(value.map(Number));
  };
  return {
    title,
    classNames: classNames.map(String),
    imageShape: [channels, height, width],
    mean: numbers("mean", mean, -Infinity),
    std: numbers("std", std, 0),
  };
}

function parse(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw invalid("JSON", cause);
  }
  if (typeof value === "object" && value !== null) return { ...value };
  throw invalid("an object");
}

function isListOf(
  value: unknown,
  fits: (item: unknown) => boolean,
): value is unknown[] {
  return Array.isArray(value) && value.every(fits);
}

function invalid(expected: string, cause?: unknown): SyntaxError {
  return new SyntaxError(
    `Cannot decode data.json: expected ${expected} but found something else`,
    { cause },
  );
}
