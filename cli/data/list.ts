// Copyright 2026 the Convlab authors. MIT license.

/**
 * `data list`: the data sets that are known by name.
 *
 * @module
 */

import type { DataSetName } from "../../data/data_set.ts";
import { PUBLISHED_DATA } from "../../data/published_data.ts";
import type { Streams } from "../command.ts";
import { ExitCode } from "../exit.ts";
import { invocation } from "../invocation.ts";
import { textTable } from "../text_table.ts";
import { locateNamed } from "./named.ts";

/** Prints the data sets and where they are. */
export function listData(json: boolean, { stdout, stderr }: Streams): ExitCode {
  const sets = Object.entries(PUBLISHED_DATA).map(
    ([name, { title, url, bytes }]) => {
      const folder = locateNamed(name as DataSetName) ?? null;
      return { name, title, folder, url, bytes };
    },
  );
  if (json) {
    stdout.line(JSON.stringify(sets, null, 2));
    return ExitCode.success;
  }
  const rows = sets.map(({ name, title, folder, bytes }) => [
    name,
    title,
    folder ?? `not here; ${Math.round(bytes / 1e6)} MB to download`,
  ]);
  for (const line of textTable(rows)) stdout.line(line);
  if (sets.some(({ folder }) => folder === null)) {
    stderr.line(`${invocation("data")} download NAME gets one`);
  }
  return ExitCode.success;
}
