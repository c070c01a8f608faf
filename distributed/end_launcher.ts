// Copyright 2026 the Convlab authors. MIT license.

/**
 * The end of a job one of whose hosts is silent. `MPI_Abort` asks the launcher
 * to end all processes, and Open MPI's then waits for its part on the silent
 * host, for hours. As it has ended this process by then, a shell ends it.
 *
 * @module
 */

import type { Posix } from "./posix.ts";

/** Programs that start jobs, and those that stand for them on other hosts; ranks come down from the one on their host, by way of `deno task`, say. */
const LAUNCHERS = /^(mpirun|mpiexec|orterun|prterun|orted|prted)[\w.]*$/;

/** Seconds in which it may end by itself, as it does where all hosts answer after all. */
const SECONDS = 2.4;

/** Sees to it that the launcher ends soon, if it runs on this host; else does nothing. */
export function endLauncherSoon(posix: Posix): void {
  const launcher = posix.ancestors()
    .find(({ program }) => LAUNCHERS.test(program));
  if (launcher === undefined) return;
  const { pid, program } = launcher;
  // By then its number may be another program's.
  const script =
    `sleep ${SECONDS}; grep -qs "(${program})" /proc/${pid}/stat && kill -9 ${pid}`;
  // In a session of its own, so that it is not ended as a part of the job.
  posix.shell(`setsid sh -c '${script}' </dev/null >/dev/null 2>&1 &`);
}
