// Copyright 2026 the Convlab authors. MIT license.

/**
 * What runs a part of a network: one layer, or a few that are joined. It runs
 * forward, and remembers how to run backward.
 *
 * @module
 */

import type { RandomState } from "../numerics/random.ts";
import { type DType, type Tensor, zeros } from "../numerics/tensor.ts";
import type { LayerSpecs } from "./layer_spec.ts";
import type { PlannedLayer } from "./plan_model.ts";
import type { Reduction } from "./reduction.ts";

/** What a forward pass works with. */
export interface Pass {
  /** In training, batches are normalised by their own statistics and dropout drops. */
  readonly mode: "train" | "test";
  /** Parameters by name. */
  readonly params: Readonly<Record<string, Tensor>>;
  /** Running statistics by name, updated in training. */
  readonly buffers: Readonly<Record<string, Tensor>>;
  /** Where the gradients of parameters go in the backward pass. */
  readonly grads: Record<string, Tensor>;
  /** What dropout draws from. */
  readonly random: RandomState | undefined;
  /** Where gradients go besides, if the batch is a part of one. */
  readonly reduction?: Reduction | undefined;
  /** Told what each module gave, by the name of its last layer. */
  readonly watch?: ((name: string, out: Tensor) => void) | undefined;
}

/** What a module did to its input. */
export interface Step {
  /** What it gave. */
  readonly out: Tensor;
  /**
   * Puts the gradients of its parameters among the pass's, and gives that of its
   * input; without `needsInput` it may leave the latter out.
   */
  back(dout: Tensor, needsInput: boolean): Tensor | undefined;
}

/** Runs one layer, or a few that are joined. */
export interface Module {
  /** The layers, in order. */
  readonly layers: readonly PlannedLayer[];
  /** Runs them on a batch. */
  run(x: Tensor, pass: Pass): Step;
}

/** Runs the layers of a module. */
export type Run = Module["run"];

/** A convolution in its place. */
export type Conv = PlannedLayer<LayerSpecs["conv"]>;

/** A pooling in its place. */
export type Pool = PlannedLayer<LayerSpecs["pool"]>;

/** The options of a convolution, as its layer function takes them. */
export function convOptions({ spec }: Conv) {
  const { stride, pad, dilation, groups } = spec;
  return { stride, pad, dilation, groups };
}

/** The window of a pooling. */
export function windowOf({ spec: { size, stride } }: Pool) {
  return { poolHeight: size, poolWidth: size, stride };
}

/** The weight of a layer. */
export function weightOf(layer: PlannedLayer, { params }: Pass): Tensor {
  return params[layer.params.weight!.name]!;
}

/** The bias of a convolution, which is zeros where the plan has none. */
export function biasOf(
  layer: PlannedLayer,
): (pass: Pass, dtype: DType) => Tensor {
  const { bias, weight } = layer.params;
  if (bias) return ({ params }) => params[bias.name]!;
  const filters = weight!.shape[0]!;
  const none = new Map<DType, Tensor>();
  return (_, dtype) => {
    const b = none.get(dtype) ?? zeros([filters], dtype);
    none.set(dtype, b);
    return b;
  };
}

/** Puts the gradients of a layer's weight and bias where they belong. */
export function keep(
  { grads, reduction }: Pass,
  { params }: PlannedLayer,
  dw: Tensor,
  db: Tensor,
): void {
  const put = (name: string, grad: Tensor) => {
    grads[name] = grad;
    reduction?.add(name, grad);
  };
  put(params.weight!.name, dw);
  if (params.bias) put(params.bias.name, db);
}

/** The gradient of the input, if it is among these. */
export function inputOf(gradients: object): Tensor | undefined {
  return "dx" in gradients ? gradients.dx as Tensor : undefined;
}

/** What a batch normalisation works with. */
export function batchNormOf(layer: PlannedLayer, pass: Pass) {
  const { bias } = layer.params;
  const { running_mean, running_var } = layer.buffers;
  const { batchSize, sumStatistics } = pass.reduction ?? {};
  return {
    gamma: weightOf(layer, pass),
    beta: pass.params[bias!.name]!,
    options: {
      mode: pass.mode,
      runningMean: pass.buffers[running_mean!.name]!,
      runningVar: pass.buffers[running_var!.name]!,
      whole: sumStatistics && { images: batchSize!, sum: sumStatistics },
    },
  };
}
