// Copyright 2026 the Convlab authors. MIT license.

/**
 * `export`: a trained network as a file for other tools.
 *
 * @module
 */

import { join } from "@std/path";
import config from "../deno.json" with { type: "json" };
import { encodeNpz } from "../data/npz.ts";
import { exportOnnx } from "../exchange/export_onnx.ts";
import { networkMetadata } from "../exchange/network_metadata.ts";
import { stateDictOf } from "../exchange/state_dict.ts";
import { writeFileAtomically } from "../training/atomic_file.ts";
import { encodeSafetensors } from "../training/safetensors.ts";
import type { TrainedNetwork } from "../training/trained_network.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { prepareOutput } from "./files.ts";
import { openTrained } from "./trained.ts";

const FORMATS = ["onnx", "safetensors", "npz"] as const;
type Format = typeof FORMATS[number];

export default defineCommand({
  examples: [
    { args: "RUN", help: "For ONNX Runtime, on servers, phones, in browsers" },
    {
      args: "RUN --input pixels -o cats.onnx",
      help: "The same, but the graph normalises pixels itself",
    },
    { args: "RUN --format safetensors", help: "The weights, for PyTorch" },
    { args: "RUN -o weights.npz", help: "The weights, for NumPy" },
  ],
  notes: `Prints where the file is.

onnx: operators of set 17. The graph takes "images", float32 of shape (N, C, H, W), which are (pixel - mean) / std with pixels from 0 to 255, or pixels as they are with --input pixels. It gives "scores" and "probabilities", (N, classes). The file's metadata tells how images are made for it: convlab.input in words, convlab.mean, convlab.std and convlab.class_names in JSON, and convlab.model, the layers.

safetensors and npz: tensors such as conv1.weight, bn1.running_mean and fc1.weight; safetensors files have the same metadata. A PyTorch module whose layers have the names conv1, bn1, fc1 and so on takes them by load_state_dict. With --layout convlab weights of affine layers are (inputs, outputs), as in a run's final.safetensors.`,
  positionals: {
    run: { help: "A run's name, the beginning of it, or its folder" },
  },
  options: {
    format: {
      kind: "choice",
      choices: FORMATS,
      help: "What to write; by default what --output ends in, or else onnx",
    },
    output: {
      kind: "string",
      alias: "o",
      placeholder: "FILE",
      help: "Where to write; by default model.FORMAT in the run's folder",
    },
    input: {
      kind: "choice",
      choices: ["normalized", "pixels"],
      default: "normalized",
      help: "What the graph of an onnx file takes",
    },
    layout: {
      kind: "choice",
      choices: ["pytorch", "convlab"],
      default: "pytorch",
      help: "How weights of affine layers lie in a safetensors or npz file",
    },
    runsDir: {
      kind: "string",
      placeholder: "DIR",
      default: "runs",
      help: "Folder of all runs",
    },
  },
  run({ options, positionals, given, stdout, stderr }) {
    const { output, input, layout, runsDir } = options;
    const { run, trained } = openTrained(positionals.run, runsDir, stderr);
    const path = output ?? join(run.path, `model.${options.format ?? "onnx"}`);
    const format = prepareOutput(
      path,
      options.format === undefined ? FORMATS : [options.format],
    );
    checkOptions(format, given);
    const { network } = trained;
    if (format === "onnx") {
      if (trained.dtype === "float64") {
        stderr.line(
          `Precision: ${run.name} is in float64; its ONNX file is in float32`,
        );
      }
      const producerVersion = config.version;
      const { name } = run;
      writeFileAtomically(
        path,
        exportOnnx(network, {
          ...dataOf(trained),
          input,
          name,
          producerVersion,
        }),
      );
    } else {
      const tensors = layout === "pytorch"
        ? stateDictOf(network)
        : { ...network.params, ...network.buffers };
      const metadata = {
        ...networkMetadata(network, dataOf(trained)),
        "convlab.layout": layout,
      };
      writeFileAtomically(
        path,
        format === "npz"
          ? encodeNpz(tensors)
          : encodeSafetensors(tensors, metadata),
      );
    }
    stdout.line(path);
    return ExitCode.success;
  },
});

function dataOf({ classNames, mean, std }: TrainedNetwork) {
  return { classNames, mean, std };
}

/** Refuses options that say nothing about a format. */
function checkOptions(format: Format, given: ReadonlySet<string>): void {
  const other = format === "onnx" ? "layout" : "input";
  if (given.has(other)) {
    throw new UsageError(
      `Expected no --${other} for a file of format ${format}, which has no such thing`,
    );
  }
}
