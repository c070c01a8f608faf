// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolutions for `gradcheck layers`: naive and fast, with every option.
 *
 * @module
 */

import {
  convBackwardNaive,
  convForwardNaive,
  type ConvOptions,
} from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import { type Draws, type LayerCase, layerCase } from "./layer_case.ts";

/** A convolution of 6 channels. */
interface Convolution extends ConvOptions {
  readonly layer: string;
  readonly filters: number;
  readonly size: number;
}

/** Padding is what keeps the size, as the text of a model has it. */
const CONVOLUTIONS: readonly Convolution[] = [
  { layer: "conv4", filters: 4, size: 3, pad: 1 },
  { layer: "conv3k5", filters: 3, size: 5, pad: 2 },
  { layer: "conv7k1", filters: 7, size: 1 },
  { layer: "conv4s2", filters: 4, size: 3, pad: 1, stride: 2 },
  { layer: "conv4p0", filters: 4, size: 3 },
  { layer: "conv4d2", filters: 4, size: 3, pad: 2, dilation: 2 },
  { layer: "conv6g3", filters: 6, size: 3, pad: 1, groups: 3 },
  { layer: "conv6g6", filters: 6, size: 3, pad: 1, groups: 6 },
  {
    ...{ layer: "conv4s2d2g2", filters: 4, size: 3 },
    ...{ pad: 2, stride: 2, dilation: 2, groups: 2 },
  },
];

/** All of them. */
export function convolutions(draws: Draws): LayerCase[] {
  return CONVOLUTIONS.flatMap(({ layer, filters, size, ...options }) => {
    const inputs = {
      x: draws.normal(2, 6, 5, 6),
      w: draws.normal(filters, 6 / (options.groups ?? 1), size, size),
      b: draws.normal(filters),
    };
    return [
      layerCase(
        ...[layer, "naive", inputs] as const,
        ({ x, w, b }) => convForwardNaive(x, w, b, options),
        convBackwardNaive,
      ),
      layerCase(
        ...[layer, "fast", inputs] as const,
        ({ x, w, b }) => convForwardFast(x, w, b, options),
        (dout, cache) => convBackwardFast(dout, cache),
      ),
    ];
  });
}
