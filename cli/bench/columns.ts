// Copyright 2026 the Convlab authors. MIT license.

/**
 * Rows of a report as a table, with those columns that something is in.
 *
 * @module
 */

import { textTable } from "../text_table.ts";
import type { Row } from "./benchmark.ts";
import type { Peaks } from "./peak.ts";
import { MEMORY_KEPT } from "./peer.ts";

/** A column: its title, and what it tells of a row, if anything. */
type Column = readonly [title: string, cell: (row: Row) => string | undefined];

/** The columns of timed passes. */
const COLUMNS: readonly Column[] = [
  ["work", (row) => row.name],
  ["ms", (row) => row.milliseconds && milliseconds(row.milliseconds.median)],
  [
    "quartiles",
    ({ milliseconds: spread }) =>
      spread &&
      `${milliseconds(spread.lower)} to ${milliseconds(spread.upper)}`,
  ],
  ["GFLOP/s", ({ gflops }) => gflops?.toFixed(1)],
  ["of peak", ({ ofPeak }) => ofPeak === undefined ? ofPeak : percent(ofPeak)],
  [
    "PyTorch ms",
    ({ peer }) => peer && milliseconds(peer.asInstalled.milliseconds.median),
  ],
  ["ratio", ({ peer }) => peer?.asInstalled.ratio.toFixed(2)],
  [
    "memory kept ms",
    ({ peer }) => peer && milliseconds(peer.memoryKept.milliseconds.median),
  ],
  ["ratio", ({ peer }) => peer?.memoryKept.ratio.toFixed(2)],
  ["difference", ({ differences }) => differences && largest(differences)],
];

/** A table of timed passes. */
export function passLines(rows: readonly Row[]): string[] {
  const used = COLUMNS.filter(([, cell]) =>
    rows.some((row) => cell(row) !== undefined)
  );
  const table = textTable([
    used.map(([title]) => title),
    ...rows.map((row) => used.map(([, cell]) => cell(row) ?? "-")),
  ]);
  return [...table, ...legendOf(rows)];
}

/** What columns mean, where it is not plain. */
export function legendOf(rows: readonly Row[]): string[] {
  const lines: string[] = [];
  if (rows.some(({ ofPeak = 0 }) => ofPeak > 1)) {
    lines.push(
      "speeds, and parts of the peak: as if all products were done, of which some convolutions do half",
    );
  }
  if (rows.some(({ peer }) => peer)) {
    const variables = Object.entries(MEMORY_KEPT).map((pair) => pair.join("="));
    lines.push(
      `PyTorch: in fresh processes, as installed; memory kept: in one under ${
        variables.join(" ")
      }, where it uses freed memory again`,
    );
  }
  return lines;
}

/** `Peak of one thread: float32 67.2 GFLOP/s, float64 33.6 GFLOP/s`. */
export function peakLine(peaks: Peaks): string {
  const parts = Object.entries(peaks)
    .map(([dtype, peak]) => `${dtype} ${peak.toFixed(1)} GFLOP/s`);
  return `Peak of one thread: ${parts.join(", ")}`;
}

/** A duration, in milliseconds. */
export function milliseconds(time: number): string {
  return time.toFixed(3);
}

/** `42 %`. */
export function percent(part: number): string {
  return `${(100 * part).toFixed(0)} %`;
}

function largest(differences: Readonly<Record<string, number>>): string {
  const difference = Math.max(0, ...Object.values(differences));
  return difference === 0 ? "0" : difference.toExponential(1);
}
