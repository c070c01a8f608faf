// Copyright 2026 the Convlab authors. MIT license.

/**
 * The command line with a live page, as a process of its own.
 *
 * @module
 */

import { TextLineStream } from "@std/streams";
import { cliCommand } from "../cli/run_cli.ts";

/** A process that serves a page. */
export class LiveProcess {
  /** The page's address. */
  readonly url: string;
  /** Lines of standard error so far. */
  readonly stderr: string[];
  readonly #child: Deno.ChildProcess;
  readonly #read: Promise<unknown>;

  private constructor(
    child: Deno.ChildProcess,
    url: string,
    stderr: string[],
    read: Promise<unknown>,
  ) {
    this.#child = child;
    this.url = url;
    this.stderr = stderr;
    this.#read = read;
  }

  /** Starts a process, and waits for its page. */
  static async start(
    args: readonly string[],
    permissions: readonly string[],
    env: Record<string, string> = {},
  ): Promise<LiveProcess> {
    const more = ["--allow-net=127.0.0.1", ...permissions];
    const child = cliCommand(args, more, env).spawn();
    const drained = child.stdout.pipeTo(new WritableStream());
    const stderr: string[] = [];
    const found = Promise.withResolvers<string>();
    const read = child.stderr.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).pipeTo(
        new WritableStream({
          write(line) {
            stderr.push(line);
            const [, url] = line.match(/^Live page: (\S+)$/) ?? [];
            if (url) found.resolve(url);
          },
          close() {
            found.reject(new Error(`It ended: ${stderr.join("\n")}`));
          },
        }),
      );
    const both = Promise.all([read, drained]);
    return new LiveProcess(child, await found.promise, stderr, both);
  }

  /** Sends a signal. */
  kill(signal: Deno.Signal): void {
    this.#child.kill(signal);
  }

  /** The process's number. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Waits for its end; the exit code. */
  async end(): Promise<number> {
    const { code } = await this.#child.status;
    await this.#read;
    return code;
  }

  /** Asks for something, as the page does. */
  async send(command: unknown): Promise<number> {
    const response = await fetch(`${this.url}command`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        origin: new URL(this.url).origin,
      },
      body: JSON.stringify(command),
    });
    await response.body?.cancel();
    return response.status;
  }
}
