// Copyright 2026 the Convlab authors. MIT license.

/**
 * What this thread may do: a team needs memory that workers share, and a caller
 * that may wait for them.
 *
 * @module
 */

import type { SharedMemory } from "./memory.ts";

/**
 * Why no team can work for this thread, or `undefined` if one can: a page that
 * is not cross-origin isolated may not share memory with workers, and the main
 * thread of any page may not wait.
 */
export function teamLimitation(memory: SharedMemory): string | undefined {
  if (typeof Worker === "undefined") {
    return "this thread cannot start workers";
  }
  if (typeof SharedArrayBuffer === "undefined") {
    return "this page is not cross-origin isolated, so it cannot share memory with workers; serve it with Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp";
  }
  try {
    // It waits for a word to change that is something else already.
    const word = new Int32Array(memory.buffer, 0, 1);
    Atomics.wait(word, 0, word[0]! + 1, 0);
  } catch {
    return "the main thread of a page may not wait for workers; call Convlab in a worker";
  }
  return undefined;
}
