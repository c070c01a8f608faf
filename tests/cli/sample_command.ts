// Copyright 2026 the Convlab authors. MIT license.

/**
 * A subcommand with an option of every kind, for tests.
 *
 * @module
 */

import { defineCommand } from "../../cli/command.ts";

/** Prints its arguments as JSON. */
export default defineCommand({
  examples: [
    { args: "cats", help: "Paint cats" },
    { args: "cats --images a.jpg b.png -o out.svg", help: "Paint these two" },
  ],
  positionals: {
    subject: { help: "What to paint", choices: ["cats", "dogs", "filters"] },
    runName: { help: "Folder of a run", optional: true },
  },
  options: {
    batchSize: {
      kind: "integer",
      default: 50,
      min: 1,
      placeholder: "N",
      help: "Images in a batch",
    },
    threads: {
      kind: "integer",
      formerly: "workers",
      min: 1,
      max: 64,
      help: "Size of the team",
    },
    offset: { kind: "integer", help: "Where to begin" },
    learningRate: { kind: "number", above: 0, help: "Step size" },
    lrDecay: { kind: "number", above: 0, max: 1, default: 1, help: "Decay" },
    dtype: {
      kind: "choice",
      choices: ["float32", "float64"],
      default: "float32",
      help: "Arithmetic",
    },
    output: { kind: "string", alias: "o", placeholder: "FILE", help: "Result" },
    images: {
      kind: "string",
      repeatable: true,
      count: 2,
      placeholder: "FILE",
      help: "Two photos of your own",
    },
    label: { kind: "string", repeatable: true, help: "A label" },
    json: { kind: "boolean", alias: "j", help: "Print JSON" },
    shuffle: { kind: "boolean", default: true, help: "Keep the order" },
  },
  notes: "The first paragraph.\n\nThe second paragraph.",
  run({ options, positionals, given, stdout }) {
    stdout.line(JSON.stringify({ options, positionals, given: [...given] }));
    return 0;
  },
});
