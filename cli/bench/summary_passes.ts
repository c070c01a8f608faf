// Copyright 2026 the Convlab authors. MIT license.

/**
 * The pieces of work that `bench summary` tells of.
 *
 * @module
 */

import { type ConvolutionPasses, convolutionPasses } from "./convolution.ts";
import type { Pass } from "./pass.ts";
import { poolingPasses } from "./pooling.ts";
import { CONVOLUTIONS, namesOf, POOLINGS, STEPS } from "./shapes.ts";
import { stepPass } from "./step.ts";

/** Passes in the order in which they are told. */
export interface SummaryPasses {
  readonly steps: readonly Pass[];
  readonly layers: readonly Pass[];
  /** The network's first layer in float32, for what is told of it beside. */
  readonly first: ConvolutionPasses | undefined;
}

const FIRST = "three-layer";
const POOLING = POOLINGS.filter(({ name }) => name === "document");

/** The names of the shapes that they are on. */
export const SUMMARY_SHAPES: readonly string[] = namesOf(
  [...STEPS, ...CONVOLUTIONS, ...POOLING],
);

/** The passes on shapes of these names. */
export function summaryPasses(names: ReadonlySet<string>): SummaryPasses {
  const chosen = <S extends { name: string }>(shapes: readonly S[]) =>
    shapes.filter(({ name }) => names.has(name));
  const makers = chosen(CONVOLUTIONS)
    .map((shape) => ({ ...shape, passes: convolutionPasses(shape) }));
  const single = makers.map(({ name, passes }) => ({
    ...{ name, ...passes("float32") },
  }));
  const shallow = single.filter(({ name }) => isShallow(name));
  const deep = single.filter(({ name }) => !isShallow(name));
  const double = makers.filter(({ name }) => isShallow(name))
    .map(({ passes }) => passes("float64"));
  const poolings = chosen(POOLING).map(poolingPasses);
  return {
    steps: chosen(STEPS).map((shape) => stepPass(shape)("float32")),
    layers: [
      ...shallow.map(({ forward }) => forward),
      ...shallow.map(({ backward }) => backward),
      ...deep.flatMap(({ forward, backward }) => [forward, backward]),
      ...double.flatMap(({ forward, backward }) => [forward, backward]),
      ...poolings.flatMap((passes) =>
        (["float32", "float64"] as const).map((dtype) => passes(dtype).forward)
      ),
    ],
    first: single.find(({ name }) => name === FIRST),
  };
}

/** Whether a convolution is told in float64, too. */
function isShallow(name: string): boolean {
  return name === "document" || name === FIRST;
}
