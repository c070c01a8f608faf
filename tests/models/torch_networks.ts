// Copyright 2026 the Convlab authors. MIT license.

/**
 * What PyTorch made of a few networks; make_torch_networks.py wrote it down.
 *
 * @module
 */

import fixture from "../../fixtures/torch/networks.json" with { type: "json" };
import { ConvNet } from "../../models/conv_net.ts";
import { type DType, sizeOf, tensor } from "../../numerics/tensor.ts";
import type { Tensor } from "../../numerics/tensor.ts";

/** One of the networks, and what came of it. */
export interface TorchNetwork {
  readonly model: string;
  readonly inputDim: readonly [number, number, number];
  readonly layers: Readonly<
    Record<string, { readonly output: number[]; readonly multiplyAdds: number }>
  >;
  /** For each parameter, two sums over its gradient. */
  readonly parameters: Readonly<
    Record<string, { readonly shape: number[]; readonly gradient: number[] }>
  >;
  readonly losses: readonly number[];
  readonly buffers: Readonly<Record<string, readonly number[]>>;
  readonly scores: readonly number[];
  /** What each layer gives for the images of the scores: two sums. */
  readonly activations: Readonly<Record<string, readonly number[]>>;
  /** The gradient of these images' scores for class 1: two sums. */
  readonly inputGradient: readonly number[];
}

/** Batch size, regularisation and label smoothing of all of them. */
export const { images: IMAGES, reg: REG, labelSmoothing: SMOOTHING } = fixture;

/** The networks. */
export const TORCH_NETWORKS = fixture.networks as unknown as TorchNetwork[];

/** Numbers from −1 to 1, the same as in make_torch_networks.py. */
export function numbers(shape: readonly number[], seed: number): Tensor {
  const values = Array.from({ length: sizeOf(shape) }, (_, k) => {
    const i = k + 1000 * seed;
    return (i * i % 65521 * 40503 + i * 30011) % 65536 / 32768 - 1;
  });
  return tensor(values, shape);
}

/** The network with the parameters that it has there. */
export function torchNetwork(
  { model, inputDim }: TorchNetwork,
  dtype: DType = "float64",
): ConvNet {
  const net = new ConvNet({
    ...{ model, inputDim, dtype, reg: REG, labelSmoothing: SMOOTHING },
  });
  for (const [seed, name] of Object.keys(net.params).sort().entries()) {
    const { shape, data } = net.params[name]!;
    const scale = !/^(conv|fc)/.test(name) && name.endsWith("weight");
    for (const [i, x] of numbers(shape, seed).data.entries()) {
      data[i] = (scale ? 1 + x / 2 : x) / 2;
    }
  }
  return net;
}
