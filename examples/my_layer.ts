// Copyright 2026 the Convlab authors. MIT license.

/**
 * A layer of one's own: the leaky ReLU whose slope on the negative side is
 * learned, one for each feature. Check its gradients with
 *
 * ```sh
 * deno task gradcheck --module examples/my_layer.ts
 * ```
 *
 * @module
 */

import { RandomState, type Tensor, tensor, zeros } from "@convlab/convlab";

interface Inputs {
  /** Input of shape (N, D). */
  x: Tensor;
  /** Slopes of shape (D,). */
  slope: Tensor;
}

/** Where to check the gradients. */
export const inputs = {
  x: new RandomState(0).randn([5, 3]),
  slope: tensor([0.25, 0.1, 0.01]),
};

/** `out = x` where x is positive, and `slope * x` where it is not. */
export function forward({ x, slope }: Inputs) {
  const out = zeros(x.shape);
  for (let i = 0; i < x.size; i++) {
    const v = x.data[i]!;
    out.data[i] = v > 0 ? v : slope.data[i % slope.size]! * v;
  }
  return { out, cache: { x, slope } };
}

/** The gradients of both inputs; `slope` served every row, so its gradient sums over them. */
export function backward(dout: Tensor, { x, slope }: Inputs) {
  const dx = zeros(x.shape);
  const dslope = zeros(slope.shape);
  for (let i = 0; i < x.size; i++) {
    const v = x.data[i]!;
    const g = dout.data[i]!;
    const feature = i % slope.size;
    dx.data[i] = v > 0 ? g : slope.data[feature]! * g;
    if (v <= 0) dslope.data[feature]! += v * g;
  }
  return { dx, dslope };
}
