// Copyright 2026 the Convlab authors. MIT license.

/**
 * Lets other tasks of the program have their turn in a long computation.
 *
 * @module
 */

/**
 * How long a computation goes on before other tasks get a turn, in milliseconds.
 * A turn takes 2.3 ms in Deno, whose timers count milliseconds.
 */
export const TURN_MS = 200;

/** What a browser has for it. */
interface Scheduler {
  postTask(task: () => void): Promise<void>;
}

/**
 * Resolves when other tasks that are due have had a turn, such as messages and
 * timers.
 *
 * Browsers make a timer that was set from a timer wait for 4 ms at least, a
 * tenth of the time between two turns of a training; their scheduler does not.
 */
export function otherTasks(): Promise<void> {
  const { scheduler } = globalThis as { scheduler?: Scheduler };
  return scheduler?.postTask(() => {}) ??
    new Promise((resolve) => setTimeout(resolve));
}
