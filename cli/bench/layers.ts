// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench layers`: each layer's passes on the named shapes.
 *
 * @module
 */

import { getThreads } from "../../kernels/runtime.ts";
import type { DType } from "../../numerics/tensor.ts";
import { affinePasses } from "./affine.ts";
import {
  type Benchmark,
  type Outcome,
  type Settings,
  threadsInWords,
} from "./benchmark.ts";
import { passLines, peakLine } from "./columns.ts";
import { convolutionPasses } from "./convolution.ts";
import { timeAll, verifyAll } from "./measure.ts";
import type { Pass } from "./pass.ts";
import { memorySpeed, peaksOf } from "./peak.ts";
import { poolingPasses } from "./pooling.ts";
import {
  AFFINES,
  CONVOLUTIONS,
  namesOf,
  POOLINGS,
  selectShapes,
} from "./shapes.ts";

const SHAPES = namesOf([...CONVOLUTIONS, ...POOLINGS, ...AFFINES]);

/** The benchmark. */
export const layers: Benchmark = {
  refuses: ["profile"],
  measure(settings) {
    const dtypes = dtypesOf(settings.dtype);
    const names = selectShapes(settings.shape, "layers", SHAPES);
    return measureLayers(layerPasses(names, dtypes), settings);
  },
};

/** Checks and times passes on the threads that are in use. */
export async function measureLayers(
  passes: readonly Pass[],
  settings: Settings,
): Promise<Outcome> {
  const threads = getThreads();
  const heading = [threadsInWords(threads)];
  const verdicts = await verifyAll(passes, settings);
  const { complaints } = verdicts;
  if (complaints.length > 0) {
    return { heading, lines: [], rows: [], complaints };
  }
  const peaks = peaksOf([...new Set(passes.map((pass) => pass.work.dtype))]);
  const memory = memorySpeed();
  const rows = await timeAll(passes, verdicts, threads, peaks, settings);
  const lines = [peakLine(peaks), "", ...passLines(rows)];
  return { heading, lines, rows, more: { peaks, memory }, complaints };
}

/** Forward and backward passes on the shapes of these names. */
export function layerPasses(
  names: ReadonlySet<string>,
  dtypes: readonly DType[],
): Pass[] {
  const named = <S extends { name: string }>(shapes: readonly S[]) =>
    shapes.filter(({ name }) => names.has(name));
  const makers = [
    ...named(CONVOLUTIONS).map(convolutionPasses),
    ...named(POOLINGS).map(poolingPasses),
    ...named(AFFINES).map(affinePasses),
  ];
  return makers.flatMap((passes) =>
    dtypes.map(passes).flatMap(({ forward, backward }) => [forward, backward])
  );
}

/** The dtype that was named, or both. */
export function dtypesOf(dtype: DType | undefined): readonly DType[] {
  return dtype === undefined ? ["float32", "float64"] : [dtype];
}
