// Copyright 2026 the Convlab authors. MIT license.

/**
 * Opens a run whose network is to be used.
 *
 * @module
 */

import { learnedParameters } from "../training/learned_parameters.ts";
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
  tellIfUnfinished(run, stderr);
  return { run, trained };
}

/** Says which iteration the parameters are of, if the run has not ended. */
export function tellIfUnfinished(run: RunFolder, stderr: Output): void {
  const { iteration } = learnedParameters(run);
  if (iteration === undefined) return;
  stderr.line(
    `Run ${run.name} has not ended: these are its parameters after iteration ${iteration}`,
  );
}
