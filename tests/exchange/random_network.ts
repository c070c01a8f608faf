// Copyright 2026 the Convlab authors. MIT license.

/**
 * Networks in which every number counts: biases, scales, shifts and running
 * statistics are random too.
 *
 * @module
 */

import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType } from "../../numerics/tensor.ts";

/** A network of random parameters and running statistics. */
export function randomNetwork(
  model: string,
  inputDim: readonly [number, number, number],
  dtype: DType = "float32",
): ConvNet {
  const random = new RandomState(231);
  const network = new ConvNet({ model, inputDim, dtype, random });
  for (const [name, { data }] of Object.entries(network.params)) {
    if (name.endsWith(".bias") || !/^(conv|fc)/.test(name)) {
      const noise = random.randn([data.length]).data;
      for (let i = 0; i < data.length; i++) data[i]! += 0.3 * noise[i]!;
    }
  }
  for (const [name, { data }] of Object.entries(network.buffers)) {
    const noise = random.randn([data.length]).data;
    for (let i = 0; i < data.length; i++) {
      data[i] = name.endsWith("var") ? 0.5 + noise[i]! ** 2 : noise[i]!;
    }
  }
  return network;
}
