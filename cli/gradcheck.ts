// Copyright 2026 the Convlab authors. MIT license.

/**
 * `gradcheck`: gradients against numerical ones.
 *
 * @module
 */

import { CELLS, TOPICS } from "./document/cells.ts";
import type { CellChecks, Check } from "./document/check.ts";
import { defineCommand, type Streams } from "./command.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { checkLayer, layerCases } from "./gradcheck/check_layers.ts";
import { checkedNetwork, checkModel } from "./gradcheck/check_model.ts";
import { formatLayerReports } from "./gradcheck/report_layers.ts";
import { formatModelReport } from "./gradcheck/report_model.ts";
import { INPUT_DIM, parseInput } from "./model/input.ts";
import { startProgress } from "./progress.ts";
import { textTable } from "./text_table.ts";
import { checkUserLayer } from "./user_layer/check.ts";
import { loadUserLayer } from "./user_layer/load.ts";
import { formatLayerReport } from "./user_layer/report.ts";
import { oneOf, unknownWord } from "./words.ts";

export default defineCommand({
  examples: [
    { args: "", help: "Check all of the document's numbers" },
    { args: "conv pool", help: "Check those of some topics" },
    { args: "layers", help: "Check the gradients of every layer" },
    {
      args: '--model "conv8-bn-relu pool fc10"',
      help: "Check those of a whole network",
    },
    {
      args: "--module examples/my_layer.ts",
      help: "Check a layer of your own",
    },
    {
      args: "--module examples/my_layer_wrong.ts",
      help: "See how a mistake is reported",
    },
  ],
  positionals: {
    topics: {
      rest: true,
      help: `What to check: ${
        oneOf(TOPICS)
      }, or a cell's number, by default all; or layers, every layer of a model's text`,
    },
  },
  options: {
    module: {
      kind: "string",
      placeholder: "FILE",
      help: "Check the layer in a file of your own",
    },
    model: {
      kind: "string",
      placeholder: "TEXT",
      help: "Check the network of a text, as in docs/models.md",
    },
    inputDim: {
      ...INPUT_DIM,
      formerly: "input",
      help:
        "With --model: channels, height and width of its images; by default 3,32,32",
    },
    json: { kind: "boolean", help: "Print the results as JSON" },
  },
  notes:
    "Ends with exit code 1 if anything fails. docs/your-own-layer.md tells what a layer of your own has to export.",
  run({ options, positionals, ...streams }) {
    const { module, model, inputDim, json } = options;
    const { topics } = positionals;
    if (model !== undefined) {
      if (module !== undefined || topics.length > 0) {
        throw new UsageError(
          `Expected no ${
            module === undefined ? "topics" : "--module"
          } with --model but found "${module ?? topics[0]}"`,
        );
      }
      return checkNetwork(model, inputDim ?? "3,32,32", json, streams);
    }
    if (inputDim !== undefined) {
      throw new UsageError("Expected --model with --input-dim but found none");
    }
    if (module === undefined) {
      return topics.includes(LAYERS)
        ? checkAllLayers(topics, json, streams)
        : checkDocument(selectCells(topics), json, streams);
    }
    if (topics.length > 0) {
      throw new UsageError(
        `Expected no topics with --module but found "${topics[0]}"`,
      );
    }
    return checkModule(module, json, streams);
  },
});

/** The topic that is no part of the document. */
const LAYERS = "layers";

/** The cells that have one of the topics; all if there are none. */
function selectCells(topics: readonly string[]): readonly CellChecks[] {
  const words = [...TOPICS, LAYERS, ...CELLS.map(({ cell }) => cell)];
  for (const topic of topics) {
    if (!words.includes(topic)) {
      throw new UsageError(unknownWord("topic", topic, words));
    }
  }
  return CELLS.filter((cell) =>
    topics.length === 0 || topics.includes(cell.cell) ||
    cell.topics.some((topic) => topics.includes(topic))
  );
}

