// Copyright 2026 the Convlab authors. MIT license.

/**
 * Durations of runs, each taken on its own, in milliseconds.
 *
 * What is to be compared is timed in turns, a block of runs each: whatever else
 * slows the machine down for a while then meets all alike.
 *
 * @module
 */

/** Runs before the first that is timed. */
export interface WarmUp {
  /** At least so many. */
  readonly runs: number;
  /** For at least so long. */
  readonly milliseconds: number;
}

/** Something that is timed in turns with others. */
export interface Contestant {
  /** Runs it, untimed, until it is as fast as it gets. */
  warmUp(): void | Promise<void>;
  /** Runs it so many times, once it is awake again, and gives each duration. */
  time(runs: number): number[] | Promise<number[]>;
}

/** Until the engine has compiled WebAssembly a second time, with optimisations. */
export const WARM_UP: WarmUp = { runs: 10, milliseconds: 300 };
/** At the start of a turn: threads wake up, and data comes back into caches. */
export const WAKE_UP: WarmUp = { runs: 1, milliseconds: 10 };
/** Turns of each contestant. */
export const BLOCKS = 5;
/** After a block, in milliseconds: threads that still spin go to sleep. */
const PAUSE = 30;

/** Runs without timing. */
export function warmUp(run: () => unknown, least: WarmUp = WARM_UP): void {
  const start = performance.now();
  for (
    let i = 0;
    i < least.runs || performance.now() - start < least.milliseconds;
    i++
  ) run();
}

/** Runs so many times with a clock. */
export function timeRuns(run: () => unknown, runs: number): number[] {
  return Array.from({ length: runs }, () => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
}

/** A function as a contestant. */
export function contestant(run: () => unknown): Contestant {
  return {
    warmUp: () => warmUp(run),
    time: (runs) => {
      warmUp(run, WAKE_UP);
      return timeRuns(run, runs);
    },
  };
}

/**
 * Warms all up, and times them in turns.
 *
 * @param contestants What is timed.
 * @param runs Timed runs of each, spread over the blocks.
 * @param signal Ends it between two blocks, with its reason.
 * @returns The durations of each.
 */
export async function timeInTurns(
  contestants: readonly Contestant[],
  runs: number,
  signal?: AbortSignal,
): Promise<number[][]> {
  for (const contestant of contestants) {
    await contestant.warmUp();
    await pause(signal);
  }
  const times: number[][] = contestants.map(() => []);
  const blocks = Math.min(BLOCKS, runs);
  for (let block = 0; block < blocks; block++) {
    const share = Math.floor((block + 1) * runs / blocks) -
      Math.floor(block * runs / blocks);
    for (const [i, contestant] of contestants.entries()) {
      times[i]!.push(...await contestant.time(share));
      await pause(signal);
    }
  }
  return times;
}

async function pause(signal?: AbortSignal): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  signal?.throwIfAborted();
}
