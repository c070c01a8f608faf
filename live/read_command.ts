// Copyright 2026 the Convlab authors. MIT license.

/**
 * Reads what the page asks for.
 *
 * @module
 */

import type { Command } from "./protocol.ts";

/** Bytes that a command may have. */
const MAX_BYTES = 1024;

/** A request that is no command: the status of the answer, and why. */
export class BadCommand extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/**
 * The command in a request's body.
 *
 * @throws {BadCommand} If it is too long, no JSON or no command.
 */
export async function readCommand(request: Request): Promise<Command> {
  const type = request.headers.get("content-type") ?? "";
  if (!/^application\/json\s*(;|$)/i.test(type)) {
    throw new BadCommand(415, "Expected application/json");
  }
  const value = parse(await readText(request));
  const command = typeof value === "object" && value !== null
    ? commandOf(value as Record<string, unknown>)
    : undefined;
  if (command) return command;
  throw new BadCommand(400, "Expected a command");
}

function commandOf(
  { command, learningRate }: Record<string, unknown>,
): Command | undefined {
  switch (command) {
    case "pause":
    case "resume":
    case "stop":
      return { command };
    case "learningRate":
      if (typeof learningRate !== "number") return undefined;
      if (!(learningRate > 0 && learningRate < Infinity)) {
        throw new BadCommand(400, "Expected a positive learning rate");
      }
      return { command, learningRate };
    default:
      return undefined;
  }
}

async function readText(request: Request): Promise<string> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const part of request.body ?? []) {
    length += part.length;
    // Leaving the loop cancels what is still to come.
    if (length > MAX_BYTES) throw new BadCommand(413, "Expected less");
    parts.push(part);
  }
  return await new Blob(parts).text();
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadCommand(400, "Expected JSON");
  }
}
