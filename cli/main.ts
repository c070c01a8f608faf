// Copyright 2026 the Convlab authors. MIT license.

/**
 * The command line of Convlab.
 *
 * ```sh
 * deno run cli/main.ts --help
 * ```
 *
 * @module
 */

import { report, runCommandLine } from "./command_line.ts";
import { outputTo } from "./output.ts";

/**
 * Runs the command line: results go to standard output, errors to standard
 * error, on one line each.
 *
 * @param args The arguments, beginning with the name of a subcommand.
 * @returns The exit code: 0 for success, 1 for a failure or a failed check, 2
 * for wrong usage, 130 after Ctrl-C, 143 after SIGTERM, 141 where nobody reads the results.
 */
export function main(args: readonly string[]): Promise<number> {
  return runCommandLine(args);
}

if (import.meta.main) {
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    exitBecauseOf(event.reason);
  });
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    exitBecauseOf(event.error);
  });
  Deno.exit(await main(Deno.args));
}

/** For errors that nobody waited for, such as those of a user's module. */
function exitBecauseOf(error: unknown): never {
  const debug = Deno.args.includes("--debug");
  Deno.exit(report(error, Deno.args[0], debug, outputTo(Deno.stderr)));
}
