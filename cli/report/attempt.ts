// Copyright 2026 the Convlab authors. MIT license.

/**
 * Parts of a report that may not be had: why not is then all that is said.
 *
 * @module
 */

import { Interrupted } from "../exit.ts";
import { type Content, missing } from "./html.ts";

/** What was made, or why it could not be. */
export type Attempt<T> = { readonly value: T } | { readonly reason: string };

/**
 * Makes something.
 *
 * @throws What has nothing to do with the run: a missing permission, Ctrl-C.
 */
export async function attempt<T>(
  make: () => T | Promise<T>,
): Promise<Attempt<T>> {
  try {
    return { value: await make() };
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    if (error instanceof Interrupted || !(error instanceof Error)) throw error;
    return { reason: error.message.split("\n", 1)[0]!.replace(/\.$/, "") };
  }
}

/**
 * What was made.
 *
 * @throws {Error} If it could not be, with the reason.
 */
export function valueOf<T>(attempt: Attempt<T>): T {
  if ("value" in attempt) return attempt.value;
  throw new Error(attempt.reason);
}

/** A part of the page, or a line that says why it is not there. */
export async function part(
  make: () => Content | Promise<Content>,
): Promise<Content> {
  const made = await attempt(make);
  return "reason" in made ? missing(made.reason) : made.value;
}
