// Copyright 2026 the Convlab authors. MIT license.

/**
 * PyTorch as a peer, in two ways: as it is installed, and with its memory kept.
 *
 * glibc's `malloc` gives large results back to the system once they are freed,
 * and the next call gets them page by page, which can take longer than the work
 * itself. How much it gives back depends on where in its heap they lie, thus on
 * all that the process did before, and even fresh processes differ: a training
 * step takes 2200 to 8000 page faults, a convolution 3168 or none.
 *
 * @module
 */

import type { Work } from "./pass.ts";
import { type Identity, type PyTorchOptions, startPyTorch } from "./pytorch.ts";
import type { Contestant } from "./timing.ts";

/** Another program that times the same work. */
export interface Peer extends Identity, AsyncDisposable {
  /** A piece of work as anyone runs it, each block of runs in a fresh process. */
  asInstalled(work: Work, threads: number): Contestant;
  /** The same in one process for all work, under {@linkcode MEMORY_KEPT}. */
  memoryKept(work: Work, threads: number): Contestant;
}

/** Makes glibc keep what is freed for the next call; elsewhere it does nothing. */
export const MEMORY_KEPT = {
  MALLOC_TRIM_THRESHOLD_: "4000000000",
  MALLOC_MMAP_THRESHOLD_: "4000000000",
} as const;

/**
 * Starts PyTorch in an interpreter. Needs permission to run it.
 *
 * @param python The interpreter, such as `python3`.
 * @throws {Error} If it cannot be started, has no PyTorch, or does not answer.
 */
export async function startPeer(
  python: string,
  options: Omit<PyTorchOptions, "env"> = {},
): Promise<Peer> {
  await using processes = new AsyncDisposableStack();
  const keeping = processes.use(
    startPyTorch(python, { ...options, env: MEMORY_KEPT }),
  );
  const identity = await keeping.loaded();
  const started = processes.move();
  return {
    ...identity,
    asInstalled: (work, threads) => ({
      // Every block warms up a process of its own.
      warmUp: () => {},
      time: async (runs) => {
        await using process = startPyTorch(python, options);
        await process.loaded();
        const contestant = process.contestant(work, threads);
        await contestant.warmUp();
        return await contestant.time(runs);
      },
    }),
    memoryKept: (work, threads) => keeping.contestant(work, threads),
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}

/** What to say of a peer that could be faster; nothing if it is as it should be. */
export function warningAbout({ name, blas }: Identity): string | undefined {
  return blas === "reference"
    ? `${name} runs on the reference BLAS, several times slower than OpenBLAS: on Debian, apt-get install libopenblas0`
    : undefined;
}
