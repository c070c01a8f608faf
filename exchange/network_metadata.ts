// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a file of a network says about its input and its classes.
 *
 * @module
 */

import type { ConvNet } from "../models/conv_net.ts";

/** What is known about a network's images and classes. */
export interface Preprocessing {
  /** The class that each score stands for. */
  readonly classNames?: readonly string[] | undefined;
  /** What is subtracted from the pixels, C·H·W numbers. */
  readonly mean?: Float64Array | undefined;
  /** What they are divided by after that, C·H·W positive numbers. */
  readonly std?: Float64Array | undefined;
}

/** Whether images enter a graph as pixels or are normalised before that. */
export type OnnxInput = "normalized" | "pixels";

/**
 * The metadata of a network's file: texts by name, all of which begin with
 * `convlab.`; those that are no plain texts are JSON.
 */
export function networkMetadata(
  { model, inputDim }: Pick<ConvNet, "model" | "inputDim">,
  { classNames, mean, std }: Preprocessing,
  input: OnnxInput = "normalized",
): Record<string, string> {
  const [channels, height, width] = inputDim;
  const plane = height * width;
  const numbers = (values?: Float64Array) =>
    JSON.stringify(values ? perChannel(values, plane) : null);
  const color = ["grey", "", "red, green, blue"][channels - 1];
  const axes = `(N, ${channels}${
    color ? ` (${color})` : ""
  }, ${height} rows, ${width} columns)`;
  return {
    "convlab.model": model,
    ...classNames ? { "convlab.class_names": JSON.stringify(classNames) } : {},
    "convlab.input": input === "pixels"
      ? `float32 ${axes}, pixels from 0 to 255; the graph normalises them`
      : `float32 ${axes}, (pixel - mean) / std with pixels from 0 to 255; mean and std hold ${channels} numbers, one for each channel, or ${
        channels * plane
      } in the order of the axes, and null is 0 for the mean and 1 for the std`,
    "convlab.mean": numbers(mean),
    "convlab.std": numbers(std),
  };
}

/** One number for each channel if that says it all, or else all numbers. */
export function perChannel(values: Float64Array, plane: number): number[] {
  const first = Array.from(
    { length: values.length / plane },
    (_, channel) => values[channel * plane]!,
  );
  return values.every((value, i) => value === first[Math.floor(i / plane)])
    ? first
    : [...values];
}
