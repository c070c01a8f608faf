// Copyright 2026 the Convlab authors. MIT license.

/** The live page in a real browser, while a real training runs. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { RunFolder } from "../../training/run_folder.ts";
import { noData, trainingPermissions } from "../cli/run_cli.ts";
import { describePermitted, permitted } from "../permitted.ts";
import { Browser, type BrowserPage, findChromium } from "./browser.ts";
import { LiveProcess } from "./live_process.ts";

const chromium = permitted ? findChromium() : undefined;
const NAME = "watched";
const SIZE = ["--model", "conv6-bn-relu pool fc10", "--num-validation", "200"];

/** What the page says of itself, read in one go. */
const SEEN = `(() => ({
  state: document.getElementById("state").textContent,
  facts: document.getElementById("facts").innerText,
  log: document.getElementById("log").textContent,
  loss: document.getElementById("loss-chart").ariaLabel,
  guesses: document.getElementById("examples").innerText,
}))()`;
/** The iteration that it shows. */
const ITERATION =
  `Number(document.querySelector("#facts dd")?.firstChild.data.replaceAll(",", "") ?? 0)`;
const state = (name: string) =>
  `document.getElementById("state").textContent === "${name}"`;
const WIDTH =
  `document.documentElement.scrollWidth - document.documentElement.clientWidth`;
const CHARTS_FIT = `[...document.querySelectorAll(".chart")].every((box) => {
  const plot = box.querySelector(".uplot");
  return plot !== null && plot.clientWidth === box.clientWidth;
})`;
/** Whether the ground is brighter than the text. */
const IS_LIGHT = `(() => {
  const { backgroundColor, color } = getComputedStyle(document.body);
  const sum = (text) =>
    text.match(/\\d+/g).slice(0, 3).reduce((a, b) => a + Number(b), 0);
  return sum(backgroundColor) > sum(color);
})()`;
/** Colours among the pixels of a chart. */
const COLOURS = `(() => {
  const canvas = document.querySelector("#loss-chart canvas");
  const { data } = canvas.getContext("2d")
    .getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
})()`;

function describeChromium(name: string, body: () => void): void {
  if (chromium !== undefined || !permitted) describePermitted(name, body);
  else describe.skip(`${name} (skipped: needs Chromium)`, () => {});
}

