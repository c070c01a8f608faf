// Copyright 2026 the Convlab authors. MIT license.

/**
 * Programs under `mpirun`, on this machine, with what root and more ranks than
 * cores need.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { describe } from "@std/testing/bdd";
import { describePermitted, permitted } from "../permitted.ts";

/** A family of launchers. */
export type Launcher = "openmpi" | "mpich";

/** What to run. */
export interface Job {
  /** Number of processes. */
  readonly ranks: number;
  /** The module that each runs, or Deno's other arguments before `args`. */
  readonly program: URL | readonly string[];
  readonly args?: readonly string[];
  /** Open MPI's unless another is named. */
  readonly launcher?: Launcher;
  /** Further variables of the environment, of `mpirun` and of all ranks. */
  readonly env?: Readonly<Record<string, string>>;
  /** What to put before the launcher's command, and its arguments, to run it somewhere else. */
  readonly on?: readonly string[];
  /** Further arguments of `mpirun`. */
  readonly mpirunArgs?: readonly string[];
  /** The folder to run in. */
  readonly cwd?: string;
  /** Seconds after which it is killed; 60 unless told. */
  readonly seconds?: number;
}

/** What came of it. */
export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether it was killed since it took too long. */
  readonly timedOut: boolean;
}

/** A job that runs. */
export interface Running {
  /** The process of `mpirun`. */
  readonly process: Deno.ChildProcess;
  /** What it has printed so far, as it comes. */
  readonly printed: { stdout: string; stderr: string };
  /** Its end. */
  readonly outcome: Promise<Outcome>;
}

const COMMANDS: Record<Launcher, readonly string[]> = {
  openmpi: ["mpirun.openmpi", "mpirun"],
  mpich: ["mpirun.mpich", "mpiexec.hydra"],
};

const INSTALL: Record<Launcher, string> = {
  openmpi: "apt-get install openmpi-bin",
  mpich: "apt-get install mpich",
};

const HERE = fromFileUrl(new URL(".", import.meta.url));
const ROOT = fromFileUrl(new URL("../../", import.meta.url));

/** The command that starts jobs of a family, or `undefined` if there is none. */
export function findMpirun(launcher: Launcher): string | undefined {
  return COMMANDS[launcher].find((command) => {
    try {
      const { stdout } = new Deno.Command(command, {
        args: ["--version"],
        stderr: "null",
      }).outputSync();
      const isOpenMpi = /Open MPI|OpenRTE|PRTE/i.test(
        new TextDecoder().decode(stdout),
      );
      return isOpenMpi === (launcher === "openmpi");
    } catch {
      return false;
    }
  });
}

/** `describe`, or its skipping where a permission or the launcher is missing. */
export function describeMpi(
  name: string,
  body: () => void | Promise<void>,
  launcher: Launcher = "openmpi",
): void {
  if (!permitted || findMpirun(launcher) !== undefined) {
    describePermitted(name, body);
  } else {
    describe.skip(
      `${name} (skipped: needs ${COMMANDS[launcher][0]}; Debian: ${
        INSTALL[launcher]
      })`,
      () => {},
    );
  }
}

/** Starts a job. */
export function startMpirun(job: Job): Running {
  const { launcher = "openmpi", ranks, mpirunArgs = [] } = job;
  const command = findMpirun(launcher);
  if (command === undefined) throw new Error(`No ${launcher} is installed`);
  const program = job.program instanceof URL
    ? ["run", "--quiet", "--allow-all", fromFileUrl(job.program)]
    : job.program;
  const [first, ...rest] = [...(job.on ?? []), command];
  const process = new Deno.Command(first!, {
    args: [
      ...[...rest, "-n", `${ranks}`],
      ...(launcher === "openmpi" ? ["--oversubscribe"] : []),
      ...mpirunArgs,
      ...[Deno.execPath(), ...program, ...(job.args ?? [])],
    ],
    cwd: job.cwd ?? (job.program instanceof URL ? HERE : ROOT),
    env: {
      NO_COLOR: "1",
      ...(launcher === "openmpi"
        ? { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" }
        : {}),
      ...job.env,
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const printed = { stdout: "", stderr: "" };
  return { process, printed, outcome: watch(process, printed, job.seconds) };
}

/** Runs a job to its end. */
export function mpirun(job: Job): Promise<Outcome> {
  return startMpirun(job).outcome;
}

async function watch(
  process: Deno.ChildProcess,
  printed: Running["printed"],
  seconds = 60,
): Promise<Outcome> {
  let timedOut = false;
  let timer = setTimeout(() => {
    timedOut = true;
    process.kill("SIGTERM");
    timer = setTimeout(() => process.kill("SIGKILL"), 3000);
  }, seconds * 1000);
  const read = async (name: "stdout" | "stderr") => {
    const stream = process[name].pipeThrough(new TextDecoderStream());
    for await (const text of stream) printed[name] += text;
  };
  const [{ code }] = await Promise.all([
    process.status,
    read("stdout"),
    read("stderr"),
  ]);
  clearTimeout(timer);
  return { code, ...printed, timedOut };
}
