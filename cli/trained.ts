// Copyright 2026 the Convlab authors. MIT license.

/**
 * Opens a run whose network is to be used.
 *
 * @module
 */

import { loadRun } from "../training/load_run.ts";
import { RunFolder } from "../training/run_folder.ts";
import type { TrainedNetwork } from "../training/trained_network.ts";
import type { Output } from "./output.ts";

/** Opens a run and its network, and says so if training has not ended. */
export function openTrained(
  name: string,
  runsDir: string,
  stderr: Output,
): { run: RunFolder; trained: TrainedNetwork } {
  const run = RunFolder.open(name, runsDir);
  const trained = loadRun(run);
  if (trained.iteration !== undefined) {
    stderr.line(
      `Run ${run.name} has not ended: these are its parameters after iteration ${trained.iteration}`,
    );
  }
  return { run, trained };
}
