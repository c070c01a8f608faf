// Copyright 2026 the Convlab authors. MIT license.

/**
 * What can be wrong with a user's layer, said in terms of the user's file.
 *
 * @module
 */

import { basename } from "@std/path";

/** The layer cannot be checked; the message begins with its file. */
export class LayerError extends Error {
  override readonly name = "LayerError";

  /**
   * @param file The user's file.
   * @param problem What was expected and what was found.
   * @param cause What the user's code threw.
   */
  constructor(file: string, problem: string, cause?: unknown) {
    super(
      `Cannot check ${file}: ${problem}`,
      cause === undefined ? {} : { cause },
    );
  }
}

/**
 * Runs a part of the user's code, and tells where in the user's file an error
 * came from.
 *
 * @param file The user's file.
 * @param url The same as a URL, as stack traces show it.
 * @param part What runs, such as `forward`.
 */
export function located<T>(
  file: string,
  url: string,
  part: string,
  run: () => T,
): T {
  try {
    return run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const summary = message.split("\n", 1)[0]!.replace(/^\w*Error: /, "");
    const stack = error instanceof Error ? error.stack ?? "" : "";
    const [, place] = stack.split(url, 2)[1]?.match(/^(:\d+:\d+)/) ?? [];
    const where = place === undefined ? "" : ` at ${basename(file)}${place}`;
    throw new LayerError(file, `${part} failed${where}: ${summary}`, error);
  }
}
