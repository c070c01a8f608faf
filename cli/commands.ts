// Copyright 2026 the Convlab authors. MIT license.

/**
 * The subcommands by name. Each is loaded only when it is run, so that the
 * program starts fast.
 *
 * @module
 */

import type { Command } from "./command.ts";
import type { Summary } from "./help.ts";

/** A subcommand that is yet to be loaded. */
export interface CommandEntry extends Summary {
  /** Imports the module whose default export is the subcommand. */
  load(): Promise<{ readonly default: Command }>;
}

/** All subcommands, in the order in which the help lists them. */
export const commands: readonly CommandEntry[] = [
  {
    name: "train",
    summary:
      "Train a network: the three-layer one, or any that a text describes",
    load: () => import("./train.ts"),
  },
  {
    name: "ui",
    summary: "Look at a run in the browser, also while it is trained",
    load: () => import("./ui.ts"),
  },
  {
    name: "overfit",
    summary: "Overfit a hundred images, to see that training works",
    load: () => import("./overfit.ts"),
  },
  {
    name: "predict",
    summary: "Tell what a trained network takes pictures for",
    load: () => import("./predict.ts"),
  },
  {
    name: "evaluate",
    summary: "Tell how well a trained network classifies a data set",
    load: () => import("./evaluate.ts"),
  },
  {
    name: "export",
    summary: "Write a trained network for other tools, such as ONNX Runtime",
    load: () => import("./export.ts"),
  },
  {
    name: "import",
    summary: "Make a run of weights that were trained in PyTorch",
    load: () => import("./import.ts"),
  },
  {
    name: "model",
    summary: "Tell what a network is made of, and what it costs",
    load: () => import("./model.ts"),
  },
  {
    name: "data",
    summary: "Download data sets, check them, and tell what is in them",
    load: () => import("./data.ts"),
  },
  {
    name: "gradcheck",
    summary: "Check gradients, the document's or those of a layer of your own",
    load: () => import("./gradcheck.ts"),
  },
  {
    name: "bench",
    summary: "Measure layers and training steps, also against PyTorch",
    load: () => import("./bench.ts"),
  },
  {
    name: "visualize",
    summary: "Draw curves, filters, feature maps, mistakes, data sets and more",
    load: () => import("./visualize.ts"),
  },
  {
    name: "report",
    summary: "Write all there is to see of a run as one HTML file",
    load: () => import("./report.ts"),
  },
  {
    name: "runs",
    summary: "List, show, compare and delete what was trained",
    load: () => import("./runs.ts"),
  },
];
