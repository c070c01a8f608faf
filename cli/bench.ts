// Copyright 2026 the Convlab authors. MIT license.

/**
 * `bench`: measures Convlab, by itself and against a peer.
 *
 * @module
 */

import { getThreads, setThreads, settleTileWidth } from "../kernels/runtime.ts";
import type { Benchmark, Outcome, Settings } from "./bench/benchmark.ts";
import { browser } from "./bench/browser.ts";
import { readReport } from "./bench/compare.ts";
import { document } from "./bench/document.ts";
import { layers } from "./bench/layers.ts";
import { peak } from "./bench/peaks.ts";
import { MEMORY_KEPT, startPeer, warningAbout } from "./bench/peer.ts";
import { printReport } from "./bench/report.ts";
import { scaling } from "./bench/scaling.ts";
import { SHAPE_NAMES } from "./bench/shapes.ts";
import { step } from "./bench/steps.ts";
import { summary } from "./bench/summary.ts";
import { ui } from "./bench/ui.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, listenForInterrupt, UsageError } from "./exit.ts";
import { oneOf } from "./words.ts";

const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  ...{ document, layers, step, scaling, peak, summary, browser, ui },
};

/** Ranks that are timed at most; all are on this machine. */
const MAX_RANKS = 64;

/** The benchmarks that take an option: `With layers or step`. */
function takenBy(option: string): string {
  const names = Object.entries(BENCHMARKS)
    .filter(([, { refuses }]) => !refuses.includes(option))
    .map(([name]) => name);
  return `With ${oneOf(names)}`;
}

