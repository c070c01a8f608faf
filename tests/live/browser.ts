// Copyright 2026 the Convlab authors. MIT license.

/**
 * Chromium, driven by a process of its own.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import { TextLineStream } from "@std/streams";
import { denoDir } from "../deno_dir.ts";

/** What the process is asked to do. */
export type BrowserRequest =
  | {
    readonly do: "open";
    readonly url: string;
    readonly width: number;
    readonly height: number;
    readonly colorScheme: "light" | "dark";
  }
  | (
    & { readonly page: number }
    & (
      | { readonly do: "evaluate" | "wait"; readonly expression: string }
      | { readonly do: "click"; readonly selector: string }
      | {
        readonly do: "fill";
        readonly selector: string;
        readonly value: string;
      }
      | { readonly do: "press"; readonly key: string }
      | {
        readonly do: "look";
        readonly width: number;
        readonly height: number;
        readonly colorScheme: "light" | "dark";
      }
      | { readonly do: "reload" | "problems" | "close" }
    )
  );

/** What it answers. */
export type BrowserAnswer =
  | { readonly value: unknown }
  | { readonly error: string };

const CHROMIUM = "/usr/bin/chromium";

/** Where Chromium is, or `undefined` if it is not installed. */
export function findChromium(): string | undefined {
  try {
    return Deno.statSync(CHROMIUM).isFile ? CHROMIUM : undefined;
  } catch {
    return undefined;
  }
}

/** A window of the browser. */
export class BrowserPage {
  readonly #ask: (request: BrowserRequest) => Promise<unknown>;
  readonly #page: number;

  constructor(
    ask: (request: BrowserRequest) => Promise<unknown>,
    page: number,
  ) {
    this.#ask = ask;
    this.#page = page;
  }

  /** The value of an expression in the page. */
  evaluate(expression: string): Promise<unknown> {
    return this.#ask({ do: "evaluate", page: this.#page, expression });
  }

  /** Waits until an expression in the page is true, and gives its value. */
  wait(expression: string): Promise<unknown> {
    return this.#ask({ do: "wait", page: this.#page, expression });
  }

  async click(selector: string): Promise<void> {
    await this.#ask({ do: "click", page: this.#page, selector });
  }

  async fill(selector: string, value: string): Promise<void> {
    await this.#ask({ do: "fill", page: this.#page, selector, value });
  }

  async press(key: string): Promise<void> {
    await this.#ask({ do: "press", page: this.#page, key });
  }

  async reload(): Promise<void> {
    await this.#ask({ do: "reload", page: this.#page });
  }

  /** Makes the window another size, and the colours those of day or night. */
  async look(
    size: { readonly width: number; readonly height: number },
    colorScheme: "light" | "dark",
  ): Promise<void> {
    await this.#ask({ do: "look", page: this.#page, ...size, colorScheme });
  }

  async close(): Promise<void> {
    await this.#ask({ do: "close", page: this.#page });
  }

  /** Errors and warnings, answers that are refusals, and requests to elsewhere. */
  async problems(): Promise<string[]> {
    return await this.#ask({ do: "problems", page: this.#page }) as string[];
  }
}

/** Chromium, until it is stopped. */
export class Browser {
  readonly #child: Deno.ChildProcess;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #reader: ReadableStreamDefaultReader<string>;

  /** @param chromium Where it is. */
  constructor(chromium: string) {
    const path = (name: string) => fromFileUrl(new URL(name, import.meta.url));
    this.#child = new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--quiet", "--no-prompt", "--no-config", "--frozen"],
        ...[`--lock=${path("browser.lock")}`, "--allow-all"],
        ...[path("browser_process.ts"), chromium],
      ],
      env: { DENO_DIR: denoDir() },
      stdin: "piped",
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    this.#writer = this.#child.stdin.getWriter();
    this.#reader = this.#child.stdout.pipeThrough(new TextDecoderStream())
      .pipeThrough(new TextLineStream()).getReader();
  }

  /** Opens a window. */
  async open(
    url: string,
    { width = 1000, height = 800, colorScheme = "light" as "light" | "dark" } =
      {},
  ): Promise<BrowserPage> {
    const ask = (request: BrowserRequest) => this.#ask(request);
    const page = await ask({ do: "open", url, width, height, colorScheme });
    return new BrowserPage(ask, Number(page));
  }

  /** Ends it. */
  async stop(): Promise<void> {
    await this.#writer.close();
    await this.#reader.cancel();
    await this.#child.status;
  }

  async #ask(request: BrowserRequest): Promise<unknown> {
    const line = `${JSON.stringify(request)}\n`;
    await this.#writer.write(new TextEncoder().encode(line));
    const { value } = await this.#reader.read();
    if (value === undefined) throw new Error("Chromium has ended");
    const answer: BrowserAnswer = JSON.parse(value);
    if ("error" in answer) {
      throw new Error(`${answer.error} (${JSON.stringify(request)})`);
    }
    return answer.value;
  }
}
