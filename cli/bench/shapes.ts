// Copyright 2026 the Convlab authors. MIT license.

/**
 * The shapes that are timed, by name: the one list for `bench` and for tests.
 *
 * @module
 */

import { UsageError } from "../exit.ts";
import { oneOf, suggest, unknownWord } from "../words.ts";

/** Sizes of a convolution of square filters. */
export interface ConvolutionShape {
  readonly name: string;
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  /** Height and width of a filter. */
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
}

/** Sizes of a max-pooling with square windows. */
export interface PoolingShape {
  readonly name: string;
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  /** Height and width of a window. */
  readonly window: number;
  readonly stride: number;
}

/** Sizes of an affine layer. */
export interface AffineShape {
  readonly name: string;
  readonly images: number;
  /** Inputs of the layer. */
  readonly features: number;
  /** Outputs of the layer. */
  readonly units: number;
}

/** Sizes of the three-layer network and of its batch. */
export interface StepShape {
  readonly name: string;
  readonly images: number;
  readonly channels: number;
  /** Height and width of an image. */
  readonly side: number;
  readonly filters: number;
  /** Height and width of a filter, odd. */
  readonly kernel: number;
  /** Units of the hidden layer. */
  readonly hidden: number;
  readonly classes: number;
}

/** The convolutions: that of cell 8, the network's first layer, two deeper ones. */
export const CONVOLUTIONS: readonly ConvolutionShape[] = [
  convolution("document", [100, 3, 31, 31], 25, 3, 2, 1),
  convolution("three-layer", [50, 3, 32, 32], 32, 7, 1, 3),
  convolution("block2", [50, 32, 16, 16], 64, 3, 1, 1),
  convolution("block3", [50, 64, 8, 8], 128, 3, 1, 1),
];

/** The max-poolings: that of cell 9, and one whose windows overlap. */
export const POOLINGS: readonly PoolingShape[] = [
  pooling("document", [100, 3, 32, 32], 2, 2),
  pooling("overlapping", [50, 32, 32, 32], 3, 2),
];

/** The affine layers: the network's hidden ones, and one whose rows are pages apart. */
export const AFFINES: readonly AffineShape[] = [
  { name: "hidden-100", images: 50, features: 8192, units: 100 },
  { name: "hidden-500", images: 50, features: 8192, units: 500 },
  { name: "power-of-two", images: 100, features: 1024, units: 1024 },
];

/** The networks whose training steps are timed. */
export const STEPS: readonly StepShape[] = [100, 500].map((hidden) => ({
  name: `hidden-${hidden}`,
  ...{ images: 50, channels: 3, side: 32 },
  ...{ filters: 32, kernel: 7, hidden, classes: 10 },
}));

/** The names of all shapes, each once. */
export const SHAPE_NAMES: readonly string[] = namesOf(
  [...CONVOLUTIONS, ...POOLINGS, ...AFFINES, ...STEPS],
);

/**
 * The names that were asked for.
 *
 * @param typed What was typed: names, or lists of names with commas between.
 * @param what What is timed, for messages.
 * @param known The names that it has.
 * @returns Those that were typed, each once; all if there are none.
 * @throws {UsageError} If a name is unknown.
 */
export function selectShapes(
  typed: readonly string[],
  what: string,
  known: readonly string[],
): ReadonlySet<string> {
  const names = typed.flatMap((list) => list.split(","))
    .map((name) => name.trim());
  for (const name of names) {
    if (known.includes(name)) continue;
    // Of one that is timed elsewhere nothing else is meant.
    const isMeant = !SHAPE_NAMES.includes(name) &&
      suggest(name, known) !== undefined;
    throw new UsageError(
      isMeant
        ? unknownWord("shape", name, known)
        : `Expected --shape to be ${oneOf(known)} with ${what} but found ${
          JSON.stringify(name)
        }`,
    );
  }
  return new Set(names.length > 0 ? names : known);
}

/** The names of shapes, each once. */
export function namesOf(shapes: readonly { name: string }[]): string[] {
  return [...new Set(shapes.map(({ name }) => name))];
}

function convolution(
  name: string,
  [images, channels, height, width]: readonly [number, number, number, number],
  filters: number,
  kernel: number,
  stride: number,
  pad: number,
): ConvolutionShape {
  return {
    ...{ name, images, channels, height, width },
    ...{ filters, kernel, stride, pad },
  };
}

function pooling(
  name: string,
  [images, channels, height, width]: readonly [number, number, number, number],
  window: number,
  stride: number,
): PoolingShape {
  return { name, images, channels, height, width, window, stride };
}
