// Copyright 2026 the Convlab authors. MIT license.

/**
 * `predict`: what a trained network takes pictures for.
 *
 * @module
 */

import { DataError } from "../data/data_error.ts";
import { decodeImage } from "../data/decode_image.ts";
import { readDataFile } from "../data/files.ts";
import type { ClassProbability } from "../training/trained_network.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { imagePaths } from "./image_paths.ts";
import { startProgress } from "./progress.ts";
import { openTrained } from "./trained.ts";

/** Largest image file that is read. */
const MAX_BYTES = 2 ** 28;

/** What became of a file. */
type Prediction =
  | {
    readonly file: string;
    readonly classes: readonly Omit<ClassProbability, "label">[];
  }
  | { readonly file: string; readonly error: string };

export default defineCommand({
  examples: [
    { args: "RUN cat.jpg", help: "The most probable classes of a picture" },
    { args: "RUN photos/ --top 1", help: "The class of each one in a folder" },
    { args: "RUN *.png --json", help: "For other programs to read" },
  ],
  notes:
    "Prints a line for each picture. Pictures are cropped to their largest centred square and resized, as those of a folder are for training, and normalised as the run's own. Files that cannot be read are named, and make the exit code 1.",
  positionals: {
    run: { help: "A run's name, the beginning of it, or its folder" },
    images: { rest: true, help: "PNG and JPEG files, or folders with such" },
  },
  options: {
    top: {
      kind: "integer",
      min: 1,
      default: 3,
      help: "How many classes are shown of each picture, the likeliest first",
    },
    json: { kind: "boolean", help: "Print JSON" },
    runsDir: {
      kind: "string",
      placeholder: "DIR",
      default: "runs",
      help: "Folder of all runs",
    },
  },
  run({ options: { top, json, runsDir }, positionals, ...streams }) {
    const { stdout, stderr } = streams;
    if (positionals.images.length === 0) {
      throw new UsageError("Expected pictures after the run but found none");
    }
    const { run, trained } = openTrained(
      ...[positionals.run, runsDir, streams.stderr] as const,
    );
    const classify = (file: string): Prediction => {
      try {
        const bytes = readDataFile(file, { minBytes: 0, maxBytes: MAX_BYTES });
        const classes = trained.classify(decodeImage(bytes, file))
          .slice(0, top).map(({ name, probability }) => ({
            name,
            probability,
          }));
        return { file, classes };
      } catch (error) {
        if (!(error instanceof DataError)) throw error;
        return { file, error: error.message };
      }
    };
    const files = imagePaths(positionals.images);
    using progress = startProgress({
      ...streams,
      total: files.length,
      unit: "images",
      label: "Predicting",
    });
    const predictions: Prediction[] = [];
    for (const file of files) {
      const prediction = classify(file);
      predictions.push(prediction);
      if ("classes" in prediction && !json) {
        progress.log(`${file}: ${describe(prediction.classes)}`);
      }
      progress.update(predictions.length);
    }
    progress.stop();
    if (json) {
      const report = { run: run.name, predictions };
      stdout.line(JSON.stringify(report, null, 2));
    }
    const failures = predictions.filter((p) => "error" in p);
    for (const { error } of failures) {
      stderr.line(`${stderr.style.red("error")}: ${error}`);
    }
    return failures.length > 0 ? ExitCode.failure : ExitCode.success;
  },
});

/** Such as `cat 92.1 %, dog 6.4 %`. */
function describe(
  classes: readonly { name: string; probability: number }[],
): string {
  return classes.map(({ name, probability }) =>
    `${name} ${(100 * probability).toFixed(1)} %`
  ).join(", ");
}