export default defineCommand({
  examples: [
    { args: "", help: "The document's layers, fast against naive" },
    { args: "layers --shape block2 --threads 1", help: "Some layers alone" },
    { args: "step --json > step.json", help: "Training steps, to be kept" },
    { args: "step --compare step.json", help: "How much faster they are now" },
    { args: "summary --peer python3", help: "Convlab against PyTorch" },
    { args: "scaling --ranks 1,2,4", help: "Ranks of an MPI job" },
    { args: "browser --browser chromium", help: "Training steps in a browser" },
  ],
  positionals: {
    benchmark: {
      optional: true,
      choices: Object.keys(BENCHMARKS),
      help:
        "What to measure: document (cells 8 and 9, the default), layers, step (a training step), scaling (with the threads), peak (what the machine can do), summary (against a peer), browser (a training step in a browser too) or ui (what a live page costs that somebody watches)",
    },
  },
  options: {
    threads: {
      kind: "integer",
      min: 1,
      max: 256,
      help: "Threads; by default one for each core",
    },
    dtype: {
      kind: "choice",
      choices: ["float64", "float32"],
      help: `${
        takenBy("dtype")
      }: precision; by default float64 for document, float32 for step and scaling, and else both`,
    },
    shape: {
      kind: "string",
      repeatable: true,
      help: `${
        takenBy("shape")
      }: only shapes of this name, or names with commas between: ${
        oneOf(SHAPE_NAMES)
      }`,
    },
    ranks: {
      kind: "string",
      placeholder: "NUMBERS",
      help:
        "With scaling: training steps by one rank and by each of these numbers of ranks under mpirun, such as 2,4; --threads are then those of each rank, and shapes hidden-100, hidden-500 and convolutions",
    },
    runs: {
      kind: "integer",
      min: 1,
      default: 30,
      help: "Timed runs of each piece of work",
    },
    peer: {
      kind: "string",
      placeholder: "PYTHON",
      help: `${
        takenBy("peer")
      }: times PyTorch in turns with Convlab, in this interpreter`,
    },
    browser: {
      kind: "string",
      placeholder: "PROGRAM",
      default: "chromium",
      help: "With browser: the program that is timed; any Chromium",
    },
    compare: {
      kind: "string",
      placeholder: "FILE",
      help: "Sets the results beside those that --json printed earlier",
    },
    kernels: { kind: "boolean", help: "Tell which kernels were picked" },
    profile: {
      kind: "boolean",
      help: `${takenBy("profile")}: tell the time of each kernel`,
    },
    json: { kind: "boolean", help: "Print JSON" },
  },
  notes:
    `All that is timed is compared with naive loops first; if they disagree, bench says so and ends with exit code 1. Times are medians, after at least 10 runs and 0.3 s to warm up.

Layers and steps are timed as training runs them: inputs stay in the kernels' shared memory, and results lie in a workspace that is used again. Only document gives and takes ordinary tensors, as a first call does. A part of the peak is one of multiply-adds on registers alone, measured in the same run, times the threads.

PyTorch and Convlab take turns, in five blocks of runs each with a pause after every one; a ratio is PyTorch's median over Convlab's. PyTorch is timed twice. As it is installed, glibc gives freed memory back to the system, more in one process than in another, so each block has a fresh one. With its memory kept, variables of the environment let it use freed memory again, in one process for all.

Starting PyTorch so often takes most of about ten seconds for each piece of work: six minutes for summary, which takes one and two threads unless --threads names another number.

"deno task bench:wide" and "deno task bench:turbo" measure the same with the engine's experimental wide vectors, turbo without bounds checks besides; the README tells what that gives up. A part of the peak is then one of what wide vectors reach.

browser times training steps here and in a browser without a window, in turns; what that gives is compared with naive loops too. It needs a bundle, which "deno task build:browser" makes.

ui times a training with a page that a viewer without a window follows and one without, in turns of two seconds, as many of each as --runs says, and compares neighbours; what a browser takes to draw is not in it.`,
  async run({ options, positionals, given, ...streams }) {
    const { benchmark: what = "document" } = positionals;
    const { threads, peer, compare, json, kernels } = options;
    const benchmark = BENCHMARKS[what]!;
    const refused = benchmark.refuses.find((name) =>
      given.has(name as keyof typeof options)
    );
    if (refused !== undefined) {
      throw new UsageError(`Expected no --${refused} with ${what}`);
    }
    if (given.has("browser") && what !== "browser") {
      throw new UsageError(`Expected no --browser with ${what}`);
    }
    if (given.has("ranks") && what !== "scaling") {
      throw new UsageError(`Expected no --ranks with ${what}`);
    }
    if (benchmark.needsPeer && peer === undefined) {
      throw new UsageError(
        `Expected --peer PYTHON with ${what}, such as --peer python3`,
      );
    }
    const earlier = compare === undefined
      ? undefined
      : { file: compare, report: readReport(compare, what) };
    if (threads !== undefined) setThreads(threads);
    settleTileWidth(true);
    const report = { what, threads: getThreads(), runs: options.runs };
    const settings = {
      ...options,
      ...streams,
      ranks: options.ranks === undefined ? undefined : ranksIn(options.ranks),
    };
    const outcome = await measure(benchmark, settings, peer);
    const isRight = printReport(report, outcome, {
      ...{ earlier, json, kernels },
      ...streams,
    });
    return isRight ? ExitCode.success : ExitCode.failure;
  },
});

/** Numbers of ranks, with commas between. */
function ranksIn(text: string): readonly number[] {
  const numbers = text.split(",").map(Number);
  if (numbers.every((n) => Number.isInteger(n) && n >= 1 && n <= MAX_RANKS)) {
    return numbers;
  }
  throw new UsageError(
    `Expected --ranks to be integers from 1 to ${MAX_RANKS} with commas between but found ${
      JSON.stringify(text)
    }`,
  );
}

/** Measures, with the peer running meanwhile if there is one. */
async function measure(
  benchmark: Benchmark,
  settings: Omit<Settings, "peer" | "signal">,
  python: string | undefined,
): Promise<Outcome> {
  if (python === undefined) {
    const none = { peer: undefined, signal: undefined };
    return await benchmark.measure({ ...settings, ...none });
  }
  using interrupt = listenForInterrupt();
  const { signal } = interrupt;
  await using peer = await startPeer(python, { signal });
  const warning = warningAbout(peer);
  if (warning !== undefined) settings.stderr.line(warning);
  const outcome = await benchmark.measure({ ...settings, peer, signal });
  const { name, blas } = peer;
  const about = { name, blas, memoryKept: MEMORY_KEPT };
  return { ...outcome, more: { ...outcome.more, peer: about } };
}
