// Copyright 2026 the Convlab authors. MIT license.

/**
 * Looks at a report in Chromium, as `report_test.ts` asks it to, and prints what
 * it saw as JSON. Its argument is the page's address.
 *
 * @module
 */

import { launchChromium } from "../chromium/launch.ts";

/** What was seen of a page at one width, in one theme. */
export interface SeenPage {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
  /** How wide the page is; more than the window where it scrolls sideways. */
  readonly scrollWidth: number;
  readonly requests: readonly string[];
  readonly complaints: readonly string[];
  readonly background: string;
  /** Whether a script of the page ran. */
  readonly hasRun: boolean;
  /** Figures, images and tables without a name for screen readers. */
  readonly nameless: readonly string[];
  /** Texts of charts that show, in pixels of the window: the smallest. */
  readonly smallestText: number;
}

const NAMELESS = `[
  ...document.querySelectorAll("svg[role=img]:not([aria-label]), img:not([alt])"),
  ...[...document.querySelectorAll("table")].filter((t) => !t.caption),
  ...document.querySelectorAll("th:not([scope])"),
  ...document.querySelectorAll("[role=region]:not([aria-label])"),
].map((element) => element.outerHTML.slice(0, 80))`;

const SMALLEST_TEXT = `Math.min(
  ...[...document.querySelectorAll("figure svg text")]
    .map((text) => text.getBoundingClientRect().height)
    .filter((height) => height > 0),
)`;

if (import.meta.main) {
  const [address = ""] = Deno.args;
  await using chromium = await launchChromium();
  const seen: SeenPage[] = [];
  for (const width of [360, 1600]) {
    for (const colorScheme of ["light", "dark"] as const) {
      const viewport = { width, height: 900 };
      const { page, requests, complaints } = await chromium.open({
        ...{ viewport, colorScheme },
      });
      await page.goto(address);
      seen.push({
        ...{ width, colorScheme, requests, complaints },
        scrollWidth: await page.evaluate(
          "document.documentElement.scrollWidth",
        ),
        background: await page.evaluate(
          "getComputedStyle(document.body).backgroundColor",
        ),
        hasRun: await page.evaluate("'hasRun' in window"),
        nameless: await page.evaluate(NAMELESS),
        smallestText: await page.evaluate(SMALLEST_TEXT),
      });
      await page.close();
    }
  }
  console.log(JSON.stringify(seen));
}
