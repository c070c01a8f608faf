// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a person starts Convlab, for help texts and error messages.
 *
 * @module
 */

/**
 * What to type to run a subcommand, or the program as a whole. The tasks grant
 * the permissions that a subcommand needs and no others.
 */
export function invocation(command?: string): string {
  return command === undefined
    ? "deno run cli/main.ts"
    : `deno task ${command}`;
}
