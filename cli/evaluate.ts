// Copyright 2026 the Convlab authors. MIT license.

/**
 * `evaluate`: how well a trained network classifies a data set.
 *
 * @module
 */

import { setThreads } from "../kernels/runtime.ts";
import { evaluate } from "../training/evaluate.ts";
import { defineCommand } from "./command.ts";
import { evaluationData, SPLITS } from "./evaluate/data.ts";
import { evaluationLines, evaluationReport } from "./evaluate/report.ts";
import { ExitCode } from "./exit.ts";
import { startProgress } from "./progress.ts";
import { DATA_OPTIONS, RUN_OPTIONS } from "./training_options.ts";
import { openTrained } from "./trained.ts";

export default defineCommand({
  examples: [
    { args: "RUN", help: "On the test images of the run's own data set" },
    { args: "RUN --split validation", help: "On its validation images" },
    {
      args: "RUN --dataset DIR --split all",
      help: "On all pictures of a folder that has one folder a class",
    },
    { args: "RUN --json", help: "For other programs to read" },
  ],
  notes:
    "Prints the accuracy, that of each class, and what images of each class are taken for. Images are normalised as the run's own were. The run's own data set is split as it was for training.\n\nClasses are matched by their names. Where these are others, but as many, they are matched by their order.",
  positionals: {
    run: { help: "A run's name, the beginning of it, or its folder" },
  },
  options: {
    dataset: {
      ...DATA_OPTIONS.dataset,
      help:
        "Data set: cifar10, fashion-mnist, a folder with one folder of PNG or JPEG images a class, or a .npz file; by default what the run was trained on",
    },
    dataDir: DATA_OPTIONS.dataDir,
    split: {
      kind: "choice",
      choices: SPLITS,
      default: "test",
      help: "Which of its images",
    },
    batchSize: {
      kind: "integer",
      min: 1,
      default: 100,
      help: "Images that go through the network at once",
    },
    json: { kind: "boolean", help: "Print JSON" },
    runsDir: RUN_OPTIONS.runsDir,
    threads: RUN_OPTIONS.threads,
  },
  async run({ options, positionals, ...streams }) {
    const { split, batchSize, json, runsDir, threads } = options;
    if (threads !== undefined) setThreads(threads);
    const { run, trained } = openTrained(
      ...[positionals.run, runsDir, streams.stderr] as const,
    );
    const { title, images } = await evaluationData(
      run,
      trained,
      options,
      streams,
    );
    using progress = startProgress({
      ...streams,
      total: images.length,
      unit: "images",
      label: "Evaluating",
    });
    const evaluation = evaluate(trained.network, images, {
      numClasses: trained.classNames.length,
      batchSize,
      dtype: trained.dtype,
      onProgress: (done) => progress.update(done),
    });
    progress.stop();
    const about = { run: run.name, data: title, split };
    const { classNames } = trained;
    const { stdout } = streams;
    if (json) {
      const report = evaluationReport(about, classNames, evaluation);
      stdout.line(JSON.stringify(report, null, 2));
    } else {
      for (const line of evaluationLines(about, classNames, evaluation)) {
        stdout.line(line);
      }
    }
    return ExitCode.success;
  },
});
