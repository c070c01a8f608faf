// Copyright 2026 the Convlab authors. MIT license.

/**
 * Opens the site that the guide makes, whose address is the argument, and prints
 * the lines that it shows, as JSON, with what went wrong. `guide_test.ts` runs
 * it.
 *
 * @module
 */

import { launchChromium } from "../chromium/launch.ts";

if (import.meta.main) {
  await using chromium = await launchChromium();
  const { page, complaints } = await chromium.open();
  await page.goto(Deno.args[0]!);
  await page.getByText("done", { exact: true }).waitFor({ timeout: 60_000 });
  const lines = await page.locator("p").allInnerTexts();
  console.log(JSON.stringify({ lines, complaints }));
}
