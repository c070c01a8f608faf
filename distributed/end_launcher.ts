// Copyright 2026 the Convlab authors. MIT license.

/**
 * The end of a job one of whose hosts is silent. `MPI_Abort` asks the launcher
 * to end all processes, and Open MPI's then waits for its part on the silent
 * host, for hours. Asked three times it ends what it can reach, and itself.
 *
 * @module
 */

import type { Posix } from "./posix.ts";

/** Programs that start jobs, and may be the parent of a rank on their own host. */
const LAUNCHERS = /^(mpirun|mpiexec|orterun|prterun)\b/;

/** Milliseconds between two requests; Open MPI takes those within five seconds together. */
const PAUSE_MS = 300;
const TIMES = 3;

/** Ends the launcher if it runs on this host, so that this process is its child; else does nothing. */
export function endLauncher(posix: Posix, sleep: (ms: number) => void): void {
  const { pid, program } = posix.parent();
  if (!LAUNCHERS.test(program)) return;
  // It ends its children too, and this one still has to ask it again.
  posix.ignoreTerminate();
  for (let time = 0; time < TIMES; time++) {
    posix.terminate(pid, "SIGTERM");
    sleep(PAUSE_MS);
    if (posix.parent().pid !== pid) return;
  }
  posix.terminate(pid, "SIGKILL");
}
