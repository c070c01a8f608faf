// Copyright 2026 the Convlab authors. MIT license.

/**
 * The folder of a new run, which is not left behind where nothing was done.
 *
 * @module
 */

import { join } from "@std/path";
import { RunFolder } from "../training/run_folder.ts";
import { isFile } from "../training/find_run.ts";
import { Interrupted } from "./exit.ts";

/**
 * Makes a run's folder and locks it while `body` works there. If that fails
 * before it has logged anything, as with a model that does not fit the images,
 * the folder is removed, so that its name is free for the next attempt.
 *
 * @throws {Error} If there is a run of that name, and whatever `body` throws.
 */
export async function inNewRun<R>(
  { runsDir, name }: { readonly runsDir: string; readonly name: string },
  body: (run: RunFolder) => Promise<R>,
): Promise<R> {
  const run = RunFolder.create(runsDir, name);
  using _lock = run.lock();
  try {
    return await body(run);
  } catch (error) {
    const hasBegun = isFile(join(run.path, "log.txt")) ||
      isFile(join(run.path, "metrics.jsonl"));
    // After Ctrl-C the run can be resumed.
    if (!hasBegun && !(error instanceof Interrupted)) remove(run.path);
    throw error;
  }
}

function remove(path: string): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch {
    // It holds an open file, as on Windows: the first error is the one to report.
  }
}
