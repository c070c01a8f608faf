// Copyright 2026 the Convlab authors. MIT license.

/**
 * `import`: weights that were trained elsewhere as a run, to be used like any
 * other.
 *
 * @module
 */

import { basename, extname } from "@std/path";
import config from "../deno.json" with { type: "json" };
import { readDataFile } from "../data/files.ts";
import {
  type ImportedLayer,
  importWeights,
} from "../exchange/import_weights.ts";
import { ConvNet } from "../models/conv_net.ts";
import type { Tensor } from "../numerics/tensor.ts";
import { decodeWeights } from "../training/decode_weights.ts";
import { RunFolder } from "../training/run_folder.ts";
import { defineCommand } from "./command.ts";
import { ExitCode, UsageError } from "./exit.ts";
import { classNamesFor } from "./import/class_names.ts";
import { channelValues } from "./import/values.ts";
import { INPUT_DIM, parseInput } from "./model/input.ts";
import { textTable } from "./text_table.ts";
import { DATA_OPTIONS, RUN_OPTIONS } from "./training_options.ts";

/** Largest file that is read. */
const MAX_BYTES = 2 ** 32;

export default defineCommand({
  examples: [
    {
      args: 'net.npz --model "conv32-bn-relu gap fc2" --input-dim 3,32,32',
      help: "Weights of PyTorch",
    },
    {
      args: 'net.npz --model "..." --input-dim 3,32,32 --classes cat,dog',
      help: "With the names of the classes",
    },
    {
      args: 'net.npz --model "..." --input-dim 3,32,32 --dataset cifar10',
      help: "The same, and evaluate knows the data set",
    },
    {
      args: 'net.npz --model "..." --input-dim 1,8,8 --mean 0.5 --std 0.5',
      help: "With what torchvision's Normalize was given",
    },
  ],
  notes:
    `Makes a run folder, and prints which tensors of the file went into which layer. The run can be used by predict, evaluate and export.

In PyTorch, write the file by safetensors.torch.save_file(network.state_dict(), FILE) or by numpy.savez(FILE, **{k: v.numpy() for k, v in network.state_dict().items()}). What torch.save writes is not read, since it is a program.

Where all names in the file are those of the layers (conv1.weight, bn1.bias, fc1.weight and so on), tensors are matched by these, and otherwise by their order among convolutions, affine layers, batch normalisations and the other normalisations. The order is that of the file, or that of the names where the file is sorted by name. The bias of a convolution before a batch normalisation is subtracted from the running mean, which comes to the same.

Without --mean and --std pixels become numbers from 0 to 1, as by torchvision's ToTensor alone.`,
  positionals: {
    file: { help: "A safetensors or npz file" },
  },
  options: {
    model: {
      kind: "string",
      placeholder: "TEXT",
      help: 'The layers, as for train, such as "conv32-bn-relu pool fc10"',
    },
    inputDim: INPUT_DIM,
    classes: {
      kind: "string",
      placeholder: "A,B,...",
      help:
        "Names of the classes, in the order of the scores; by default those of --dataset, or else 0, 1, and so on",
    },
    dataset: {
      ...DATA_OPTIONS.dataset,
      help:
        "What it was trained on, for the names of the classes: cifar10, fashion-mnist, a folder with one folder of images a class, or a .npz file",
    },
    dataDir: DATA_OPTIONS.dataDir,
    mean: {
      kind: "string",
      placeholder: "X,...",
      help:
        "What is subtracted from each channel of pixels from 0 to 1 (default 0)",
    },
    std: {
      kind: "string",
      placeholder: "X,...",
      help: "What each channel is divided by after that (default 1)",
    },
    layout: {
      kind: "choice",
      choices: ["pytorch", "convlab"],
      default: "pytorch",
      help:
        "How weights of affine layers lie: (outputs, inputs) or (inputs, outputs)",
    },
    dtype: {
      kind: "choice",
      choices: ["float32", "float64"],
      default: "float32",
      help: "Precision of the run's parameters",
    },
    json: { kind: "boolean", help: "Print JSON" },
    name: {
      ...RUN_OPTIONS.name,
      help: "Name of the run; by default that of the file",
    },
    runsDir: RUN_OPTIONS.runsDir,
  },
  async run({ options, positionals: { file }, ...streams }) {
    const { model, layout, dtype, json, runsDir } = options;
    const { dataset, dataDir } = options;
    if (model === undefined || options.inputDim === undefined) {
      throw new UsageError(
        `Expected ${
          model === undefined ? "--model" : "--input-dim"
        }, since a file of weights does not tell it`,
      );
    }
    const inputDim = parseInput(options.inputDim);
    const network = build(model, inputDim, dtype);
    const mean = channelValues("--mean", options.mean ?? "0", inputDim);
    const std = channelValues("--std", options.std ?? "1", inputDim, 0);
    const layers = importWeights(network, read(file), { layout });
    const classNames = await classNamesFor(network, options, streams);
    const title = basename(file);
    const run = RunFolder.create(runsDir, options.name ?? nameOf(file));
    run.writeData({ title, classNames, imageShape: inputDim, mean, std });
    run.writeParameters({ ...network.params, ...network.buffers });
    // Last, since it makes the folder a run.
    run.writeConfig({
      convlab: config.version,
      command: "import",
      recipe: { dataset, dataDir, model: network.model, dtype },
      data: title,
      started: new Date().toISOString(),
    });
    if (json) {
      const report = { run: run.path, layers };
      streams.stdout.line(JSON.stringify(report, null, 2));
    } else {
      for (const line of tableOf(layers)) streams.stdout.line(line);
    }
    streams.stderr.line(`Run folder: ${run.path}`);
    return ExitCode.success;
  },
});

function build(
  model: string,
  inputDim: readonly [number, number, number],
  dtype: "float32" | "float64",
): ConvNet {
  try {
    return new ConvNet({ model, inputDim, dtype });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof SyntaxError)) {
      throw error;
    }
    throw new UsageError(`Wrong --model: ${error.message}`, { cause: error });
  }
}

/** The tensors of a file; errors name it. */
function read(file: string): Record<string, Tensor> {
  const bytes = readDataFile(file, { minBytes: 1, maxBytes: MAX_BYTES });
  try {
    return decodeWeights(bytes);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${file}: ${reason}`, { cause });
  }
}

/** The file's name without its ending, as a run may be called. */
function nameOf(file: string): string {
  return basename(file, extname(file)).replaceAll(/[^\w.+-]+/g, "-");
}

function tableOf(layers: readonly ImportedLayer[]): string[] {
  return textTable([
    ["layer", "from", ""],
    ...layers.map(({ layer, module, note = "" }) => [layer, module, note]),
  ]);
}
