// Copyright 2026 the Convlab authors. MIT license.

/** `report`, and the command that repeats a run. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join, toFileUrl } from "@std/path";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { commandLine, repetitionOf } from "../../cli/repeat.ts";
import { classScores } from "../../cli/report/classes.ts";
import { escapeHtml, markup } from "../../cli/report/html.ts";
import config from "../../deno.json" with { type: "json" };
import { RunFolder } from "../../training/run_folder.ts";
import { describeChromium, runChromiumScript } from "../chromium/run_script.ts";
import { makeImageFolder } from "../data/make_image_folder.ts";
import { type Element, elements, parseSvg } from "../figures/parse_svg.ts";
import { permitted } from "../permitted.ts";
import { describePermitted } from "../permitted.ts";
import type { SeenPage } from "./report_pages.ts";
import { runCommandLine } from "../../cli/command_line.ts";
import { fakeOutput } from "./fake_output.ts";
import { type Ended, noData, runCli, trainingPermissions } from "./run_cli.ts";

/** Names that a page must not take for markup. */
const EVIL = "<script>hasRun=1";
const PICTURES = `pictures "&' <img src=x onerror=hasRun=1>`;
const TORCH = new URL("../../fixtures/torch_models/", import.meta.url);

/** A page, read as strictly as XML. */
function parse(page: string): Element {
  const [, rest] = page.split("<!DOCTYPE html>\n");
  // The reader does not know empty elements with a space, nor entities for spaces.
  return parseSvg(rest!.trim());
}

/** All text in an element. */
function textOf(element: Element): string {
  return element.text + element.children.map(textOf).join(" ");
}

describe("markup", () => {
  it("escapes whatever is no markup, so that the page is still XML", () => {
    fc.assert(fc.property(
      fc.string({ unit: "binary" }),
      (text) => {
        const page = markup`<p title="${text}">${text} ${[text]}</p>`.text;
        const { attributes, children } = parseSvg(
          page.replaceAll("\n", " ") || " ",
        );
        assertEquals(children, []);
        assertEquals(Object.keys(attributes), ["title"]);
      },
    ));
    assertEquals(
      escapeHtml("\0\u0008\ud800x\u00e9"),
      "\ufffd\ufffd\ufffdx\u00e9",
    );
    assertEquals(
      markup`<b>${"<i>"}${markup`<u>${1}</u>`}${undefined}</b>`.text,
      "<b>&lt;i&gt;<u>1</u></b>",
    );
  });
});

describe("classScores()", () => {
  it("gives precision, recall and F1 as scikit-learn defines them", () => {
    // sklearn.metrics.precision_recall_fscore_support of these counts.
    const [a, b, c] = classScores({
      confusion: [[5, 3, 0], [1, 8, 1], [0, 0, 0]],
    });
    assertAlmostEquals(a!.precision, 0.8333333333333334);
    assertAlmostEquals(a!.recall, 0.625);
    assertAlmostEquals(a!.f1, 0.7142857142857143);
    assertAlmostEquals(b!.precision, 0.7272727272727273);
    assertAlmostEquals(b!.recall, 0.8);
    assertAlmostEquals(b!.f1, 0.7619047619047619);
    assertEquals([c!.precision, c!.recall, c!.f1], [0, NaN, 0]);
    assertEquals(a!.takenFor, { label: 1, images: 3 });
    assertEquals(c!.takenFor, undefined);
  });
});

const folder = permitted ? Deno.makeTempDirSync() : "";
const runsDir = join(folder, "runs");
const pictures = join(folder, PICTURES);
const task = config.tasks.report.command.split(" ")
  .filter((word) => word.startsWith("--allow-"))
  .map((flag) => flag.replace("write=.", `write=${folder}`));

const train = (...args: string[]) =>
  runCli(
    ["train", "--runs-dir", runsDir, ...args],
    trainingPermissions(folder),
    noData(folder),
  );