describeChromium("the live page in Chromium", () => {
  let folder = "";
  let runs = "";
  let browser: Browser;
  let training: LiveProcess;
  let first: BrowserPage;
  let second: BrowserPage;
  let env: Record<string, string> = {};

  const metrics = () =>
    RunFolder.open(NAME, runs).readMetrics()
      .filter((metric) => metric.kind === "iteration");
  const start = (...args: string[]) =>
    LiveProcess.start(
      ["train", "--runs-dir", runs, "--ui", "--ui-port", "0", ...args],
      trainingPermissions(folder),
      env,
    );

  beforeAll(async () => {
    folder = Deno.makeTempDirSync();
    runs = join(folder, "runs");
    env = noData(folder);
    browser = new Browser(chromium!);
    const long = ["--epochs", "500", "--print-every", "20"];
    training = await start("--name", NAME, ...SIZE, ...long);
    first = await browser.open(training.url, { width: 1600, height: 1000 });
    second = await browser.open(training.url, {
      ...{ width: 360, height: 740, colorScheme: "dark" },
    });
  });
  afterAll(async () => {
    await browser.stop();
    Deno.removeSync(folder, { recursive: true });
  });

  it("shows curves that grow, filters, predictions and the log", async () => {
    const before = await first.wait(`${ITERATION} > 5 && ${ITERATION}`);
    await first.wait(`${ITERATION} > ${Number(before) + 20}`);
    assert(Number(await first.evaluate(COLOURS)) > 10);
    await first.wait(
      `document.querySelectorAll("#filters canvas").length === 6`,
    );
    await first.wait(`document.querySelectorAll(".example").length === 12`);
    await first.wait(
      `document.getElementById("examples-note").textContent.includes("right")`,
    );
    await first.wait(
      `document.getElementById("log").textContent.includes("(Iteration 1 /")`,
    );
    assertMatch(String(await first.evaluate("document.title")), /^\d+ % · /);
  });

  it("pauses by the keyboard alone, and nothing is computed then", async () => {
    for (let i = 0; i < 10; i++) {
      await first.press("Tab");
      if (await first.evaluate("document.activeElement.id") === "pause") break;
    }
    assertEquals(await first.evaluate("document.activeElement.id"), "pause");
    await first.press("Enter");
    await first.wait(state("Paused"));
    const done = metrics().length;
    const busy = cpuSeconds(training.pid);
    // The time in which nothing may happen, not one in which something has to.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    assertEquals(metrics().length, done);
    assert(cpuSeconds(training.pid) - busy < 0.3);
  });

  it("shows all viewers the same, and the same again after a reload", async () => {
    await second.wait(state("Paused"));
    const shown = String(metrics().length);
    await first.wait(`${ITERATION} === ${shown}`);
    await second.wait(`${ITERATION} === ${shown}`);
    const seen = await first.evaluate(SEEN);
    assertEquals(await second.evaluate(SEEN), seen);
    await first.reload();
    await first.wait(state("Paused"));
    await first.wait(`document.getElementById("examples").innerText !== ""`);
    assertEquals(await first.evaluate(SEEN), seen);
  });

  it("fits windows of all widths, in light and dark", async () => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [360, 1000, 1600]) {
        await second.look({ width, height: 800 }, colorScheme);
        await second.wait(CHARTS_FIT);
        assertEquals(await second.evaluate(WIDTH), 0);
        const isLight = await second.evaluate(IS_LIGHT);
        assertEquals(isLight, colorScheme === "light");
      }
    }
  });

  it("goes on where another viewer says so, also once that one has left", async () => {
    const done = metrics().length;
    await second.click("#pause");
    await first.wait(state("Training"));
    await first.wait(`${ITERATION} > ${done}`);
    assertEquals(await second.problems(), []);
    await second.close();
    await first.wait(`${ITERATION} > ${metrics().length}`);
  });

  it("changes the learning rate, and says so", async () => {
    await first.fill("#rate", "nonsense");
    await first.press("Enter");
    await first.wait(
      `document.getElementById("rate-note").textContent.startsWith("Expected")`,
    );
    await first.fill("#rate", "3e-4");
    await first.press("Enter");
    await first.wait(
      `document.getElementById("facts").innerText.includes("learning rate 0.0003")`,
    );
    await first.wait(
      `document.getElementById("log").textContent.includes("learning rate changed by hand: 0.001 to 0.0003")`,
    );
    await first.wait(
      `document.getElementById("rate-legend").textContent === "rate 0.0003"`,
    );
  });

  it("stops with a checkpoint, from which the training goes on at that rate", async () => {
    await first.click("#stop");
    await first.click("#stop-yes");
    assertEquals(await training.end(), 130);
    const done = metrics().length;
    assertMatch(
      training.stderr.at(-1)!,
      new RegExp(
        `^Stopped from the page after iteration ${done} of \\d+; go on with: deno task train --resume `,
      ),
    );
    await first.wait(state("Stopped"));
    await first.wait(
      `document.getElementById("notice").textContent.includes("train --resume")`,
    );
    assertEquals(await first.evaluate(ITERATION), done);
    assertEquals(
      await first.evaluate(`document.getElementById("controls").hidden`),
      true,
    );
    assertEquals(await first.problems(), []);
    await first.close();

    const resumed = await start("--resume", NAME);
    const page = await browser.open(resumed.url);
    await page.wait(`${ITERATION} > ${done}`);
    resumed.kill("SIGINT");
    assertEquals(await resumed.end(), 130);
    await page.wait(state("Stopped"));
    const all = metrics();
    assertEquals(
      all.map(({ iteration }) => iteration),
      [
        ...Array(all.length).keys(),
      ].map((i) => i + 1),
    );
    for (const metric of all.slice(done)) {
      assertEquals(metric.learningRate, 3e-4);
    }
    assertEquals(await page.problems(), []);
    await page.close();
  });

  it("opens an old run to be looked at", async () => {
    const shown = await LiveProcess.start(
      ["ui", NAME, "--runs-dir", runs, "--port", "0"],
      ["--allow-read"],
    );
    const page = await browser.open(shown.url, { width: 1000 });
    await page.wait(state("Stopped"));
    await page.wait(
      `document.querySelectorAll("#filters canvas").length === 6`,
    );
    await page.wait(`${COLOURS} > 10`);
    assertEquals(await page.evaluate(ITERATION), metrics().length);
    assertEquals(
      await page.evaluate(`document.getElementById("controls").hidden`),
      true,
    );
    assertEquals(await shown.send({ command: "stop" }), 409);
    assertEquals(await page.problems(), []);
    shown.kill("SIGINT");
    assertEquals(await shown.end(), 0);
    await page.wait(state("Not connected"));
    await page.close();
  });
});

/** Seconds of computing that a process has had so far, where that can be read; 0 elsewhere. */
function cpuSeconds(pid: number): number {
  if (Deno.build.os !== "linux") return 0;
  // Deno itself does not open such files.
  const { stdout } = new Deno.Command("cat", { args: [`/proc/${pid}/stat`] })
    .outputSync();
  const fields = new TextDecoder().decode(stdout)
    .replace(/^.*\) /s, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
