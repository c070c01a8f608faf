// Copyright 2026 the Convlab authors. MIT license.

/**
 * The filters of the first convolution as small pictures.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type { Filters } from "./protocol.ts";

/** Filters that are shown, the first ones. */
const MAX_FILTERS = 64;

/**
 * The first convolution's filters, each stretched on its own from black to
 * white; `undefined` if there are none, or they have not 1 or 3 channels.
 *
 * @param params Parameters by name; the weight has shape (F, C, HH, WW).
 * @param iteration Iterations that are finished.
 */
export function firstFilters(
  params: Readonly<Record<string, Tensor>>,
  iteration: number,
): Filters | undefined {
  const weight = params["conv1.weight"] ?? params.W1;
  const [total = 0, channels = 0, height = 0, width = 0] = weight?.shape ?? [];
  if (!weight || weight.shape.length !== 4) return undefined;
  if (channels !== 1 && channels !== 3) return undefined;
  const count = Math.min(total, MAX_FILTERS);
  const area = height * width;
  const size = channels * area;
  const pixels = new Uint8Array(count * size);
  for (let n = 0; n < count; n++) {
    const values = weight.data.subarray(n * size, (n + 1) * size);
    let low = Infinity;
    let high = -Infinity;
    for (const value of values) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    const scale = high > low ? 255 / (high - low) : 0;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++) {
        pixels[n * size + i * channels + c] = Math.round(
          scale * (values[c * area + i]! - low),
        );
      }
    }
  }
  return {
    ...{ iteration, count, total, channels, height, width },
    pixels: pixels.toBase64(),
  };
}
