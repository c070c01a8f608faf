// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a network is made of, and what it costs, as data.
 *
 * @module
 */

import { formatLayer, formatModel } from "../../models/format_model.ts";
import { modulesOf } from "../../models/modules.ts";
import {
  allLayers,
  type PlannedLayer,
  type PlannedParameter,
} from "../../models/plan_model.ts";
import { type DType, sizeOf } from "../../numerics/tensor.ts";

/** One layer. */
export interface LayerSummary {
  /** Such as `conv1`. */
  readonly name: string;
  /** The layer's own text, `res` for a residual block. */
  readonly text: string;
  /** Shape of one example before it. */
  readonly input: readonly number[];
  /** Shape of one example behind it. */
  readonly output: readonly number[];
  /** Numbers that are learnt. */
  readonly parameters: number;
  /** Running statistics. */
  readonly buffers: number;
  /** For one image. */
  readonly multiplyAdds: number;
  /** Bytes that training keeps of one image; 0 where it is run as one with the next. */
  readonly bytes: number;
  /** The branches of a residual block. */
  readonly body?: readonly LayerSummary[];
  /** The other one, empty where it is the input itself. */
  readonly shortcut?: readonly LayerSummary[];
}

/** A network. */
export interface ModelSummary {
  /** Its text, in its shortest form. */
  readonly model: string;
  /** Channels, height and width of an image. */
  readonly inputDim: readonly number[];
  /** Precision of the arithmetic. */
  readonly dtype: DType;
  /** The layers in order. */
  readonly layers: readonly LayerSummary[];
  /** Sums over all layers. */
  readonly total: {
    readonly parameters: number;
    readonly parameterBytes: number;
    readonly buffers: number;
    readonly multiplyAdds: number;
    /** Two for each multiply-add. */
    readonly flops: number;
    /** Bytes that training keeps of one image, its pixels left out. */
    readonly bytes: number;
  };
  /** A training step. */
  readonly training: {
    readonly batchSize: number;
    /** Bytes of parameters, their gradients and Adam's averages. */
    readonly parameterBytes: number;
    /** Bytes of a batch, of what layers give for it, and of the gradients. */
    readonly batchBytes: number;
    /** Both together. */
    readonly bytes: number;
  };
}

/** Copies of the parameters in a training: gradients, and two averages of Adam. */
const PARAMETER_COPIES = 4;

/** Counts what a plan's layers need. */
export function summarize(
  plan: readonly PlannedLayer[],
  { inputDim, batchSize, dtype }: {
    readonly inputDim: readonly number[];
    readonly batchSize: number;
    readonly dtype: DType;
  },
): ModelSummary {
  const width = dtype === "float32" ? 4 : 8;
  const all = allLayers(plan);
  const sum = (of: (layer: PlannedLayer) => number) =>
    all.reduce((total, layer) => total + of(layer), 0);
  const parameters = sum(({ params }) => count(params));
  const multiplyAdds = sum((layer) => layer.multiplyAdds);
  const kept = keptLayers(plan);
  const bytes = width *
    sum((layer) => kept.has(layer) ? sizeOf(layer.output) : 0);
  const parameterBytes = width * parameters;
  const training = {
    parameterBytes: PARAMETER_COPIES * parameterBytes,
    batchBytes: batchSize * (width * sizeOf(inputDim) + 2 * bytes),
  };
  return {
    model: formatModel(plan.map(({ spec }) => spec)),
    ...{ inputDim, dtype },
    layers: plan.map((layer) => summaryOf(layer, kept, width)),
    total: {
      ...{ parameters, parameterBytes },
      buffers: sum(({ buffers }) => count(buffers)),
      ...{ multiplyAdds, flops: 2 * multiplyAdds, bytes },
    },
    training: {
      batchSize,
      ...training,
      bytes: training.parameterBytes + training.batchBytes,
    },
  };
}

function summaryOf(
  layer: PlannedLayer,
  kept: ReadonlySet<PlannedLayer>,
  width: number,
): LayerSummary {
  const { name, spec, input, output, params, buffers, multiplyAdds } = layer;
  const inner = (layers: readonly PlannedLayer[]) =>
    layers.map((layer) => summaryOf(layer, kept, width));
  return {
    name,
    text: spec.kind === "res" ? spec.kind : formatLayer(spec),
    ...{ input, output, parameters: count(params), buffers: count(buffers) },
    multiplyAdds,
    bytes: kept.has(layer) ? width * sizeOf(output) : 0,
    ...(spec.kind === "res"
      ? { body: inner(layer.body), shortcut: inner(layer.shortcut) }
      : {}),
  };
}

/** The layers whose output is a tensor of its own: the last of each module. */
function keptLayers(
  plan: readonly PlannedLayer[],
  kept = new Set<PlannedLayer>(),
): Set<PlannedLayer> {
  for (const { layers } of modulesOf(plan)) {
    const last = layers.at(-1)!;
    kept.add(last);
    keptLayers(last.body, kept);
    keptLayers(last.shortcut, kept);
  }
  return kept;
}

function count(tensors: Readonly<Record<string, PlannedParameter>>): number {
  return Object.values(tensors).reduce((n, { shape }) => n + sizeOf(shape), 0);
}