/** Runs the command line with no more permissions than the task grants. */
const asTask = (args: readonly string[]) => runCli(args, task, noData(folder));
/** Runs it in this process, which takes less time, for runs that need no data of the user's. */
async function here(args: readonly string[]): Promise<Ended> {
  const [stdout, stderr] = [fakeOutput(), fakeOutput()];
  const code = await runCommandLine(args, { stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
/** Writes a report, and reads it. */
async function report(run: typeof here, name: string, ...more: string[]) {
  const path = join(folder, `${name}.html`);
  const { code, stdout, stderr } = await run(
    ["report", name, "--runs-dir", runsDir, "-o", path, ...more],
  );
  assertEquals([code, stdout], [0, `${path}\n`], stderr);
  return { page: Deno.readTextFileSync(path), stderr };
}
const finalOf = (name: string) =>
  Deno.readFileSync(join(runsDir, name, "final.safetensors"));

describePermitted("report", () => {
  beforeAll(async () => {
    makeImageFolder(pictures, { [EVIL]: 40, 'it\'s "b" & c': 40 });
    const { code, stderr } = await train(
      ...["--name", "first", "--dataset", pictures, "--image-size", "8"],
      ...["--model", "conv4-bn-relu pool res[conv4-bn] gap fc2"],
      ...["--epochs", "3", "--batch-size", "10", "--seed", "5", "--flip"],
      ...["--schedule", "one-cycle", "--learning-rate", "0.01"],
    );
    assertEquals(code, 0, stderr);
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("is one well-formed page that takes nothing from elsewhere, and has all parts", async () => {
    const { page, stderr } = await report(asTask, "first");
    assertEquals(stderr, "");
    assert(!/<script|onerror=hasRun=1>/i.test(page));
    const root = parse(page);
    const headings = elements(root, "h2").map(textOf);
    assertEquals(headings, [
      ...["Curves", "Configuration", "Network", "Data", "Classes"],
      ...["Mistakes", "Filters", "Gradients", "Machine", "Repeat it"],
    ]);
    assertEquals(elements(root, "h1").map(textOf), ["first"]);
    assertEquals(root.attributes.lang, "en");
    const [policy] = elements(root, "meta")
      .filter(({ attributes }) => "http-equiv" in attributes);
    assertEquals(
      policy?.attributes.content,
      "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; img-src data:",
    );
    // No part is missing, and whatever is linked is in the page.
    assert(!page.includes('class="missing"'));
    for (const name of ["href", "src", "xlink:href"]) {
      for (
        const [, target] of page.matchAll(RegExp(` ${name}="([^"]*)"`, "g"))
      ) {
        assertMatch(target!, /^(#|data:image\/png;base64,)/);
      }
    }
    assert(!/@import|url\((?!#)/.test(page));
    const text = textOf(root);
    for (
      const expected of [
        escapeHtml(EVIL),
        escapeHtml(pictures),
        ...["--seed", "one-cycle", "Precision", "Multiply-adds", "res"],
        `${navigator.hardwareConcurrency}`,
        Deno.version.deno,
      ]
    ) assertStringIncludes(text, expected);
    for (const table of elements(root, "table")) {
      assertEquals(elements(table, "caption").length, 1);
      assert(elements(table, "th").every((th) => "scope" in th.attributes));
    }
  });

  it("goes into the run's folder by itself, and overwrites the one before", async () => {
    for (const run of [asTask, here]) {
      const { code, stdout } = await run(
        ["report", "first", "--runs-dir", runsDir],
      );
      const path = join(runsDir, "first", "report.html");
      assertEquals([code, stdout], [0, `${path}\n`]);
    }
    const wrong = await runCli(["report", "first", "-o", "x.pdf"], task);
    assertEquals(wrong.code, 1);
    const ending = await runCli(
      ["report", "first", "--runs-dir", runsDir, "-o", "x.pdf"],
      task,
    );
    assertEquals(ending.code, 2);
    assertStringIncludes(ending.stderr, "Expected x.pdf to end in .html");
  });

  it("tells a command that gives the same parameters", async () => {
    const { words, notes } = repetitionOf(RunFolder.open("first", runsDir));
    assertEquals(notes, []);
    const { page } = await report(here, "first");
    const [pre] = elements(parse(page), "pre");
    const typed = page.match(/<pre[^>]*>(.*?)<\/pre>/s)![1]!;
    assertEquals(
      typed.replaceAll(/<[^>]+>/g, ""),
      escapeHtml(commandLine(words)),
    );
    assertEquals(elements(pre!, "code").length, 1);
    const { code, stderr } = await train(...words.slice(1), "--name", "again");
    assertEquals(code, 0, stderr);
    assertEquals(finalOf("again"), finalOf("first"));
    if (Deno.build.os === "windows") return;
    // As a shell takes it apart.
    const { stdout } = await new Deno.Command("sh", {
      args: ["-c", `printf '%s\\n' ${commandLine(words)}`],
    }).output();
    const [deno, run, ...taken] = new TextDecoder().decode(stdout).split("\n");
    assertEquals([deno, run], ["deno", "task"]);
    assertEquals(taken.slice(0, -1), [...words]);
  });

  it("tells what a run of the three-layer network and of overfit was asked for", async () => {
    const data = ["--dataset", "fashion-mnist", "--num-test", "50"];
    const three = await train(
      ...["--name", "three", ...data, "--num-training", "300"],
      ...["--hidden-dim", "10", "--num-filters", "4", "--reg", "0"],
      ...["--num-validation", "50", "--max-iterations", "4"],
    );
    assertEquals(three.code, 0, three.stderr);
    const overfit = await runCli(
      [
        ...["overfit", "--runs-dir", runsDir, "--name", "over", ...data],
        ...["--num-training", "20", "--epochs", "1", "--num-validation", "50"],
      ],
      trainingPermissions(folder),
      noData(folder),
    );
    assertEquals(overfit.code, 0, overfit.stderr);
    for (const name of ["three", "over"]) {
      const { words } = repetitionOf(RunFolder.open(name, runsDir));
      const { code, stderr } = await runCli(
        [...words, "--runs-dir", runsDir, "--name", `${name}-again`],
        trainingPermissions(folder),
        noData(folder),
      );
      assertEquals(code, 0, stderr);
      assertEquals(finalOf(`${name}-again`), finalOf(name));
      const { page } = await report(asTask, name);
      assert(!page.includes('class="missing"'), name);
    }
  });

  it("says in one line what it lacks where a run is unfinished, has nothing, or lost its data", async () => {
    const copy = (name: string) => {
      const path = join(runsDir, name);
      Deno.mkdirSync(join(path, "checkpoints"), { recursive: true });
      const from = join(runsDir, "first");
      for (const part of ["", "checkpoints"]) {
        for (const { name, isFile } of Deno.readDirSync(join(from, part))) {
          if (!isFile || name.startsWith(".")) continue;
          Deno.copyFileSync(join(from, part, name), join(path, part, name));
        }
      }
      Deno.removeSync(join(path, "final.safetensors"));
      const metrics = join(path, "metrics.jsonl");
      const lines = Deno.readTextFileSync(metrics).trimEnd().split("\n");
      Deno.writeTextFileSync(metrics, `${lines.slice(0, -1).join("\n")}\n`);
      return path;
    };
    const linesOf = (page: string) =>
      elements(parse(page), "p")
        .filter(({ attributes }) => attributes.class === "missing")
        .map(textOf);
    const whole = await report(here, "first");
    copy("unfinished");
    const unfinished = await report(here, "unfinished");
    assertEquals(linesOf(unfinished.page), [
      "This run has not ended: what it has learned is shown as of its newest checkpoint, after iteration 18.",
    ]);
    Deno.removeSync(join(copy("nothing"), "checkpoints"), { recursive: true });
    const nothing = linesOf((await report(here, "nothing")).page);
    assertEquals(nothing.length, 4);
    assertStringIncludes(nothing.at(-1)!, "so it did not end");
    const elsewhere = join(folder, "moved");
    Deno.renameSync(pictures, elsewhere);
    const gone = await report(here, "first");
    assertEquals(linesOf(gone.page).length, 2);
    assertStringIncludes(
      linesOf(gone.page)[0]!,
      escapeHtml("<img src=x onerror=hasRun=1>"),
    );
    // With the same split as in training, so with the same test images.
    const moved = await report(here, "first", "--dataset", elsewhere);
    assertEquals(linesOf(moved.page), []);
    const accuracies = ({ page }: { page: string }) =>
      elements(parse(page), "table").map(textOf).filter((text) =>
        text.includes("Recall")
      );
    assertEquals(accuracies(moved), accuracies(whole));
    Deno.renameSync(elsewhere, pictures);
  });

  it("tells of imported weights what can be known", async () => {
    const file = fromFileUrl(new URL("named.safetensors", TORCH));
    const expected = JSON.parse(
      Deno.readTextFileSync(new URL("expected.json", TORCH)),
    );
    const { model, inputDim } = expected.named;
    const { code, stderr } = await runCli(
      [
        ...["import", fromFileUrl(new URL(expected.named.file, TORCH))],
        ...["--model", model, "--input-dim", inputDim.join(",")],
        ...["--runs-dir", runsDir, "--name", "torch"],
      ],
      trainingPermissions(folder),
    );
    assertEquals(code, 0, stderr || file);
    const { page } = await report(here, "torch");
    const lines = elements(parse(page), "p")
      .filter(({ attributes }) => attributes.class === "missing")
      .map(textOf);
    assertEquals(
      lines.filter((line) => line.startsWith("Its weights were")).length,
      4,
    );
    assert(!page.includes("<pre"));
  });
});

describeChromium("report in Chromium", () => {
  const own = permitted ? Deno.makeTempDirSync() : "";
  afterAll(() => Deno.removeSync(own, { recursive: true }));

  it("fits phones and screens, light and dark, asks for nothing and runs nothing", async () => {
    const images = join(own, "images");
    makeImageFolder(images, { [EVIL]: 40, other: 40 });
    const permissions = trainingPermissions(own);
    const trained = await runCli(
      [
        ...["train", "--runs-dir", own, "--name", "seen", "--dataset", images],
        ...["--model", "conv4-bn-relu pool gap fc2", "--epochs", "2"],
        ...["--image-size", "8", "--batch-size", "10"],
      ],
      permissions,
      noData(own),
    );
    assertEquals(trained.code, 0, trained.stderr);
    await runCli(["report", "seen", "--runs-dir", own], permissions);
    const address = toFileUrl(join(own, "seen", "report.html")).href;
    const seen = await runChromiumScript<SeenPage[]>(
      new URL("report_pages.ts", import.meta.url),
      [address],
    );
    assertEquals(seen.length, 4);
    for (const { width, colorScheme, ...page } of seen) {
      assertEquals(page.scrollWidth, width);
      assertEquals([page.requests, page.complaints], [[address], []]);
      assertEquals([page.hasRun, page.nameless], [false, []]);
      assertEquals(
        page.background,
        colorScheme === "light" ? "rgb(255, 255, 255)" : "rgb(13, 17, 23)",
      );
      assert(page.smallestText >= 8, `${page.smallestText} px at ${width}`);
    }
  });
});
