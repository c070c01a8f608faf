// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a subcommand is: a description, from which its help is written and its
 * arguments are parsed and typed, and the function that does the work.
 *
 * @module
 */

import type {
  Arguments,
  Options,
  Positionals,
  Signature,
} from "./arguments.ts";
import type { ExitCode } from "./exit.ts";
import type { Output } from "./output.ts";
import { parseArguments } from "./parse.ts";

/** A command line to show, and what it does. */
export interface Example {
  /** What follows the subcommand's name; may be empty. */
  readonly args: string;
  /** What it does, without a final period. */
  readonly help: string;
}

/** What the help of a subcommand tells, besides its name and summary. */
export interface Description<
  O extends Options = Options,
  P extends Positionals = Positionals,
> extends Signature<O, P> {
  /** A few command lines, the commonest first. */
  readonly examples: readonly Example[];
  /** What else one must know; an empty line separates paragraphs. */
  readonly notes?: string;
}

/** Where a subcommand writes. */
export interface Streams {
  /** For results. */
  readonly stdout: Output;
  /** For everything else. */
  readonly stderr: Output;
}

/** What a subcommand works on. */
export interface Context<O extends Options, P extends Positionals>
  extends Arguments<O, P>, Streams {}

/** A description and the work itself. */
export interface Definition<O extends Options, P extends Positionals>
  extends Description<O, P> {
  /** Does the work. Results go to `stdout`; errors are thrown. */
  run(context: Context<O, P>): ExitCode | Promise<ExitCode>;
}

/** A subcommand, ready to run; `commands.ts` adds its name and summary. */
export interface Command {
  /** For the help. */
  readonly description: Description;
  /**
   * Parses the arguments and does the work.
   *
   * @throws {UsageError} If the arguments are wrong.
   */
  run(args: readonly string[], streams: Streams): Promise<ExitCode>;
}

/** Makes a subcommand; `run` gets its arguments typed as they are described. */
export function defineCommand<
  const O extends Options,
  const P extends Positionals,
>(definition: Definition<O, P>): Command {
  return {
    description: definition,
    run: async (args, streams) =>
      await definition.run({ ...parseArguments(definition, args), ...streams }),
  };
}
