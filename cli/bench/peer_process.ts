// Copyright 2026 the Convlab authors. MIT license.

/**
 * A process that answers each line of JSON with another.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";

/** A process that is asked and answers. It ends when it is disposed of. */
export interface Conversation extends AsyncDisposable {
  /** The program, as it was typed. */
  readonly command: string;
  /**
   * The next line that the process writes.
   *
   * @throws {Error} If it ends or takes too long, or the line is not an object in JSON.
   * @throws The reason of the signal, if that is aborted.
   */
  next(): Promise<Readonly<Record<string, unknown>>>;
  /** Writes a line, and gives the next that the process writes. */
  ask(request: unknown): Promise<Readonly<Record<string, unknown>>>;
}

/** Options of {@linkcode converse}. */
export interface ConversationOptions {
  /** How long an answer may take, in milliseconds. */
  readonly patience: number;
  /** Variables of the environment, besides those that are there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the process at once. */
  readonly signal?: AbortSignal;
}

/**
 * Starts a program.
 *
 * @throws {Deno.errors.NotFound} If there is no such program.
 * @throws {Deno.errors.NotCapable} If the permission to run it is missing.
 */
export function converse(
  command: string,
  args: readonly string[],
  options: ConversationOptions,
): Conversation {
  const { patience, env = {}, signal } = options;
  signal?.throwIfAborted();
  const child = new Deno.Command(command, {
    args: [...args],
    env,
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const requests = child.stdin.getWriter();
  const answers = linesOf(child.stdout).getReader();
  const errors = linesOf(child.stderr).getReader();
  const complaint = lastOf(errors);
  const kill = () => {
    try {
      child.kill("SIGKILL");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it has ended already
    }
  };
  signal?.addEventListener("abort", kill);

  const next = async () => {
    const late = Promise.withResolvers<"late">();
    const timer = setTimeout(() => late.resolve("late"), patience);
    const answer = await Promise.race([answers.read(), late.promise]);
    clearTimeout(timer);
    signal?.throwIfAborted();
    if (answer === "late") {
      throw new Error(
        `Cannot go on with ${command}: expected an answer within ${
          patience / 1000
        } s but found none`,
      );
    }
    if (answer.done) {
      const { code } = await child.status;
      const last = await complaint;
      throw new Error(
        `Cannot go on with ${command}: expected an answer but it ended with exit code ${code}${
          last === undefined ? "" : ` (${last})`
        }`,
      );
    }
    return objectIn(answer.value, command);
  };

  return {
    command,
    next,
    ask: async (request) => {
      const line = new TextEncoder().encode(`${JSON.stringify(request)}\n`);
      // Where the process has ended, reading says more than writing.
      await requests.write(line).catch(() => {});
      return await next();
    },
    [Symbol.asyncDispose]: async () => {
      signal?.removeEventListener("abort", kill);
      kill();
      await child.status;
      await answers.cancel().catch(() => {});
      await requests.close().catch(() => {});
      await errors.cancel().catch(() => {});
    },
  };
}

function linesOf(bytes: ReadableStream<Uint8Array<ArrayBuffer>>) {
  return bytes.pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
}

/** The last line that is not empty, once there are no more. */
async function lastOf(
  lines: ReadableStreamDefaultReader<string>,
): Promise<string | undefined> {
  let last: string | undefined;
  for (let line; !(line = await lines.read()).done;) {
    if (line.value.trim() !== "") last = line.value.trim();
  }
  return last;
}

function objectIn(
  line: string,
  command: string,
): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Not JSON, as is said below.
  }
  throw new Error(
    `Cannot go on with ${command}: expected an object in JSON but found ${
      JSON.stringify(line.slice(0, 80))
    }`,
  );
}
