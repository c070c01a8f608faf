// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds runs by name: a folder is one of a run if it holds `config.json`.
 *
 * @module
 */

import { join } from "@std/path";

/** Names that a message has at the most. */
const NAMES_SHOWN = 8;

/** What the folder of all runs holds. */
export interface RunNames {
  /** Names of runs, sorted. */
  readonly runs: readonly string[];
  /** Names of other folders, sorted. */
  readonly others: readonly string[];
}

/**
 * The folder of a run.
 *
 * @param run The run's name, the beginning of it if no other begins so, or its folder.
 * @param runsDir Where runs of that name are looked for.
 * @throws {Error} If there is no such run, or several begin so.
 */
export function findRun(run: string, runsDir: string): string {
  if (run !== "") {
    const exact = [join(runsDir, run), run].find(isRun);
    if (exact !== undefined) return exact;
  }
  const { runs } = runNames(runsDir);
  const begun = runs.filter((name) => run !== "" && name.startsWith(run));
  const [only] = begun;
  if (only !== undefined && begun.length === 1) return join(runsDir, only);
  if (begun.length > 1) {
    throw new Error(
      `Cannot tell which run "${run}" is: expected the beginning of one name but found that of ${begun.length} (${
        someOf(begun)
      })`,
    );
  }
  throw new Error(
    `Cannot find run "${run}": expected a run's folder, or the name of one in ${runsDir} (${
      runs.length > 0 ? someOf(runs) : "which holds none"
    })`,
  );
}

/** Names in a message: the first ones, and how many more there are. */
function someOf(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN;
  return names.slice(0, NAMES_SHOWN).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}

/** What a folder of runs holds; nothing if there is no such folder. */
export function runNames(runsDir: string): RunNames {
  const runs: string[] = [];
  const others: string[] = [];
  for (const name of namesIn(runsDir).sort()) {
    const path = join(runsDir, name);
    if (isRun(path)) runs.push(name);
    else if (statOf(path)?.isDirectory && !name.startsWith(".")) {
      others.push(name);
    }
  }
  return { runs, others };
}

/** Whether there is a file at `path`. */
export function isFile(path: string): boolean {
  return statOf(path)?.isFile ?? false;
}

function isRun(path: string): boolean {
  return isFile(join(path, "config.json"));
}

function statOf(path: string): Deno.FileInfo | undefined {
  try {
    return Deno.statSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return undefined;
  }
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return [];
  }
}
