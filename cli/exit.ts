// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a run of the command line ends: the exit codes, the errors that stand
 * for them, and the one line that is printed for an error.
 *
 * @module
 */

import { relative } from "@std/path";
import config from "../deno.json" with { type: "json" };
import { invocation } from "./invocation.ts";

/** The exit codes, by their meaning. */
export const ExitCode = {
  /** Everything was done. */
  success: 0,
  /** Something went wrong, or a check failed. */
  failure: 1,
  /** The arguments were wrong. */
  usage: 2,
  /** The user pressed Ctrl-C. */
  interrupted: 130,
  /** Somebody else ended it (SIGTERM), as a cluster does that needs the machine. */
  terminated: 143,
  /** Whoever read standard output stopped reading, as `head` does. */
  brokenPipe: 141,
} as const;

/** One of the exit codes. */
export type ExitCode = typeof ExitCode[keyof typeof ExitCode];

/** Wrong arguments: says what was expected and what was found. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** The user pressed Ctrl-C, or SIGTERM came, and the work was put down in good order. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
  /** The exit code that goes with the signal. */
  readonly code: ExitCode;

  /** Says what was done, and what to do to go on. */
  constructor(message: string, code: ExitCode = ExitCode.interrupted) {
    super(message);
    this.code = code;
  }
}

/** What is left to do after an error: print a line, if any, and exit. */
export interface Ending {
  /** The exit code. */
  readonly code: ExitCode;
  /** The line to print on standard error. */
  readonly line?: string;
}

/**
 * Turns an error into an exit code and one line.
 *
 * @param error Whatever was thrown.
 * @param command The subcommand that was running, if any.
 */
export function endingOf(error: unknown, command?: string): Ending {
  if (error instanceof Deno.errors.BrokenPipe) {
    return { code: ExitCode.brokenPipe };
  }
  const line = firstLine(error);
  if (error instanceof UsageError) {
    const help = `${invocation(command)} --help`;
    return { code: ExitCode.usage, line: `${line} (see ${help})` };
  }
  if (error instanceof Interrupted) {
    return { code: error.code, line };
  }
  return {
    code: ExitCode.failure,
    line: permissionLine(line, command) ?? memoryLine(line, command) ?? line,
  };
}

/**
 * Lets a long run end in good order on Ctrl-C or SIGTERM: the signal is aborted,
 * with an {@linkcode Interrupted} as its reason. A second one ends the process at
 * once. Work that never waits (`await`) sees neither, so listen only around
 * loops that do; without this function they end the process by themselves.
 */
export function listenForInterrupt(): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  const stop = (code: ExitCode) => {
    if (controller.signal.aborted) Deno.exit(code);
    controller.abort(new Interrupted("Interrupted", code));
  };
  const codes: Partial<Record<Deno.Signal, ExitCode>> = {
    SIGINT: ExitCode.interrupted,
    // Windows has no such signal.
    ...(Deno.build.os === "windows" ? {} : { SIGTERM: ExitCode.terminated }),
  };
  const listeners = Object.entries(codes).map(([name, code]) =>
    [name as Deno.Signal, () => stop(code)] as const
  );
  for (const [name, on] of listeners) Deno.addSignalListener(name, on);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      for (const [name, on] of listeners) Deno.removeSignalListener(name, on);
    },
  };
}

/** What to do about a missing permission, if that is what a message is about. */
function permissionLine(message: string, command?: string): string | undefined {
  const found = message.match(
    /^Requires (.+ access.*), run again with the (--allow-[\w-]+) flag/,
  );
  if (found === null) return undefined;
  const [, access = "", flag] = found;
  const [, path] = /^write access to "(.*)"$/.exec(access) ?? [];
  if (path !== undefined && command !== undefined && !mayWrite(command, path)) {
    return `Cannot go on without ${access}: "${
      invocation(command)
    }" writes below the folder that it is started in, so name a place there, or add ${flag} after "deno run"`;
  }
  const task = command === undefined ? "" : `, or run "${invocation(command)}"`;
  return `Cannot go on without ${access}: add ${flag} after "deno run"${task}`;
}

/** What to do about full memory, if that is what a message is about. */
function memoryLine(message: string, command?: string): string | undefined {
  return command === "train" && message.startsWith("Cannot allocate ")
    ? `${message}; a smaller --batch-size, or a smaller network, needs less`
    : undefined;
}

/** Whether the task of a subcommand may write at a path. */
function mayWrite(command: string, path: string): boolean {
  const tasks: Readonly<Record<string, { readonly command: string }>> =
    config.tasks;
  const task = tasks[command]?.command ?? "";
  if (/--allow-write(?!\S)/.test(task) || !task.includes("--allow-write=.")) {
    return true; // Anywhere, or nowhere and then it is no matter of the path.
  }
  // Without permission to know where this is, all that can be told is the flag.
  const here = { name: "read", path: "." } as const;
  return Deno.permissions.querySync(here).state !== "granted" ||
    !relative(Deno.cwd(), path).startsWith("..");
}

function firstLine(error: unknown): string {
  const message = error instanceof Error
    ? error.message || error.name
    : String(error);
  return message.trim().split("\n", 1)[0]!;
}
