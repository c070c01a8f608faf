// Copyright 2026 the Convlab authors. MIT license.

/**
 * A process that drives Chromium: a request a line on standard input, and an
 * answer a line on standard output, both in JSON.
 *
 * It has a lock file of its own, and its package is named where no tool sees it:
 * with the others in deno.json, everybody who trains a network would download
 * what only tests need.
 *
 * @module
 */

import type { BrowserAnswer, BrowserRequest } from "./browser.ts";

/** As much of Playwright as is used here. */
interface Page {
  goto(url: string): Promise<unknown>;
  reload(): Promise<unknown>;
  close(): Promise<void>;
  evaluate(expression: string): Promise<unknown>;
  click(selector: string): Promise<void>;
  fill(selector: string, value: string): Promise<void>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  emulateMedia(options: { colorScheme: "light" | "dark" }): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void> };
  on(event: string, listener: (found: Found) => void): void;
}

/** What an event tells, whichever it is. */
interface Found {
  type(): string;
  text(): string;
  url(): string;
  status(): number;
  readonly message: string;
}

interface Browser {
  newPage(options: unknown): Promise<Page>;
  close(): Promise<void>;
}

const PACKAGE: string = "npm:playwright-core@1.65.1";
const TIMEOUT_MS = 30_000;
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
  ...["--no-first-run", "--disable-background-networking"],
  ...["--disable-component-update", "--disable-sync"],
];

const pages: Page[] = [];
const problems: string[][] = [];

async function open(
  browser: Browser,
  { url, width, height, colorScheme }: Extract<BrowserRequest, { do: "open" }>,
): Promise<number> {
  const viewport = { width, height };
  const reducedMotion = "reduce";
  const page = await browser.newPage({ viewport, colorScheme, reducedMotion });
  const found: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      found.push(`console: ${message.text()}`);
    }
  });
  page.on("pageerror", ({ message }) => found.push(`error: ${message}`));
  page.on("request", (request) => {
    if (!request.url().startsWith(url)) found.push(`asks ${request.url()}`);
  });
  page.on("response", (response) => {
    if (response.status() >= 400) found.push(`${response.status()}`);
  });
  await page.goto(url);
  problems.push(found);
  return pages.push(page) - 1;
}

/** Waits until an expression is true. Playwright's own way is against the page's Content-Security-Policy. */
async function until(page: Page, expression: string): Promise<unknown> {
  const end = performance.now() + TIMEOUT_MS;
  while (performance.now() < end) {
    const value = await page.evaluate(expression);
    if (value) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("It did not come true");
}

async function answer(
  browser: Browser,
  request: BrowserRequest,
): Promise<unknown> {
  if (request.do === "open") return await open(browser, request);
  const page = pages[request.page]!;
  switch (request.do) {
    case "evaluate":
      return await page.evaluate(request.expression);
    case "wait":
      return await until(page, request.expression);
    case "click":
      return await page.click(request.selector);
    case "fill":
      return await page.fill(request.selector, request.value);
    case "press":
      return await page.keyboard.press(request.key);
    case "reload":
      return void await page.reload();
    case "look": {
      const { width, height, colorScheme } = request;
      await page.setViewportSize({ width, height });
      return await page.emulateMedia({ colorScheme });
    }
    case "problems":
      return problems[request.page];
    case "close":
      return await page.close();
  }
}

if (import.meta.main) {
  const { chromium } = await import(PACKAGE);
  const browser: Browser = await chromium.launch({
    executablePath: Deno.args[0],
    args: FLAGS,
  });
  let text = "";
  for await (
    const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())
  ) {
    const lines = (text + chunk).split("\n");
    text = lines.pop()!;
    for (const line of lines) {
      let result: BrowserAnswer;
      try {
        result = { value: await answer(browser, JSON.parse(line)) ?? null };
      } catch (error) {
        result = { error: String(error) };
      }
      console.log(JSON.stringify(result));
    }
  }
  await browser.close();
}
