// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench scaling --ranks`: training steps on one rank and on more, timed in
 * turns, and what their communication takes.
 *
 * @module
 */

import {
  lineThrough,
  networkOf,
  type StepCost,
  stepSeconds,
} from "../../distributed/step_time.ts";
import type { DType } from "../../numerics/tensor.ts";
import { UsageError } from "../exit.ts";
import type { Outcome, Row, Settings } from "./benchmark.ts";
import { shown } from "./measure.ts";
import { RANK_STEPS, type StepsAnswer } from "./rank.ts";
import { ask, type Job, jobInWords, start, type Started } from "./rank_job.ts";
import { stepLines, sumLines } from "./rank_lines.ts";
import { namesOf, selectShapes } from "./shapes.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { type Contestant, timeInTurns } from "./timing.ts";

/** Steps on some ranks. */
export type RanksRow = Row & Job & {
  /** The network, by name. */
  readonly shape: string;
  readonly milliseconds: Spread;
  /** How many times faster it is than one rank of one thread. */
  readonly speedup: number;
  /** Its speed, in parts of that of one process with as many threads, or as many as there are cores. */
  readonly ofOneProcess?: number;
  /** Share of the time in which anything was being summed. */
  readonly communicating?: number;
  /** Share of the time for which the first rank waited. */
  readonly waiting?: number;
  /** Share of the time of sums that was hidden behind the backward pass. */
  readonly hidden?: number;
  /** What the model of `distributed/step_time.ts` says that it takes, in milliseconds. */
  readonly predicted?: number;
};

/** What a step of a shape costs. */
export interface CostRow extends StepCost {
  readonly shape: string;
  readonly dtype: DType;
  /** Images of the batch. */
  readonly images: number;
  /** Threads of the rank. */
  readonly threads: number;
}

/** Sums of one size over some ranks. */
export interface SumsRow {
  readonly ranks: number;
  readonly bytes: number;
  readonly microseconds: Spread;
  /** Bytes summed in a second, in 10⁹. */
  readonly gigabytesPerSecond: number;
}

/** Sizes of messages, in bytes: from a loss to the gradients of a large network. */
const SIZES = [8, 1024, 65_536, 1 << 20, 1 << 22, 1 << 24, 1 << 26];
/** Steps that are compared with those of one rank, and how far they may be from them. */
const CHECKED_STEPS = 3;
const TOLERANCE: Record<DType, number> = { float32: 1e-4, float64: 1e-10 };
/** Before the first step that is timed, if as many are: kernels are compiled, and memory is made. */
const WARM_UP_RUNS = 10;
/** Parts of a batch whose times tell what a step costs whatever the batch. */
const PARTS = [1, 2, 4];
/** Times steps on one rank and on each of these numbers of ranks. */
export async function measureRanks(
  counts: readonly number[],
  settings: Settings,
): Promise<Outcome> {
  const { dtype = "float32", shape, runs, signal } = settings;
  const names = selectShapes(shape, "scaling --ranks", namesOf(RANK_STEPS));
  const warmUps = Math.min(runs, WARM_UP_RUNS);
  if (!counts.some((ranks) => ranks > 1)) {
    throw new UsageError("Expected --ranks to name a number of more than 1");
  }
  const jobs = jobsOf(counts, settings.threads);
  const complaints: string[] = [];
  const rows: RanksRow[] = [];
  const costs: CostRow[] = [];
  const sums: SumsRow[] = [];
  const started: Started[] = [];
  try {
    for (const job of jobs) started.push(await start(job, signal));
    const several = started.filter(({ job }) => job.ranks > 1);
    for await (const name of shown("Timing", [...names], settings)) {
      const losses = await Promise.all(
        started.map(async (job) => {
          const { losses } = await stepsOf(job, name, dtype, CHECKED_STEPS);
          return losses;
        }),
      );
      complaints.push(...compareLosses(name, dtype, jobs, losses));
      if (complaints.length > 0) break;
      const contestants = started.map((job) =>
        new Steps(job, name, dtype, warmUps)
      );
      // Smaller batches, on one rank with the threads of those of the first job.
      const { threads } = several[0]!.job;
      const alone = started.find(({ job }) =>
        job.ranks === 1 && job.threads === threads
      )!;
      const { images } = RANK_STEPS.find((shape) => shape.name === name)!;
      const sizes = PARTS.map((part) => Math.ceil(images / part));
      const parts = sizes.map((size) =>
        new Steps(alone, name, dtype, warmUps, size)
      );
      const all = [...contestants, ...parts];
      const times = await timeInTurns(all, runs, signal);
      rows.push(...rowsOf(name, dtype, contestants, times));
      costs.push({
        ...{ shape: name, dtype, images, threads },
        ...costOf(sizes, times.slice(contestants.length), contestants),
      });
    }
    for (const job of complaints.length > 0 ? [] : several) {
      for (const bytes of SIZES) sums.push(await sumsOf(job, bytes, runs));
    }
  } finally {
    for (const job of started) {
      // It answers by ending; where it had failed, that was told already.
      await ask(job, { kind: "end" }).catch(() => {});
      await job.conversation[Symbol.asyncDispose]();
    }
  }
  const library = started.find(({ library }) => library !== null)?.library;
  const predicted = rows.map((row) => ({
    ...row,
    ...prediction(row, costs, sums),
  }));
  return {
    heading: [
      `up to ${Math.max(...counts)} ranks`,
      ...typeof library === "string" ? [library] : [],
    ],
    lines: [...stepLines(predicted), "", ...sumLines(sums)],
    ...{ rows: predicted, complaints },
    more: { costs, sums, library },
  };
}

