// Copyright 2026 the Convlab authors. MIT license.

/**
 * Checks passes and times them, in turns with a peer where there is one.
 *
 * @module
 */

import { setThreads } from "../../kernels/runtime.ts";
import { bytesOf } from "../../kernels/select.ts";
import { otherTasks } from "../../training/other_tasks.ts";
import { startProgress } from "../progress.ts";
import type { PeerTime, Row, Settings } from "./benchmark.ts";
import { nameOf, type Pass } from "./pass.ts";
import { partOfPeak, type Peaks } from "./peak.ts";
import { type Spread, spreadOf } from "./statistics.ts";
import { contestant, timeInTurns } from "./timing.ts";
import { type Verdict, verify } from "./verify.ts";

/** What came of checking some passes. */
export interface Verdicts {
  /** Of each pass. */
  readonly verdicts: ReadonlyMap<Pass, Verdict>;
  /** What is wrong with any. */
  readonly complaints: readonly string[];
}

/** Compares all passes with their references. */
export async function verifyAll(
  passes: readonly Pass[],
  settings: Settings,
): Promise<Verdicts> {
  const verdicts = new Map<Pass, Verdict>();
  for await (const pass of shown("Verifying", passes, settings)) {
    verdicts.set(pass, verify(pass));
  }
  const complaints = [...verdicts.values()].flatMap((v) => v.complaints);
  return { verdicts, complaints };
}

/** Times a pass on some threads. */
export async function timePass(
  pass: Pass,
  threads: number,
  peaks: Peaks,
  settings: Settings,
): Promise<Row & { readonly milliseconds: Spread }> {
  const { peer, runs, signal } = settings;
  setThreads(threads);
  const contestants = [contestant(pass.run)];
  if (peer) {
    contestants.push(
      peer.asInstalled(pass.work, threads),
      peer.memoryKept(pass.work, threads),
    );
  }
  const times = await timeInTurns(contestants, runs, signal);
  const [own = [], ...others] = times;
  const milliseconds = spreadOf(own);
  return {
    name: nameOf(pass.work),
    threads,
    milliseconds,
    ...speedOf(pass, milliseconds, threads, peaks),
    ...comparison(others, milliseconds),
  };
}

/** Times passes one after another, each shown on the progress bar. */
export async function timeAll(
  passes: readonly Pass[],
  { verdicts }: Verdicts,
  threads: number,
  peaks: Peaks,
  settings: Settings,
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const pass of shown("Timing", passes, settings)) {
    const { differences = {} } = verdicts.get(pass) ?? {};
    const row = await timePass(pass, threads, peaks, settings);
    rows.push({ ...row, differences });
  }
  return rows;
}

/** Goes through a list with a progress bar; others of the program get turns. */
export async function* shown<T>(
  label: string,
  items: readonly T[],
  { stdout, stderr, signal }: Settings,
): AsyncGenerator<T> {
  const total = items.length;
  using progress = startProgress({
    ...{ label, unit: "passes", total, stdout, stderr },
  });
  for (const [i, item] of items.entries()) {
    yield item;
    progress.update(i + 1);
    await otherTasks();
    signal?.throwIfAborted();
  }
}

function speedOf(
  { flops, numbers, work }: Pass,
  { median }: Spread,
  threads: number,
  peaks: Peaks,
): Pick<Row, "flops" | "bytes" | "gflops" | "ofPeak"> {
  const bytes = numbers === undefined
    ? {}
    : { bytes: numbers * bytesOf(work.dtype) };
  if (flops === undefined) return bytes;
  const gflops = flops / median / 1e6;
  const ofPeak = partOfPeak(gflops, peaks, work.dtype, threads);
  return {
    ...{ flops, ...bytes, gflops },
    ...ofPeak === undefined ? {} : { ofPeak },
  };
}

/** What the peer took in both ways, if it was timed. */
function comparison(
  [asInstalled, memoryKept]: readonly (readonly number[])[],
  own: Spread,
): Pick<Row, "peer"> {
  if (!asInstalled || !memoryKept) return {};
  const against = (times: readonly number[]): PeerTime => {
    const milliseconds = spreadOf(times);
    return { milliseconds, ratio: milliseconds.median / own.median };
  };
  return {
    peer: {
      asInstalled: against(asInstalled),
      memoryKept: against(memoryKept),
    },
  };
}
