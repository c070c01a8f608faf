// Copyright 2026 the Convlab authors. MIT license.

/**
 * The three-layer network as a network that is built from a text.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import { assignParameters } from "./assign_parameters.ts";
import { ConvNet } from "./conv_net.ts";
import type { ThreeLayerConvNet } from "./three_layer_conv_net.ts";

/** The parameters' names in both networks. */
const NAMES = {
  W1: "conv1.weight",
  b1: "conv1.bias",
  W2: "fc1.weight",
  b2: "fc1.bias",
  W3: "fc2.weight",
  b3: "fc2.bias",
} as const;

/**
 * A network that computes what a {@linkcode ThreeLayerConvNet} does, and holds
 * the same parameters: `conv32k7-relu pool fc100-relu fc10` for one of 32 filters
 * of 7 × 7, 100 hidden units and 10 classes.
 *
 * @param network The three-layer network, or as much of it.
 * @throws {TypeError} If a parameter is missing, or has a shape that does not fit the others.
 *
 * @example
 * ```ts
 * import { fromThreeLayer, ThreeLayerConvNet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = fromThreeLayer(new ThreeLayerConvNet());
 * assertEquals(network.model, "conv32k7 relu pool fc100 relu fc10");
 * ```
 */
export function fromThreeLayer(
  network:
    & Pick<ThreeLayerConvNet, "inputDim" | "params">
    & Partial<Pick<ThreeLayerConvNet, "reg">>,
): ConvNet {
  const { inputDim, params, reg = 0 } = network;
  const tensors: Record<string, Tensor> = {};
  for (const [name, own] of Object.entries(NAMES)) {
    const found = params[name];
    if (found === undefined) {
      throw new TypeError(
        `Cannot convert network: expected a parameter ${name} but found none`,
      );
    }
    tensors[own] = found;
  }
  const { W1, W2, W3 } = params;
  const [filters, , size] = W1!.shape;
  const model = `conv${filters}k${size}-relu pool fc${W2!.shape[1]}-relu fc${
    W3!.shape[1]
  }`;
  const converted = new ConvNet({ model, inputDim, reg, dtype: W1!.dtype });
  assignParameters(converted, tensors);
  return converted;
}

/** Whether these are the parameters of a {@linkcode ThreeLayerConvNet}. */
export function isThreeLayer(
  params: Readonly<Record<string, Tensor>>,
): boolean {
  return Object.keys(NAMES).every((name) => name in params);
}