/** The cost of a step by its times on batches of several sizes, and of gradients by those of ranks. */
function costOf(
  sizes: readonly number[],
  times: readonly (readonly number[])[],
  contestants: readonly Steps[],
): StepCost {
  const line = lineThrough(
    sizes.map((images, i) => ({
      images,
      seconds: spreadOf(times[i]!).median / 1000,
    })),
  );
  const { job, total } = contestants.find(({ job }) => job.ranks > 1)!;
  const images = sizes[0]! / job.ranks;
  return {
    ...line,
    bytes: total.bytes,
    window: total.window / total.steps / 1000 / images,
  };
}

/** What the model says of a job of several ranks on this machine. */
function prediction(
  { ranks, threads, shape }: RanksRow,
  costs: readonly CostRow[],
  sums: readonly SumsRow[],
): { predicted?: number } {
  const cost = costs.find((cost) => cost.shape === shape);
  const own = sums.filter((row) => row.ranks === ranks)
    .map(({ bytes, microseconds }) => ({
      bytes,
      seconds: microseconds.median / 1e6,
    }));
  const [few, ...larger] = own;
  if (!cost || !few || cost.threads !== threads) return {};
  // The size that is nearest to that of the gradients.
  const distance = ({ bytes }: { bytes: number }) =>
    Math.abs(Math.log(bytes / cost.bytes));
  const many = larger.toSorted((a, b) => distance(a) - distance(b))[0]!;
  const seconds = stepSeconds(cost, {
    ...{ ranks, batchSize: cost.images },
    network: networkOf(ranks, few, many),
    crowding: Math.max(1, ranks * threads / navigator.hardwareConcurrency),
  });
  return { predicted: 1000 * seconds };
}

/** One rank of one thread, each number of ranks, and one process of as many threads. */
function jobsOf(counts: readonly number[], threads?: number): Job[] {
  const cores = navigator.hardwareConcurrency;
  const jobs = counts.filter((ranks) => ranks > 1).map((ranks) => ({
    ranks,
    threads: threads ?? Math.max(1, Math.floor(cores / ranks)),
  }));
  const alone = [
    ...[1, ...jobs.map(({ threads }) => threads)],
    ...jobs.map((job) => asOneProcess(job, cores)),
  ];
  return [
    ...[...new Set(alone)].sort((a, b) => a - b)
      .map((threads) => ({ ranks: 1, threads })),
    ...jobs,
  ];
}

