// Copyright 2026 the Convlab authors. MIT license.

/**
 * Finds the subcommand, runs it, and reports how it ended.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };
import type { Streams } from "./command.ts";
import { type CommandEntry, commands as allCommands } from "./commands.ts";
import { endingOf, ExitCode, UsageError } from "./exit.ts";
import { commandHelp, programHelp } from "./help.ts";
import { outputTo } from "./output.ts";
import { isOtherRank, letFirstTell, SILENT_STREAMS } from "./ranks.ts";
import { unknownWord } from "./words.ts";

/** What {@linkcode runCommandLine} runs and where it writes, for tests. */
export interface CommandLineOptions extends Partial<Streams> {
  /** The subcommands. */
  readonly commands?: readonly CommandEntry[];
}

/**
 * Runs the command line and reports errors on standard error.
 *
 * @param args The arguments, beginning with the name of a subcommand.
 * @returns The exit code.
 */
export async function runCommandLine(
  args: readonly string[],
  options: CommandLineOptions = {},
): Promise<ExitCode> {
  const { commands = allCommands } = options;
  const { words, help, debug } = takeGlobalFlags(args);
  const isOther = isOtherRank(words[0]);
  const {
    stdout = outputTo(Deno.stdout),
    stderr = outputTo(Deno.stderr),
  } = isOther ? SILENT_STREAMS : options;
  const entry = commands.find(({ name }) => name === words[0]);
  try {
    return await dispatch(entry, words, help, commands, { stdout, stderr });
  } catch (error) {
    if (!isOther) return report(error, entry?.name, debug, stderr);
    await letFirstTell();
    // Had the first found the same, its launcher would have ended this one.
    const own = error instanceof UsageError ? stderr : outputTo(Deno.stderr);
    return report(error, entry?.name, debug, own);
  }
}

async function dispatch(
  entry: CommandEntry | undefined,
  words: readonly string[],
  help: boolean,
  commands: readonly CommandEntry[],
  streams: Streams,
): Promise<ExitCode> {
  const { stdout } = streams;
  const [first, ...rest] = words;
  if (entry !== undefined) {
    const { default: command } = await entry.load();
    if (!help) return await command.run(rest, streams);
    stdout.write(commandHelp(entry, command.description, stdout));
  } else if (first === "help" && rest[0] !== undefined) {
    const named = commands.find(({ name }) => name === rest[0]);
    if (named === undefined) throw unknownCommand(rest[0], commands);
    return await dispatch(named, [], true, commands, streams);
  } else if (first === undefined || first === "help") {
    stdout.write(programHelp(commands, stdout));
  } else if (first === "--version" || first === "-V") {
    const { deno } = Deno.version;
    stdout.line(
      `convlab ${config.version} (deno ${deno}, ${Deno.build.target})`,
    );
  } else {
    throw unknownCommand(first, commands);
  }
  return ExitCode.success;
}

/** Takes out what every subcommand understands, wherever it stands before `--`. */
function takeGlobalFlags(
  args: readonly string[],
): { words: string[]; help: boolean; debug: boolean } {
  const end = args.indexOf("--");
  const read = end === -1 ? args : args.slice(0, end);
  const isGlobal = (arg: string) => ["-h", "--help", "--debug"].includes(arg);
  return {
    words: [
      ...read.filter((arg) => !isGlobal(arg)),
      ...args.slice(read.length),
    ],
    help: read.includes("-h") || read.includes("--help"),
    debug: read.includes("--debug"),
  };
}

function unknownCommand(
  word: string,
  commands: readonly CommandEntry[],
): UsageError {
  return word.startsWith("-")
    ? new UsageError(
      unknownWord("option", word, ["--help", "--version", "--debug"]),
    )
    : new UsageError(
      unknownWord("subcommand", word, commands.map(({ name }) => name)),
    );
}

/** Prints the one line for an error, if any, and gives the exit code. */
export function report(
  error: unknown,
  command: string | undefined,
  debug: boolean,
  stderr: Streams["stderr"],
): ExitCode {
  const { code, line } = endingOf(error, command);
  const { interrupted, terminated } = ExitCode;
  const prefix = code === interrupted || code === terminated
    ? ""
    : `${stderr.style.red("error")}: `;
  try {
    if (line !== undefined) stderr.line(prefix + line);
    if (debug) stderr.line(Deno.inspect(error));
  } catch (broken) {
    // Nobody reads standard error either.
    if (!(broken instanceof Deno.errors.BrokenPipe)) throw broken;
  }
  return code;
}
