// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench scaling`: the same work on more and more threads.
 *
 * @module
 */

import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { textTable } from "../text_table.ts";
import {
  type Benchmark,
  type Outcome,
  type Row,
  type Settings,
  threadsInWords,
} from "./benchmark.ts";
import { milliseconds, percent } from "./columns.ts";
import { convolutionPasses } from "./convolution.ts";
import { shown, verifyAll } from "./measure.ts";
import { nameOf, type Pass } from "./pass.ts";
import { measureRanks } from "./ranks.ts";
import { CONVOLUTIONS, namesOf, selectShapes, STEPS } from "./shapes.ts";
import { spreadOf } from "./statistics.ts";
import { stepPass } from "./step.ts";
import { type Contestant, timeInTurns, timeRuns, warmUp } from "./timing.ts";

/** A pass on some threads. */
export type ScalingRow =
  & Row
  & Required<Pick<Row, "milliseconds" | "speedup">>;

/** The convolution that is timed: the network's first layer. */
const CONVOLUTION = CONVOLUTIONS.filter(({ name }) => name === "three-layer");
const SHAPES = namesOf([...CONVOLUTION, ...STEPS]);
/** After a change of threads: workers start, and wake up. */
const RESTART = { runs: 3, milliseconds: 100 };

/** The benchmark. */
export const scaling: Benchmark = {
  refuses: ["peer", "profile"],
  measure(settings) {
    if (settings.ranks) return measureRanks(settings.ranks, settings);
    const { dtype = "float32", shape } = settings;
    const names = selectShapes(shape, "scaling", SHAPES);
    const passes = [
      ...CONVOLUTION.filter(({ name }) => names.has(name)).flatMap((shape) => {
        const { forward, filterGradient } = convolutionPasses(shape)(dtype);
        return [forward, filterGradient];
      }),
      ...STEPS.filter(({ name }) => names.has(name))
        .map((shape) => stepPass(shape)(dtype)),
    ];
    return measureScaling(passes, getThreads(), settings);
  },
};

/** Checks passes, and times each on 1 to `most` threads. */
export async function measureScaling(
  passes: readonly Pass[],
  most: number,
  settings: Settings,
): Promise<Outcome> {
  const heading = [`up to ${threadsInWords(most)}`];
  const { complaints } = await verifyAll(passes, settings);
  if (complaints.length > 0) {
    return { heading, lines: [], rows: [], complaints };
  }
  const rows: ScalingRow[] = [];
  for await (const pass of shown("Timing", passes, settings)) {
    rows.push(...await timeScaling(pass, threadCounts(most), settings));
  }
  return { heading, lines: scalingLines(rows), rows, complaints };
}

/** 1, 2, 4, … and the most. */
export function threadCounts(most: number): number[] {
  const counts: number[] = [];
  for (let threads = 1; threads < most; threads *= 2) counts.push(threads);
  return [...counts, most];
}

/** Times a pass on each number of threads in turns; the first is what speed-ups refer to. */
export async function timeScaling(
  pass: Pass,
  counts: readonly number[],
  { runs, signal }: Settings,
): Promise<ScalingRow[]> {
  const contestants = counts.map((threads) => onThreads(pass.run, threads));
  const times = await timeInTurns(contestants, runs, signal);
  const spreads = times.map(spreadOf);
  return spreads.map((milliseconds, i) => ({
    name: `${nameOf(pass.work)}, ${threadsInWords(counts[i]!)}`,
    threads: counts[i]!,
    milliseconds,
    speedup: spreads[0]!.median / milliseconds.median,
  }));
}

function onThreads(run: () => unknown, threads: number): Contestant {
  return {
    warmUp: () => {
      setThreads(threads);
      warmUp(run);
    },
    time: (runs) => {
      setThreads(threads);
      warmUp(run, RESTART);
      return timeRuns(run, runs);
    },
  };
}

function scalingLines(rows: readonly ScalingRow[]): string[] {
  return textTable([
    ["work", "ms", "quartiles", "speed-up", "efficiency"],
    ...rows.map(({ name, threads, milliseconds: spread, speedup }) => [
      name,
      milliseconds(spread.median),
      `${milliseconds(spread.lower)} to ${milliseconds(spread.upper)}`,
      `${speedup.toFixed(2)}x`,
      percent(speedup / threads),
    ]),
  ]);
}