/** Runs cells of the document, each printed when it is done. */
function checkDocument(
  cells: readonly CellChecks[],
  json: boolean,
  { stdout, stderr }: Streams,
): ExitCode {
  using progress = startProgress({
    label: "Checking",
    unit: "cells",
    total: cells.length,
    stdout,
    stderr,
  });
  const results = cells.map(({ run, ...cell }, i) => {
    const checks = run();
    if (!json) printCell(cell, checks, stdout, progress.log);
    progress.update(i + 1);
    return { ...cell, checks };
  });
  progress.stop();
  const all = results.flatMap(({ checks }) => checks);
  const failed = all.filter(({ passed }) => !passed).length;
  if (json) {
    const report = { passed: failed === 0, cells: results };
    stdout.line(JSON.stringify(report, null, 2));
  } else {
    stdout.line();
    stdout.line(
      failed === 0
        ? `${all.length} numbers, all as they must be`
        : `${failed} of ${all.length} numbers are not as they must be`,
    );
  }
  return failed === 0 ? ExitCode.success : ExitCode.failure;
}

function printCell(
  { cell, title, source }: Omit<CellChecks, "run">,
  checks: readonly Check[],
  { style }: Streams["stdout"],
  log: (line: string) => void,
): void {
  const heading = /^\d/.test(cell) ? `cell ${cell}` : cell;
  log(style.bold(`${heading}: ${title}`));
  const rows = checks.map(({ name, value, reference, passed }) => [
    passed ? style.green("pass") : style.red("FAIL"),
    name,
    value,
    `${source} ${reference}`,
  ]);
  for (const line of textTable(rows)) log(`  ${line}`);
}

/** Checks the gradients of a network's parameters, in float64. */
function checkNetwork(
  model: string,
  input: string,
  json: boolean,
  { stdout, stderr }: Streams,
): ExitCode {
  const network = checkedNetwork(model, parseInput(input));
  using progress = startProgress({
    label: "Checking",
    unit: "parameters",
    total: Object.keys(network.params).length,
    stdout,
    stderr,
  });
  const report = checkModel(network, (done) => progress.update(done));
  progress.stop();
  if (json) stdout.line(JSON.stringify(report, null, 2));
  else formatModelReport(report, stdout.style).forEach(stdout.line);
  return report.passed ? ExitCode.success : ExitCode.failure;
}

/** Checks the gradients of every layer, in float64. */
function checkAllLayers(
  topics: readonly string[],
  json: boolean,
  { stdout, stderr }: Streams,
): ExitCode {
  const other = topics.find((topic) => topic !== LAYERS);
  if (other !== undefined) {
    throw new UsageError(
      `Expected no other topic with "${LAYERS}" but found "${other}"`,
    );
  }
  const cases = layerCases();
  using progress = startProgress({
    label: "Checking",
    unit: "layers",
    total: cases.length,
    stdout,
    stderr,
  });
  const layers = cases.map((layer, i) => {
    const report = checkLayer(layer);
    progress.update(i + 1);
    return report;
  });
  progress.stop();
  const passed = layers.every((layer) => layer.passed);
  if (json) stdout.line(JSON.stringify({ passed, layers }, null, 2));
  else formatLayerReports(layers, stdout.style).forEach(stdout.line);
  return passed ? ExitCode.success : ExitCode.failure;
}

/** Checks the layer in a user's file; needs permission to read it. */
async function checkModule(
  file: string,
  json: boolean,
  { stdout, stderr }: Streams,
): Promise<ExitCode> {
  const layer = await loadUserLayer(file);
  const elements = Object.values(layer.inputs).reduce((n, x) => n + x.size, 0);
  using progress = startProgress({
    label: "Checking",
    unit: "passes",
    total: 2 * elements,
    stdout,
    stderr,
  });
  let done = 0;
  const report = checkUserLayer(layer, () => progress.update(++done));
  progress.stop();
  if (json) stdout.line(JSON.stringify(report, null, 2));
  else formatLayerReport(report, stdout.style).forEach(stdout.line);
  return report.pass ? ExitCode.success : ExitCode.failure;
}
