// Copyright 2026 the Convlab authors. MIT license.

/**
 * Jobs of ranks that `bench scaling --ranks` starts under `mpirun`, and asks.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import config from "../../deno.json" with { type: "json" };
import { kernelReport } from "../../kernels/runtime.ts";
import { threadsInWords } from "./benchmark.ts";
import { type Conversation, converse } from "./peer_process.ts";
import type { RankRequest } from "./rank.ts";

/** A job of ranks that is timed. */
export interface Job {
  readonly ranks: number;
  /** Threads of each rank. */
  readonly threads: number;
}

/** The tasks whose flags ranks are started with, by what the engine does here. */
const TASKS = {
  default: "train:mpi",
  wide: "train:mpi:wide",
  turbo: "train:mpi:turbo",
} as const;

/** How long an answer may take, in milliseconds. */
const PATIENCE = 120_000;

/** A job that waits for requests. */
export interface Started {
  readonly job: Job;
  /** The MPI library; none where there is one rank. */
  readonly library: string | null;
  readonly conversation: Conversation;
}

/** Starts a job. */
export async function start(job: Job, signal?: AbortSignal): Promise<Started> {
  const program = fromFileUrl(new URL("./rank.ts", import.meta.url));
  const task = TASKS[kernelReport().mode];
  const flags = config.tasks[task].command.split(" ")
    .filter((word) => /^--(v8-flags|allow-(ffi|read|env))/.test(word));
  const conversation = converse(
    "mpirun",
    [
      ...await launcherFlags(),
      ...["-n", `${job.ranks}`, Deno.execPath(), "run", "--quiet"],
      ...[...flags, program, `${job.threads}`],
    ],
    {
      patience: PATIENCE,
      // Open MPI asks root whether it means it.
      env: {
        OMPI_ALLOW_RUN_AS_ROOT: "1",
        OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1",
      },
      ...(signal ? { signal } : {}),
    },
  );
  const { library } = await conversation.next();
  return {
    ...{ job, conversation },
    library: typeof library === "string" ? library : null,
  };
}

/** Ranks may share cores and move between them; MPICH lets them anyway. */
async function launcherFlags(): Promise<readonly string[]> {
  try {
    const { stdout } = await new Deno.Command("mpirun", {
      args: ["--version"],
      stdin: "null",
      stderr: "null",
    }).output();
    return /Open MPI|OpenRTE|PRTE/i.test(new TextDecoder().decode(stdout))
      ? ["--oversubscribe", "--bind-to", "none"]
      : [];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(
        "Cannot time ranks: expected an mpirun but found none; on Debian, apt-get install openmpi-bin",
        { cause: error },
      );
    }
    throw error;
  }
}

/** Asks a job for something. */
export async function ask<T>(job: Started, request: RankRequest): Promise<T> {
  return await job.conversation.ask(request) as T;
}

/** `2 ranks of 1 thread`. */
export function jobInWords({ ranks, threads }: Job): string {
  return `${ranks} ${ranks === 1 ? "rank" : "ranks"} of ${
    threadsInWords(threads)
  }`;
}
