// Copyright 2026 the Convlab authors. MIT license.

/**
 * The page of a run, served from a thread of its own.
 *
 * @module
 */

import { bracketed, isLoopback, newToken } from "./guard.ts";
import type {
  About,
  Command,
  FromServer,
  ToServer,
  Update,
} from "./protocol.ts";

/** Where a page is served. */
export interface LiveAddress {
  /** The address to listen on. @default {"127.0.0.1"} */
  readonly host?: string | undefined;
  /** The port; by default {@linkcode DEFAULT_PORT}, or any that is free if that is taken. */
  readonly port?: number | undefined;
}

/** What a page is about. */
export interface LivePageOptions extends LiveAddress {
  /** The run's folder. */
  readonly path: string;
  readonly about: About;
  /** What the page asks for. */
  readonly onCommand?: (command: Command) => void;
  /** Called when somebody opens the page, and when the last one has closed it. */
  readonly onWatchers?: (count: number) => void;
  /** Called if the server's thread fails later on; the training goes on. */
  readonly onFailure?: (message: string) => void;
}

/** Where pages are served, unless it is taken. */
export const DEFAULT_PORT = 6180;
/** Time that the server has to end, in milliseconds. */
const PATIENCE_MS = 1500;

/** The page of a run, until it is closed. */
export class LivePage implements AsyncDisposable {
  /** The address, with the secret that opens the page. */
  readonly url: string;

  readonly #worker: Worker;
  readonly #closed = Promise.withResolvers<void>();
  #watchers = 0;
  #isGone = false;

  private constructor(
    worker: Worker,
    url: string,
    { onCommand, onWatchers, onFailure }: LivePageOptions,
  ) {
    this.url = url;
    this.#worker = worker;
    const fail = (message: string) => {
      if (this.#isGone) return;
      this.#isGone = true;
      this.#watchers = 0;
      this.#closed.resolve();
      worker.terminate();
      onFailure?.(message);
    };
    worker.onmessage = ({ data }: MessageEvent<FromServer>) => {
      if (data.kind === "failed") fail(data.message);
      else if (data.kind === "watchers") {
        this.#watchers = data.count;
        onWatchers?.(data.count);
      } else if (data.kind === "command") onCommand?.(data.command);
      else if (data.kind === "closed") this.#closed.resolve();
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
  }

  /**
   * Serves a page.
   *
   * @throws {Error} If the address cannot be listened on, or may not.
   */
  static async open(options: LivePageOptions): Promise<LivePage> {
    const { host = "127.0.0.1", port, about, path } = options;
    const token = newToken();
    const worker = new Worker(new URL("./server_worker.ts", import.meta.url), {
      type: "module",
      name: "convlab live page",
    });
    try {
      const answer = await firstAnswer(worker, {
        kind: "start",
        ...{ about, path, host, token },
        port: port ?? DEFAULT_PORT,
        isPortFixed: port !== undefined,
      });
      if (answer.kind !== "listening") throw refusal(answer, host, port);
      const url = `http://${shown(host)}:${answer.port}/${token}/`;
      return new LivePage(worker, url, options);
    } catch (error) {
      worker.terminate();
      throw error;
    }
  }

  /** How many have the page open. */
  get watchers(): number {
    return this.#watchers;
  }

  /** Tells all viewers what no file of the run does. */
  post(update: Update): void {
    if (!this.#isGone) this.#tell({ kind: "update", update });
  }

  /** Lets viewers take the last news, and ends the server. */
  async close(): Promise<void> {
    if (!this.#isGone) this.#tell({ kind: "close" });
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, PATIENCE_MS);
    });
    await Promise.race([this.#closed.promise, patience]);
    clearTimeout(timer);
    this.#isGone = true;
    this.#worker.terminate();
  }

  /** Closes the page. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #tell(message: ToServer): void {
    this.#worker.postMessage(message);
  }
}

function firstAnswer(worker: Worker, message: ToServer): Promise<FromServer> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<FromServer>) => resolve(data);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`Cannot serve the page: ${event.message}`));
    };
    worker.postMessage(message);
  });
}

function refusal(
  answer: FromServer,
  host: string,
  port = DEFAULT_PORT,
): Error {
  const where = `${bracketed(host)}:${port}`;
  if (answer.kind === "failed") {
    return new Error(`Cannot serve the page: ${answer.message}`);
  }
  if (answer.kind !== "refused") return new Error("Cannot serve the page");
  const { reason, message } = answer;
  return new Error(
    reason === "taken"
      ? `Cannot serve the page: expected ${where} to be free but found that another program listens there; leave out --ui-port to take any`
      : reason === "permission"
      ? `Cannot serve the page: expected permission to listen on ${where} but found none; the tasks grant 127.0.0.1 only, so grant it by "deno run --allow-net=${
        bracketed(host)
      }" (see docs/live.md)`
      : `Cannot serve the page on ${where}: ${message}`,
  );
}

/** An address that a browser on this machine finds. */
function shown(host: string): string {
  return isLoopback(host) || !/^(0\.0\.0\.0|::)$/.test(host)
    ? bracketed(host)
    : "127.0.0.1";
}
