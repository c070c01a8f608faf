// Copyright 2026 the Convlab authors. MIT license.

/**
 * A network's parameters as PyTorch keeps them.
 *
 * @module
 */

import type { ConvNet } from "../models/conv_net.ts";
import { allLayers } from "../models/plan_model.ts";
import type { Tensor } from "../numerics/tensor.ts";

/**
 * How weights of affine layers lie in a file: (outputs, inputs), as `nn.Linear`
 * has them, or (inputs, outputs), as Convlab does. All else is the same.
 */
export type WeightLayout = "pytorch" | "convlab";

/**
 * The parameters and running statistics of a network under its own names, such
 * as `conv1.weight`, laid out as PyTorch has them: a module whose layers have
 * the names `conv1`, `bn1`, `fc1`, … takes them by `load_state_dict`.
 *
 * @param network The network.
 * @returns Tensors by name; weights of affine layers are transposed copies, and the others the network's own.
 *
 * @example
 * ```ts
 * import { ConvNet, stateDictOf } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new ConvNet({ model: "fc5", inputDim: [1, 2, 3] });
 * assertEquals(stateDictOf(network)["fc1.weight"]?.shape, [5, 6]);
 * ```
 */
export function stateDictOf(network: ConvNet): Record<string, Tensor> {
  const { params, buffers, plan } = network;
  const tensors = { ...params, ...buffers };
  for (const { spec, params } of allLayers(plan)) {
    if (spec.kind !== "fc") continue;
    const { name } = params.weight!;
    tensors[name] = tensors[name]!.transpose([1, 0]);
  }
  return tensors;
}
