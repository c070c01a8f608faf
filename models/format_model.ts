// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes layers as a model's text.
 *
 * @module
 */

import type { ConvSpec, LayerSpec } from "./layer_spec.ts";

/**
 * The text that {@linkcode parseModel} reads these layers from, in its shortest
 * form, one space between layers.
 *
 * @example
 * ```ts
 * import { formatModel, parseModel } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const layers = parseModel("conv32k3s1-relu\n pool2s2 fc10");
 * assertEquals(formatModel(layers), "conv32 relu pool fc10");
 * ```
 */
export function formatModel(layers: readonly LayerSpec[]): string {
  return layers.map(formatLayer).join(" ");
}

/** One layer's text. */
export function formatLayer(layer: LayerSpec): string {
  const { kind } = layer;
  switch (kind) {
    case "conv":
      return formatConv(layer);
    case "pool":
    case "avgpool": {
      const { size, stride } = layer;
      const own = stride === size ? "" : `s${stride}`;
      return `${kind}${size === 2 && own === "" ? "" : size}${own}`;
    }
    case "gn":
      return `gn${layer.groups}`;
    case "fc":
      return `fc${layer.units}`;
    case "leaky":
      return layer.slope === 0.01 ? "leaky" : `leaky${decimal(layer.slope)}`;
    case "dropout":
      return `dropout${decimal(layer.p)}`;
    case "res": {
      const body = formatModel(layer.body);
      const shortcut = formatModel(layer.shortcut);
      return shortcut === "" ? `res[${body}]` : `res[${body} | ${shortcut}]`;
    }
    default:
      return kind;
  }
}

function formatConv(layer: ConvSpec): string {
  const { filters, size, stride, pad, dilation, groups } = layer;
  const numbers = [
    size === 3 ? "" : `k${size}`,
    stride === 1 ? "" : `s${stride}`,
    2 * pad === dilation * (size - 1) ? "" : `p${pad}`,
    dilation === 1 ? "" : `d${dilation}`,
    groups === 1 ? "" : `g${groups}`,
  ];
  return `conv${filters}${numbers.join("")}`;
}

/** A number below 1 without an exponent, which the text has no room for. */
function decimal(x: number): string {
  const [, first, rest = "", exponent] =
    String(x).match(/^(\d)\.?(\d*)e-(\d+)$/) ?? [];
  return first === undefined
    ? String(x)
    : `0.${"0".repeat(Number(exponent) - 1)}${first}${rest}`;
}
