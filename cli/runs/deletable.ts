// Copyright 2026 the Convlab authors. MIT license.

/**
 * Whether a folder is a run's and nothing else, so that it can be deleted. Any
 * folder with a `config.json` is taken for a run where it is only read; here
 * that is not enough.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import type { RunFolder } from "../../training/run_folder.ts";

/** Subcommands that make runs. */
const MAKERS: readonly unknown[] = ["train", "overfit", "import"];

/** The only folder within a run. */
const CHECKPOINTS = "checkpoints";

/**
 * Refuses a run that was named by the beginning of its name alone.
 *
 * @throws {Error} If `typed` is neither the run's name nor its folder.
 */
export function nameIsWhole(run: RunFolder, typed: string): void {
  if (basename(resolve(typed)) === run.name) return;
  throw new Error(
    `Cannot delete "${typed}": expected the whole name of a run, which may be "${run.name}"`,
  );
}

/**
 * The bytes in a run's folder, if it is one.
 *
 * @throws {Error} If the folder is not, or not only, that of a run, or is in use.
 */
export function dataOf(run: RunFolder): number {
  const { path } = run;
  const cannot = (why: string) => new Error(`Cannot delete ${path}: ${why}`);
  if (Deno.lstatSync(path).isSymlink) {
    throw cannot("expected a folder but found a link to one");
  }
  const { command, started } = run.readConfig();
  if (!MAKERS.includes(command) || typeof started !== "string") {
    throw cannot(
      "expected the config.json of a run, with its command and when it was started, but found another",
    );
  }
  if (run.isLocked()) throw cannot("a process is training there");
  let bytes = 0;
  for (const folder of [path, join(path, CHECKPOINTS)]) {
    for (const { name, isDirectory } of entriesOf(folder)) {
      if (isDirectory && !(folder === path && name === CHECKPOINTS)) {
        throw cannot(
          `expected no folder within a run but ${CHECKPOINTS} but found ${
            join(folder, name)
          }`,
        );
      }
      if (!isDirectory) bytes += Deno.lstatSync(join(folder, name)).size;
    }
  }
  return bytes;
}

function entriesOf(folder: string): Deno.DirEntry[] {
  try {
    return [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
