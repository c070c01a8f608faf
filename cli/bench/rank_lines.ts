// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `bench scaling --ranks` measured, in tables.
 *
 * @module
 */

import { textTable } from "../text_table.ts";
import { milliseconds, percent } from "./columns.ts";
import type { RanksRow, SumsRow } from "./ranks.ts";

/** Steps, a line for each job. */
export function stepLines(rows: readonly RanksRow[]): string[] {
  const part = (share: number | undefined) =>
    share === undefined ? "-" : percent(share);
  return textTable([
    [
      ...["work", "ms", "quartiles", "model", "speed-up", "of one process"],
      ...["summing", "waiting", "hidden"],
    ],
    ...rows.map((row) => [
      row.name,
      milliseconds(row.milliseconds.median),
      `${milliseconds(row.milliseconds.lower)} to ${
        milliseconds(row.milliseconds.upper)
      }`,
      row.predicted === undefined ? "-" : milliseconds(row.predicted),
      `${row.speedup.toFixed(2)}x`,
      part(row.ofOneProcess),
      part(row.communicating),
      part(row.waiting),
      part(row.hidden),
    ]),
  ]);
}

/** Sums, a line for each size. */
export function sumLines(sums: readonly SumsRow[]): string[] {
  return textTable([
    ["sum over all ranks", "µs", "quartiles", "GB/s"],
    ...sums.map(({ ranks, bytes, microseconds: spread, ...row }) => [
      `${bytesInWords(bytes)}, ${ranks} ranks`,
      spread.median.toFixed(0),
      `${spread.lower.toFixed(0)} to ${spread.upper.toFixed(0)}`,
      row.gigabytesPerSecond.toFixed(2),
    ]),
  ]);
}

function bytesInWords(bytes: number): string {
  if (bytes >= 1 << 20) return `${bytes / (1 << 20)} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} bytes`;
}
