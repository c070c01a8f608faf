// Copyright 2026 the Convlab authors. MIT license.

/**
 * Drives Chromium through the example and through pages that only take some
 * steps, and prints what it saw as JSON. `browser_test.ts` runs it.
 *
 * Its arguments are the address of the example, that of the steps with
 * isolation and that of the same without, and the number of steps.
 *
 * @module
 */

import {
  type Chromium,
  launchChromium,
  type Page,
} from "../chromium/launch.ts";
import type { Trained } from "./steps.ts";

/** What was seen of the example. */
export interface SeenExample {
  readonly isolated: boolean;
  /** What the page says, in the order of what was done. */
  readonly said: {
    readonly ready: string;
    readonly wrongModel: string;
    readonly wrongStart: string;
    readonly paused: string;
    readonly stopped: string;
    readonly done: string;
  };
  /** Iterations done at the beginning and the end of a pause. */
  readonly pause: readonly [string, string];
  /** Accuracy on the test images at the end, in percent. */
  readonly testAccuracy: number;
  /** How many points the chart of the loss has. */
  readonly points: number;
  /** What the images are taken for. */
  readonly guesses: readonly string[];
  /** Fields, buttons and pictures without a name for screen readers. */
  readonly nameless: readonly string[];
  /** Widths of the window at which the page is wider than that. */
  readonly tooWide: readonly number[];
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

/** What was seen of some steps. */
export interface SeenSteps {
  /** In a worker, by the number of threads that was set. */
  readonly worker: Readonly<Record<string, Trained>>;
  /** On the main thread, where 4 were set. */
  readonly main: Trained;
  /** What else was made, by name. */
  readonly products: Readonly<Record<string, string>>;
  readonly isolated: boolean;
  readonly complaints: readonly string[];
}

/** Everything. */
export interface Seen {
  readonly example: SeenExample;
  readonly isolated: SeenSteps;
  readonly alone: SeenSteps;
}

const READY = "#start:enabled";

async function seeExample(
  chromium: Chromium,
  address: string,
): Promise<SeenExample> {
  const { page, complaints, requests } = await chromium.open();
  const status = () => page.locator("#status").innerText();
  const iteration = () => page.locator("#iteration").innerText();
  await page.goto(address);
  await page.locator(READY).waitFor();
  const isolated = await page.evaluate<boolean>("crossOriginIsolated");
  const ready = await status();
  const { nameless, tooWide } = await seeLayout(page);

  const model = page.getByLabel("Layers");
  const right = await model.inputValue();
  await model.fill("conv16-relu pool fc7");
  await page.locator("#model-note.wrong").waitFor();
  const wrongModel = await page.locator("#model-note").innerText();
  await model.press("Enter");
  const wrongStart = await status();
  await model.fill(right);
  await page.locator("#model-note:not(.wrong)").waitFor();

  // By the keyboard alone: Enter in a field starts, the space bar pauses.
  await model.press("Enter");
  await page.getByText(/^[1-9][0-9]* of 400$/).waitFor();
  await page.locator("#pause").focus();
  await page.keyboard.press("Space");
  const paused = await status();
  // It may take a step or two until it pauses.
  let pause: [string, string] = ["", await iteration()];
  for (let i = 0; i < 20 && pause[0] !== pause[1]; i++) {
    await page.waitForTimeout(300);
    pause = [pause[1], await iteration()];
  }
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.locator(READY).waitFor();
  const stopped = await status();

  await page.getByLabel("Epochs").fill("1");
  await page.getByRole("button", { name: "Start" }).click();
  await page.locator("#start:disabled").waitFor();
  await page.locator(READY).waitFor({ timeout: 60_000 });
  const done = await status();
  const line = await page.locator("#loss-chart polyline").first()
    .getAttribute("points");
  return {
    ...{ isolated, pause, nameless, tooWide, complaints, requests },
    said: { ready, wrongModel, wrongStart, paused, stopped, done },
    testAccuracy: parseFloat(await page.locator("#test").innerText()),
    points: line?.split(" ").length ?? 0,
    guesses: await page.locator("#images li").allInnerTexts(),
  };
}

async function seeLayout(page: Page) {
  const tooWide: number[] = [];
  for (const width of [360, 400, 768, 1280, 1600]) {
    await page.setViewportSize({ width, height: 800 });
    const needed = "document.documentElement.scrollWidth";
    if (await page.evaluate<number>(needed) > width) tooWide.push(width);
  }
  const nameless = await page.evaluate<string[]>(`
    [...document.querySelectorAll("input, select, button, svg, canvas, progress")]
      .filter((element) => !element.labels?.length && !element.textContent.trim() &&
        !element.getAttribute("aria-label"))
      .map((element) => element.outerHTML.slice(0, 80))`);
  return { tooWide, nameless };
}

async function seeSteps(
  chromium: Chromium,
  address: string,
  steps: string,
): Promise<SeenSteps> {
  const { page, complaints } = await chromium.open();
  await page.goto(address);
  const worker: Record<string, Trained> = {};
  for (const threads of [1, 2]) {
    const order = `[${threads}, ${steps}]`;
    worker[threads] = await askWorker<Trained>(page, "steps_worker.js", order);
  }
  return {
    worker,
    products: await askWorker(page, "products_worker.js", "0"),
    main: await page.evaluate<Trained>(`trainSome(4, ${steps})`),
    isolated: await page.evaluate<boolean>("crossOriginIsolated"),
    complaints,
  };
}

/** The first message of a worker that is sent one. */
function askWorker<T>(page: Page, script: string, order: string): Promise<T> {
  return page.evaluate<T>(`
    new Promise((resolve, reject) => {
      const worker = new Worker("${script}", { type: "module" });
      worker.onmessage = ({ data }) => (worker.terminate(), resolve(data));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage(${order});
    })`);
}

if (import.meta.main) {
  const [example, isolated, alone, steps] = Deno.args as [
    ...[string, string, string, string],
  ];
  await using chromium = await launchChromium();
  const seen: Seen = {
    example: await seeExample(chromium, example),
    isolated: await seeSteps(chromium, isolated, steps),
    alone: await seeSteps(chromium, alone, steps),
  };
  console.log(JSON.stringify(seen));
}
