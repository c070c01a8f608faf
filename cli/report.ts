// Copyright 2026 the Convlab authors. MIT license.

/**
 * `report`: all there is to see of a run, as one HTML file.
 *
 * @module
 */

import { join } from "@std/path";
import { setThreads } from "../kernels/runtime.ts";
import { writeFileAtomically } from "../training/atomic_file.ts";
import { RunFolder } from "../training/run_folder.ts";
import { defineCommand } from "./command.ts";
import { ExitCode } from "./exit.ts";
import { prepareOutput } from "./files.ts";
import { reportOf } from "./report/report.ts";
import { DATA_OPTIONS, RUN_OPTIONS } from "./training_options.ts";

export default defineCommand({
  examples: [
    { args: "RUN", help: "Into report.html in the run's folder" },
    { args: "RUN -o first.html", help: "Somewhere else" },
    {
      args: "RUN --data-dir ~/cifar10",
      help: "With its images where they are now",
    },
  ],
  notes:
    "Prints where the file is. It is a page that needs nothing else, neither the network nor scripts, light or dark as the reader's system is, and fit to be printed: curves, configuration, network, data, precision and recall of each class, what is taken for what, the most confident wrong answers, filters, gradients, the machine, and the command that repeats the run.\n\nOf a run that has not ended it shows what its newest checkpoint has learned. Where the run's images are gone, it says so in place of what needs them.",
  positionals: {
    run: { help: "A run's name, the beginning of it, or its folder" },
  },
  options: {
    output: {
      kind: "string",
      alias: "o",
      placeholder: "FILE",
      help:
        "Where to write (.html); by default report.html in the run's folder",
    },
    dataset: {
      ...DATA_OPTIONS.dataset,
      help: "Where its images are, if no longer where they were",
    },
    dataDir: DATA_OPTIONS.dataDir,
    runsDir: RUN_OPTIONS.runsDir,
    threads: RUN_OPTIONS.threads,
  },
  async run({ options, positionals, ...streams }) {
    const { output, dataset, dataDir, runsDir, threads } = options;
    const run = RunFolder.open(positionals.run, runsDir);
    const path = output ?? join(run.path, "report.html");
    prepareOutput(path, ["html"]);
    if (threads !== undefined) setThreads(threads);
    const page = await reportOf(run, { dataset, dataDir }, streams);
    writeFileAtomically(path, page);
    streams.stdout.line(path);
    return ExitCode.success;
  },
});