/** Threads of one process that is as many as all ranks together, so far as there are cores. */
function asOneProcess({ ranks, threads }: Job, cores: number): number {
  return Math.min(ranks * threads, Math.max(cores, threads));
}

function stepsOf(
  job: Started,
  shape: string,
  dtype: DType,
  runs: number,
  images?: number,
): Promise<StepsAnswer> {
  const request = { kind: "steps", shape, dtype, runs } as const;
  return ask(job, images === undefined ? request : { ...request, images });
}

/** Steps of one shape on one job, timed in turns with others. */
class Steps implements Contestant {
  readonly job: Job;
  readonly #ask: (runs: number) => Promise<StepsAnswer>;
  /** Milliseconds in all, and in which it waited or summed. */
  readonly total = {
    ...{ steps: 0, time: 0, waited: 0, inFlight: 0, window: 0 },
    bytes: 0,
  };

  readonly #warmUps: number;

  constructor(
    started: Started,
    shape: string,
    dtype: DType,
    warmUps: number,
    images?: number,
  ) {
    this.#warmUps = warmUps;
    this.job = started.job;
    this.#ask = (runs) => stepsOf(started, shape, dtype, runs, images);
  }

  async warmUp(): Promise<void> {
    await this.#ask(this.#warmUps);
  }

  async time(runs: number): Promise<number[]> {
    await this.#ask(2); // Threads wake up.
    const { times, waited, inFlight, window, bytes } = await this.#ask(runs);
    this.total.bytes = bytes;
    this.total.steps += runs;
    this.total.window += window;
    this.total.time += times.reduce((sum, time) => sum + time, 0);
    this.total.waited += waited;
    this.total.inFlight += inFlight;
    return [...times];
  }
}

function compareLosses(
  name: string,
  dtype: DType,
  jobs: readonly Job[],
  losses: readonly (readonly number[])[],
): string[] {
  const [expected = []] = losses;
  return losses.flatMap((found, i) => {
    const wrong = found.findIndex((loss, step) =>
      !(Math.abs(loss - expected[step]!) <= TOLERANCE[dtype] * expected[step]!)
    );
    return wrong < 0 ? [] : [
      `training step ${name} ${dtype}, ${
        jobInWords(jobs[i]!)
      }: expected a loss of ${expected[wrong]} in step ${
        wrong + 1
      } as alone but found ${found[wrong]}`,
    ];
  });
}

function rowsOf(
  shape: string,
  dtype: DType,
  contestants: readonly Steps[],
  times: readonly (readonly number[])[],
): RanksRow[] {
  const spreads = times.map((list) => spreadOf(list));
  const medianOf = (ranks: number, threads: number) =>
    spreads[
      contestants.findIndex(({ job }) =>
        job.ranks === ranks && job.threads === threads
      )
    ]?.median ?? NaN;
  return contestants.map(({ job, total }, i) => {
    const milliseconds = spreads[i]!;
    const { ranks, threads } = job;
    const own = asOneProcess(job, navigator.hardwareConcurrency);
    return {
      name: `training step ${shape} ${dtype}, ${jobInWords(job)}`,
      ...{ shape, ranks, threads, milliseconds },
      speedup: medianOf(1, 1) / milliseconds.median,
      ...(ranks === 1 ? {} : {
        ofOneProcess: medianOf(1, own) / milliseconds.median,
        communicating: total.inFlight / total.time,
        waiting: total.waited / total.time,
        hidden: Math.max(0, 1 - total.waited / total.inFlight),
      }),
    };
  });
}

async function sumsOf(
  job: Started,
  bytes: number,
  runs: number,
): Promise<SumsRow> {
  await ask(job, { kind: "sums", bytes, runs: 2 });
  const { times } = await ask<{ times: number[] }>(
    ...[job, { kind: "sums", bytes, runs }] as const,
  );
  const microseconds = spreadOf(times.map((time) => 1000 * time));
  return {
    ...{ ranks: job.job.ranks, bytes, microseconds },
    gigabytesPerSecond: bytes / microseconds.median / 1000,
  };
}
