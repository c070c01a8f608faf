// Copyright 2026 the Convlab authors. MIT license.

/**
 * Loads what a run has trained.
 *
 * @module
 */

import { assignParameters } from "../models/assign_parameters.ts";
import { ConvNet } from "../models/conv_net.ts";
import { fromThreeLayer, isThreeLayer } from "../models/from_three_layer.ts";
import type { Tensor } from "../numerics/tensor.ts";
import { learnedParameters } from "./learned_parameters.ts";
import { RunFolder } from "./run_folder.ts";
import { TrainedNetwork } from "./trained_network.ts";

/**
 * Loads the network of a run, with its classes and what its images are normalised
 * by. Of a run that has not ended it is that of the newest checkpoint
 * ({@linkcode learnedParameters}). A {@linkcode ThreeLayerConvNet} comes as the
 * {@linkcode ConvNet} that computes the same.
 *
 * @param run The run, or its name or folder.
 * @param runsDir Where runs of that name are looked for.
 * @throws {Error} If there is no such run, it has neither ended nor a checkpoint, or its files are damaged or do not fit together.
 *
 * @example Train, and classify
 * ```ts
 * import { ConvNet, loadRun, RunFolder } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = Deno.makeTempDirSync();
 * const model = "conv4-bn-relu gap fc2";
 * const network = new ConvNet({ model, inputDim: [1, 8, 8] });
 * // Train it here; `deno task train` writes all of this itself.
 * const run = RunFolder.create(runs, "shapes");
 * run.writeConfig({ recipe: { model } });
 * run.writeData({ title: "Shapes", classNames: ["disc", "square"], imageShape: [1, 8, 8] });
 * run.writeParameters({ ...network.params, ...network.buffers });
 *
 * const trained = loadRun("shapes", runs);
 * const pixels = new Uint8Array(64);
 * const classes = trained.classify({ width: 8, height: 8, channels: 1, pixels });
 * assertEquals(classes.length, 2);
 * Deno.removeSync(runs, { recursive: true });
 * ```
 */
export function loadRun(
  run: string | RunFolder,
  runsDir = "runs",
): TrainedNetwork {
  const folder = run instanceof RunFolder ? run : RunFolder.open(run, runsDir);
  const { tensors, iteration } = learnedParameters(folder);
  const data = folder.readData();
  try {
    const network = buildNetwork(folder, tensors, data.imageShape);
    return new TrainedNetwork(network, data, iteration);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`Cannot load run "${folder.name}": ${reason}`, { cause });
  }
}

function buildNetwork(
  folder: RunFolder,
  tensors: Readonly<Record<string, Tensor>>,
  inputDim: readonly [number, number, number],
): ConvNet {
  if (isThreeLayer(tensors)) {
    return fromThreeLayer({ inputDim, params: tensors });
  }
  const model = modelOf(folder.readConfig());
  const dtype = Object.values(tensors)[0]?.dtype;
  const network = new ConvNet({ model, inputDim, dtype });
  assignParameters(network, tensors);
  return network;
}

/** The model's text in a run's configuration. */
function modelOf({ recipe }: Record<string, unknown>): string {
  const model = typeof recipe === "object" && recipe !== null &&
      "model" in recipe
    ? recipe.model
    : undefined;
  if (typeof model === "string") return model;
  throw new Error(
    "expected recipe.model in config.json, or the parameters W1 to b3 of the three-layer network, but found neither",
  );
}
