// Copyright 2026 the Convlab authors. MIT license.

/**
 * Asks whoever sits at the terminal.
 *
 * @module
 */

import type { Output } from "./output.ts";

/** Longest answer that is read. */
const MAX_BYTES = 1024;

/**
 * What asks for yes or no on standard error and waits for a line on standard
 * input, where both are terminals; anything but `y` or `yes` is no.
 */
export function askerAt(
  stderr: Output,
): ((question: string) => boolean) | undefined {
  if (!stderr.isTerminal || !Deno.stdin.isTerminal()) return undefined;
  return (question) => {
    stderr.write(`${question} [y/N] `);
    const bytes = new Uint8Array(MAX_BYTES);
    const count = Deno.stdin.readSync(bytes) ?? 0;
    const answer = new TextDecoder().decode(bytes.subarray(0, count));
    return /^y(es)?$/i.test(answer.trim());
  };
}
