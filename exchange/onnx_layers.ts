// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layers of a model as ONNX operations.
 *
 * @module
 */

import type { LayerKind, LayerSpecs } from "../models/layer_spec.ts";
import type { PlannedLayer } from "../models/plan_model.ts";
import { type Tensor, tensor } from "../numerics/tensor.ts";
import type { GraphBuilder } from "./onnx_graph.ts";

/** What layers are written from and to. */
export interface LayerTarget {
  /** The graph that grows. */
  readonly graph: GraphBuilder;
  /** Parameters and running statistics by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
}

/** What is added to variances, here as in PyTorch. */
const EPSILON = { float: 1e-5 };

/**
 * Adds layers to a graph.
 *
 * @param plan The layers.
 * @param x Name of the value that they take.
 * @param target What they are written from and to.
 * @returns The name of the value that they give.
 */
export function writeLayers(
  plan: readonly PlannedLayer[],
  x: string,
  target: LayerTarget,
): string {
  let value = x;
  for (const layer of plan) {
    const write: Write<never> = WRITERS[layer.spec.kind];
    value = write(layer as never, value, target);
  }
  return value;
}

type Write<S extends LayerSpecs[LayerKind]> = (
  layer: PlannedLayer<S>,
  x: string,
  target: LayerTarget,
) => string;

const WRITERS: { readonly [K in LayerKind]: Write<LayerSpecs[K]> } = {
  conv: (layer, x, target) => {
    const { size, stride, pad, dilation, groups } = layer.spec;
    return target.graph.node(layer.name, "Conv", [
      x,
      ...weights(layer, target),
    ], {
      kernel_shape: [size, size],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
      dilations: [dilation, dilation],
      group: groups,
    });
  },
  fc: (layer, x, target) => {
    const { name, input } = layer;
    const flat = input.length === 1
      ? x
      : target.graph.node(`${name}.flat`, "Flatten", [x]);
    return target.graph.node(name, "Gemm", [flat, ...weights(layer, target)]);
  },
  bn: (layer, x, target) =>
    target.graph.node(
      layer.name,
      "BatchNormalization",
      [x, ...weights(layer, target)],
      { epsilon: EPSILON },
    ),
  ln: (layer, x, target) =>
    layer.input.length === 1
      ? target.graph.node(
        layer.name,
        "LayerNormalization",
        [x, ...weights(layer, target)],
        { epsilon: EPSILON },
      )
      : groupNorm(layer, 1, x, target),
  gn: (layer, x, target) => groupNorm(layer, layer.spec.groups, x, target),
  relu: ({ name }, x, { graph }) => graph.node(name, "Relu", [x]),
  leaky: ({ name, spec: { slope } }, x, { graph }) =>
    graph.node(name, "LeakyRelu", [x], { alpha: { float: slope } }),
  gelu: ({ name }, x, { graph }) => {
    // x · (1 + erf(x / √2)) · ½, in the order that runtimes know and join.
    const number = (key: string, value: number) =>
      graph.constant(`gelu.${key}`, tensor(value));
    const scaled = graph.node(`${name}.scaled`, "Div", [
      x,
      number("sqrt2", Math.SQRT2),
    ]);
    const erf = graph.node(`${name}.erf`, "Erf", [scaled]);
    const shifted = graph.node(`${name}.shifted`, "Add", [
      erf,
      number("one", 1),
    ]);
    const twice = graph.node(`${name}.twice`, "Mul", [x, shifted]);
    return graph.node(name, "Mul", [twice, number("half", 0.5)]);
  },
  pool: ({ name, spec }, x, { graph }) =>
    graph.node(name, "MaxPool", [x], windowOf(spec)),
  avgpool: ({ name, spec }, x, { graph }) =>
    graph.node(name, "AveragePool", [x], windowOf(spec)),
  gap: ({ name }, x, { graph }) => {
    const means = graph.node(`${name}.means`, "GlobalAveragePool", [x]);
    return graph.node(name, "Flatten", [means]);
  },
  // Dropout drops nothing once a network is trained.
  dropout: (_, x) => x,
  res: ({ name, body, shortcut }, x, target) =>
    target.graph.node(name, "Add", [
      writeLayers(body, x, target),
      writeLayers(shortcut, x, target),
    ]),
};

/**
 * Normalises groups of channels, which the operator for it does only from
 * opset 21 on: each group becomes one channel, and is an image by itself.
 */
function groupNorm(
  layer: PlannedLayer,
  groups: number,
  x: string,
  { graph, tensors }: LayerTarget,
): string {
  const { name, input: [channels = 0, ...size], params } = layer;
  const constant = (key: string, value: Tensor) =>
    graph.constant(`${name}.${key}`, value);
  const perGroup = (value: number) => tensor(Array(groups).fill(value));
  const grouped = graph.node(`${name}.grouped`, "Reshape", [
    x,
    graph.integers(`${name}.groups`, [0, groups, -1]),
  ]);
  const normalized = graph.node(
    `${name}.normalized`,
    "InstanceNormalization",
    [
      grouped,
      constant("ones", perGroup(1)),
      constant("zeros", perGroup(0)),
    ],
    { epsilon: EPSILON },
  );
  const image = graph.node(`${name}.image`, "Reshape", [
    normalized,
    graph.integers(`${name}.shape`, [0, channels, ...size]),
  ]);
  const perChannel = (key: "weight" | "bias") => {
    const value = tensors[params[key]!.name]!;
    return constant(key, value.reshape([channels, 1, 1]));
  };
  const scaled = graph.node(`${name}.scaled`, "Mul", [
    image,
    perChannel("weight"),
  ]);
  return graph.node(name, "Add", [scaled, perChannel("bias")]);
}

/** A layer's parameters and running statistics, as constants, in the order in which operators take them. */
function weights(
  { params, buffers }: PlannedLayer,
  { graph, tensors }: LayerTarget,
): string[] {
  return [...Object.values(params), ...Object.values(buffers)]
    .map(({ name }) => graph.constant(name, tensors[name]!));
}

function windowOf({ size, stride }: { size: number; stride: number }) {
  return { kernel_shape: [size, size], strides: [stride, stride] };
}
