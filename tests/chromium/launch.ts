// Copyright 2026 the Convlab authors. MIT license.

/**
 * Starts Chromium, in the process of a script that drives it. Such a script is
 * run by `run_script.ts`, with a lock file of its own: with the other packages
 * in deno.json or deno.lock, everybody who trains a network would download a
 * driver of browsers that only tests need. So it imports nothing by the names
 * in deno.json.
 *
 * @module
 */

/** What of playwright-core's `Page` is used here; its documentation tells the rest. */
export interface Page {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  content(): Promise<string>;
  title(): Promise<string>;
  url(): string;
  close(): Promise<void>;
  /** The value of an expression in the page, awaited. */
  evaluate<R>(expression: string): Promise<R>;
  waitForFunction(
    body: string,
    argument?: unknown,
    options?: { timeout?: number; polling?: number },
  ): Promise<unknown>;
  waitForSelector(
    selector: string,
    options?: { timeout?: number; state?: "attached" | "visible" | "hidden" },
  ): Promise<unknown>;
  waitForTimeout(milliseconds: number): Promise<void>;
  locator(selector: string): Locator;
  getByRole(
    role: string,
    options?: { name?: string | RegExp; exact?: boolean },
  ): Locator;
  getByLabel(text: string | RegExp, options?: { exact?: boolean }): Locator;
  getByText(text: string | RegExp, options?: { exact?: boolean }): Locator;
  screenshot(
    options?: { path?: string; fullPage?: boolean },
  ): Promise<Uint8Array>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(
    options: {
      colorScheme?: "light" | "dark";
      reducedMotion?: "reduce" | "no-preference";
    },
  ): Promise<void>;
  readonly keyboard: {
    press(key: string): Promise<void>;
    type(text: string): Promise<void>;
  };
}

/** What of playwright-core's `Locator` is used here. */
export interface Locator {
  click(options?: { timeout?: number }): Promise<void>;
  fill(text: string): Promise<void>;
  press(key: string): Promise<void>;
  focus(): Promise<void>;
  check(): Promise<void>;
  selectOption(value: string): Promise<unknown>;
  count(): Promise<number>;
  first(): Locator;
  nth(index: number): Locator;
  innerText(): Promise<string>;
  textContent(): Promise<string | null>;
  inputValue(): Promise<string>;
  getAttribute(name: string): Promise<string | null>;
  isEnabled(): Promise<boolean>;
  isVisible(): Promise<boolean>;
  allInnerTexts(): Promise<string[]>;
  waitFor(
    options?: { state?: "attached" | "visible" | "hidden"; timeout?: number },
  ): Promise<void>;
  screenshot(options?: { path?: string }): Promise<Uint8Array>;
}

/** How a page is opened. */
export interface PageOptions {
  /** Size of the window. @default {{ width: 1280, height: 800 }} */
  readonly viewport?: { readonly width: number; readonly height: number };
  /** What the system prefers. @default {"light"} */
  readonly colorScheme?: "light" | "dark";
}

/** A page, and what went wrong in it so far. */
export interface OpenPage {
  readonly page: Page;
  /** Errors and warnings of the console, errors that nobody caught, and requests that failed. */
  readonly complaints: string[];
  /** The addresses of all requests, but for `blob:` and `data:`. */
  readonly requests: string[];
}

/** Chromium, until it is disposed of. */
export interface Chromium extends AsyncDisposable {
  readonly version: string;
  /** Opens a page in a profile of its own. */
  open(options?: PageOptions): Promise<OpenPage>;
}

interface Message {
  type(): string;
  text(): string;
}

interface Request {
  url(): string;
  failure(): { errorText: string } | null;
}

// deno-lint-ignore no-explicit-any -- each event has a type of its own
type Handler = (event: any) => void;

interface Context {
  newPage(): Promise<Page & { on(event: string, handler: Handler): void }>;
}

interface Browser {
  version(): string;
  newContext(options: PageOptions): Promise<Context>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: {
    launch(options: {
      executablePath: string;
      args: readonly string[];
    }): Promise<Browser>;
  };
}

const PACKAGE: string = "npm:playwright-core@1.65.1";

/** Where Debian has Chromium. */
export const CHROMIUM = "/usr/bin/chromium";

const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
  ...["--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];

/** Starts Chromium. */
export async function launchChromium(): Promise<Chromium> {
  const { chromium }: Playwright = await import(PACKAGE);
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    args: FLAGS,
  });
  return {
    version: browser.version(),
    async open(options = {}) {
      const context = await browser.newContext({
        viewport: { width: 1280, height: 800 },
        colorScheme: "light",
        ...options,
      });
      const page = await context.newPage();
      const complaints: string[] = [];
      const requests: string[] = [];
      page.on("console", (message: Message) => {
        const kind = message.type();
        if (kind !== "error" && kind !== "warning") return;
        complaints.push(`console ${kind}: ${message.text()}`);
      });
      page.on("pageerror", (error: Error) => {
        complaints.push(`uncaught: ${error.stack ?? error}`);
      });
      page.on("request", (request: Request) => {
        const url = request.url();
        if (!/^(blob|data):/.test(url)) requests.push(url);
      });
      page.on("requestfailed", (request: Request) => {
        const why = request.failure()?.errorText;
        complaints.push(`request failed: ${request.url()}: ${why}`);
      });
      return { page, complaints, requests };
    },
    [Symbol.asyncDispose]: () => browser.close(),
  };
}
