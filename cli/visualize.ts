// Copyright 2026 the Convlab authors. MIT license.

/**
 * `visualize`: figures of runs, of what networks make of pictures, of data sets
 * and of measurements.
 *
 * @module
 */

import { renderFigure } from "../figures/figure.ts";
import { setThreads } from "../kernels/runtime.ts";
import { writeFileAtomically } from "../training/atomic_file.ts";
import { kebabCase } from "./arguments.ts";
import { defineCommand } from "./command.ts";
import { SPLITS } from "./evaluate/data.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { prepareOutput } from "./files.ts";
import { showPreview } from "./preview.ts";
import { DATA_OPTIONS, RUN_OPTIONS } from "./training_options.ts";
import type { FigureKind } from "./visualize/figure_kind.ts";
import { KIND_NAMES, KINDS } from "./visualize/kinds.ts";

/** Options of every kind of figure. */
const OF_ALL = ["output", "width", "theme", "runsDir", "threads"];

export default defineCommand({
  examples: [
    { args: "curves RUN", help: "Loss and accuracies of a run" },
    { args: "curves A B -o ab.svg", help: "Those of several, overlaid" },
    { args: "filters RUN", help: "The filters of the first layer" },
    { args: "activations RUN cat.jpg", help: "What each layer gives" },
    {
      args: "saliency RUN cat.jpg --class cat",
      help: "The pixels that the class hangs on",
    },
    { args: "confusion RUN", help: "What is taken for what, of test images" },
    {
      args: "mistakes RUN --split validation",
      help: "Its most confident wrong answers",
    },
    { args: "gradients RUN", help: "How large they were, while it trained" },
    { args: "dataset cifar10", help: "Images of each class, or of a folder" },
    { args: "convolve", help: "Two photos in grey, and their edges" },
    { args: "bench layers.json", help: "The roofline of a measurement" },
  ],
  notes:
    `RUN is a run's name, the beginning of it, or its folder; of one that has not ended the newest checkpoint is taken. Prints the name of the file. Figures of one run go into its folder and others into this one, unless --output says otherwise; a terminal that can show it gets a preview.

Pictures are cropped to their largest centred square and resized, as predict does it. Saliency is the absolute value of the gradient of a class's score, the largest of each pixel's channels (Simonyan et al., 2013), of what the network sees, which is a small picture; --samples takes the mean over noisy copies (SmoothGrad). Gradients are kept by train at 64 iterations, about. bench takes what "bench layers --json", or "bench scaling --ranks 1,2 --json", printed into a file.`,
  positionals: {
    figure: { choices: KIND_NAMES, help: "What to draw" },
    of: {
      rest: true,
      help: "What it is of: runs, pictures, a data set, a file",
    },
  },
  options: {
    output: {
      kind: "string",
      alias: "o",
      placeholder: "FILE",
      help: "Where to write the figure (.png, .svg or .html)",
    },
    width: {
      kind: "integer",
      min: 100,
      max: 8000,
      help: "Width in pixels; by default 1440 as PNG and otherwise 720",
    },
    theme: {
      kind: "choice",
      choices: ["light", "dark", "auto"],
      help:
        "Colours; auto is what the reader's system is set to. By default light, and auto as HTML",
    },
    smooth: {
      kind: "number",
      min: 0,
      below: 1,
      help:
        "curves: how much of the loss's moving average stays at each iteration; by default as suits its length",
    },
    maps: {
      kind: "integer",
      min: 1,
      help: "activations: maps of each layer, the strongest; by default 16",
    },
    class: {
      kind: "string",
      placeholder: "NAME",
      help: "saliency: whose score; by default the likeliest",
    },
    samples: {
      kind: "integer",
      min: 1,
      max: 1000,
      help:
        "saliency: noisy copies that it is averaged over, by default none; dataset: images of each class, by default 6",
    },
    count: {
      kind: "integer",
      min: 1,
      max: 1000,
      help: "mistakes: how many, by default 24",
    },
    split: {
      kind: "choice",
      choices: SPLITS,
      default: "test",
      help: "confusion, mistakes: which images of the data set",
    },
    dataset: {
      ...DATA_OPTIONS.dataset,
      help:
        "confusion, mistakes: another data set than the run was trained on, as evaluate takes it",
    },
    dataDir: DATA_OPTIONS.dataDir,
    images: {
      kind: "string",
      placeholder: "FILE",
      repeatable: true,
      count: 2,
      help: "convolve: two photos, PNG or JPEG",
    },
    runsDir: RUN_OPTIONS.runsDir,
    threads: RUN_OPTIONS.threads,
  },
  async run({ options, positionals, given, ...streams }) {
    const { width, theme, threads } = options;
    const name = positionals.figure;
    const kind: FigureKind = KINDS[name];
    checkArguments(name, kind, positionals.of);
    checkOptions(name, kind, [...given]);
    if (threads !== undefined) setThreads(threads);
    const plan = kind.plan(positionals.of, options, streams);
    const path = options.output ?? plan.path;
    const format = prepareOutput(path, ["png", "svg", "html"]);
    if (format === "png" && theme === "auto") {
      throw new UsageError(
        "Expected --theme to be light or dark for a .png file but found auto",
      );
    }
    const figure = await plan.describe();
    const look = {
      ...width === undefined ? {} : { width },
      ...theme === undefined ? {} : { theme },
    };
    writeFileAtomically(path, await renderFigure(figure, { format, ...look }));
    await showPreview(figure, streams);
    streams.stdout.line(path);
    return ExitCode.success;
  },
});

/** Refuses too few arguments, and too many. */
function checkArguments(
  name: string,
  { takes, arguments: [least, most] }: FigureKind,
  given: readonly string[],
): void {
  if (given.length < least) {
    throw new UsageError(
      `Expected ${takes} after ${name} but found ${
        given.length === 0 ? "nothing" : `only "${given.join(" ")}"`
      }`,
    );
  }
  if (given.length > most) {
    throw new UsageError(
      `Expected ${
        takes === "" ? "nothing" : `${takes} alone`
      } after ${name} but found "${given[most]}"${
        name === "convolve" ? "; photos are given by --images" : ""
      }`,
    );
  }
}

/** Refuses options that mean nothing for a kind of figure. */
function checkOptions(
  name: string,
  { options }: FigureKind,
  given: readonly string[],
): void {
  const known = [...OF_ALL, ...options];
  const useless = given.find((option) => !known.includes(option));
  if (useless === undefined) return;
  throw new UsageError(
    `Expected no --${kebabCase(useless)} with visualize ${name}`,
  );
}
