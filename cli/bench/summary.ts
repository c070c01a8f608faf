// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench summary`: a table of Convlab against a peer, one row for each piece of
 * work, and what Convlab makes of the machine.
 *
 * @module
 */

import { textTable } from "../text_table.ts";
import {
  type Benchmark,
  type Row,
  type Settings,
  threadsInWords,
} from "./benchmark.ts";
import { legendOf, milliseconds, percent } from "./columns.ts";
import { shown, timePass, verifyAll } from "./measure.ts";
import type { Pass } from "./pass.ts";
import { type Peaks, peaksOf } from "./peak.ts";
import { timeScaling } from "./scaling.ts";
import { selectShapes } from "./shapes.ts";
import { isSteady, type Spread } from "./statistics.ts";
import { SUMMARY_SHAPES, summaryPasses } from "./summary_passes.ts";

/** The most threads that are timed where none are named. */
const MOST_THREADS = 2;

/** The benchmark. */
export const summary: Benchmark = {
  refuses: ["dtype", "profile"],
  needsPeer: true,
  async measure(settings) {
    const names = selectShapes(settings.shape, "summary", SUMMARY_SHAPES);
    const { steps, layers, first } = summaryPasses(names);
    const passes = [...steps, ...layers];
    const heading = settings.peer ? [`against ${settings.peer.name}`] : [];
    const scaled = first ? [first.forward, first.filterGradient] : [];
    const all = [...new Set([...passes, ...scaled])];
    const { complaints } = await verifyAll(all, settings);
    if (complaints.length > 0) {
      return { heading, lines: [], rows: [], complaints };
    }
    const peaks = peaksOf(["float32", "float64"]);
    const counts = threadCounts(settings.threads);
    const turns = [steps, layers].flatMap((passes) =>
      counts.flatMap((threads) => passes.map((pass) => ({ pass, threads })))
    );
    const rows: Row[] = [];
    for await (const { pass, threads } of shown("Timing", turns, settings)) {
      rows.push(await named(pass, threads, peaks, settings));
    }
    if (first) rows.push(await partOfPeak(first.forward, peaks, settings));
    for await (const pass of shown("Timing", scaled, settings)) {
      rows.push(...await speedup(pass, Math.max(...counts), settings));
    }
    const lines = summaryLines(rows, settings.peer?.name);
    return { heading, lines, rows, more: { peaks }, complaints };
  },
};

/** What was named; else one thread, and two where the machine has them. */
function threadCounts(threads: number | undefined): number[] {
  if (threads !== undefined) return [threads];
  const most = Math.min(MOST_THREADS, navigator.hardwareConcurrency);
  return Array.from({ length: most }, (_, i) => i + 1);
}

/** A pass against the peer. */
async function named(
  pass: Pass,
  threads: number,
  peaks: Peaks,
  settings: Settings,
): Promise<Row> {
  const row = await timePass(pass, threads, peaks, settings);
  return { ...row, name: `${row.name}, ${threadsInWords(threads)}` };
}

/** A pass on one thread against the multiply-adds that the machine can do. */
async function partOfPeak(
  pass: Pass,
  peaks: Peaks,
  settings: Settings,
): Promise<Row> {
  const alone = { ...settings, peer: undefined };
  const row = await named(pass, 1, peaks, alone);
  return { ...row, name: `part of peak, ${row.name}` };
}

/** A pass on several threads against one. */
async function speedup(
  pass: Pass,
  threads: number,
  settings: Settings,
): Promise<Row[]> {
  if (threads === 1) return [];
  const [one, many] = await timeScaling(pass, [1, threads], settings);
  return one && many ? [{ ...many, name: `${many.name} against 1` }] : [];
}

/** The rows as a table, what its columns mean, and what to think of marks. */
export function summaryLines(
  rows: readonly Row[],
  peer: string | undefined,
): string[] {
  const [name = "peer"] = peer?.split(" ") ?? [];
  const table = textTable([
    ["work", "Convlab ms", `${name} ms`, "ratio", "memory kept ms", "ratio"],
    ...rows.map((row) => [
      row.name,
      medianOf(row),
      medianOf(row.peer?.asInstalled),
      ratioOf(row) + mark(row, row.peer?.asInstalled),
      medianOf(row.peer?.memoryKept),
      row.peer
        ? row.peer.memoryKept.ratio.toFixed(2) + mark(row, row.peer.memoryKept)
        : "-",
    ]),
  ]);
  const lines = [...table, ...legendOf(rows)];
  if (rows.some((row) => !row.peer)) {
    lines.push(
      "part of peak, threads against 1: timed by themselves, in turns with what they are compared with",
    );
  }
  const marked = rows.some((row) =>
    mark(row, row.peer?.asInstalled, row.peer?.memoryKept) !== ""
  );
  return marked
    ? [
      ...lines,
      "?: half of the runs are spread over more than a quarter of the median, as on a busy machine or where a peer's processes differ",
    ]
    : lines;
}

/** Something that was timed, or was not. */
type Timed = { readonly milliseconds?: Spread } | undefined;

function medianOf(timed: Timed): string {
  const { milliseconds: spread } = timed ?? {};
  return spread ? milliseconds(spread.median) : "-";
}

/** Marks a ratio of times that are not all steady. */
function mark(...timed: Timed[]): string {
  const spreads = timed.map((one) => one?.milliseconds);
  return spreads.every((s) => s === undefined || isSteady(s)) ? "" : " ?";
}

function ratioOf({ peer, speedup, ofPeak }: Row): string {
  if (peer) return peer.asInstalled.ratio.toFixed(2);
  if (speedup !== undefined) return speedup.toFixed(2);
  return ofPeak === undefined ? "-" : percent(ofPeak);
}
