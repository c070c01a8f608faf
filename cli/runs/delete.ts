// Copyright 2026 the Convlab authors. MIT license.

/**
 * `runs delete`: removes runs for good, and nothing that is no run.
 *
 * @module
 */

import { join } from "@std/path";
import type { RunFolder } from "../../training/run_folder.ts";
import { dataOf, nameIsWhole } from "./deletable.ts";
import type { Streams } from "../command.ts";
import { Interrupted, UsageError } from "../exit.ts";
import { counted } from "../words.ts";
import { bytesText } from "./format.ts";

/** Options of `runs delete`. */
export interface DeleteOptions {
  /** Whether to delete without a question. */
  readonly yes: boolean;
  /** Whether to print JSON. */
  readonly json: boolean;
  /** Asks whoever sits at the terminal; `undefined` where nobody does. */
  readonly ask: ((question: string) => boolean) | undefined;
}

/**
 * Deletes runs, all or none: all are looked at before the first one goes.
 *
 * @param runs The runs, and what was typed for each.
 * @throws {UsageError} If nobody can be asked and `--yes` was not given.
 * @throws {Error} If a run is being trained, its name was not typed in full, or its folder holds what is not of a run.
 * @throws {Interrupted} If the answer was no.
 */
export function deleteRuns(
  runs: readonly { readonly run: RunFolder; readonly typed: string }[],
  { yes, json, ask }: DeleteOptions,
  { stdout }: Streams,
): void {
  const unique = [
    ...new Map(runs.map((item) => [Deno.realPathSync(item.run.path), item]))
      .values(),
  ];
  const found = unique.map(({ run, typed }) => {
    nameIsWhole(run, typed);
    return { run, bytes: dataOf(run) };
  });
  if (!yes) {
    if (ask === undefined) {
      throw new UsageError(
        "Expected --yes with delete, as nobody is there to be asked",
      );
    }
    const total = bytesText(found.reduce((sum, { bytes }) => sum + bytes, 0));
    const names = found.map(({ run }) => run.path).join(", ");
    const what = `${counted(found.length, "run")} (${names}; ${total})`;
    if (!ask(`Delete ${what} for good?`)) {
      throw new Interrupted("Nothing was deleted");
    }
  }
  for (const { run } of found) {
    remove(run);
    if (!json) stdout.line(`Deleted ${run.path}`);
  }
  if (json) {
    const deleted = found.map(({ run: { name, path }, bytes }) => ({
      ...{ name, path, bytes },
    }));
    stdout.line(JSON.stringify(deleted, null, 2));
  }
}

/** Removes a run while nobody else can train in it. */
function remove(run: RunFolder): void {
  {
    using _lock = run.lock();
    // First, since without it the rest is no run to anybody.
    Deno.removeSync(join(run.path, "config.json"));
    for (const { name } of [...Deno.readDirSync(run.path)]) {
      if (name === ".lock") continue;
      Deno.removeSync(join(run.path, name), { recursive: true });
    }
  }
  Deno.removeSync(run.path, { recursive: true });
}
