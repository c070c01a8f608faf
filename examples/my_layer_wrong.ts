// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layer of `my_layer.ts` with a classic mistake in its backward pass. See
 * how it is found:
 *
 * ```sh
 * deno task gradcheck --module examples/my_layer_wrong.ts
 * ```
 *
 * @module
 */

import { type Tensor, zeros } from "@convlab/convlab";
import { forward, inputs } from "./my_layer.ts";

export { forward, inputs };

/** Keeps the gradient of the last row that `slope` served, and forgets the others. */
export function backward(
  dout: Tensor,
  { x, slope }: { x: Tensor; slope: Tensor },
) {
  const dx = zeros(x.shape);
  const dslope = zeros(slope.shape);
  for (let i = 0; i < x.size; i++) {
    const v = x.data[i]!;
    const g = dout.data[i]!;
    const feature = i % slope.size;
    dx.data[i] = v > 0 ? g : slope.data[feature]! * g;
    if (v <= 0) dslope.data[feature] = v * g; // ought to be +=
  }
  return { dx, dslope };
}
