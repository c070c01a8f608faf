// Copyright 2026 the Convlab authors. MIT license.

/**
 * The three-layer network's loss and gradients, and Adam, from naive layers and
 * plain loops in float64, for a training step to be compared with.
 *
 * @module
 */

import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import { Tensor, zeros } from "../../numerics/tensor.ts";
import { affineBackwardNaive, affineForwardNaive } from "./naive_affine.ts";

/** Parameters W1, b1, … b3, or their gradients. */
export type Params = Record<string, Tensor>;

/** The layers' outputs, those before a ReLU included, and what they came from. */
function forward(params: Params, x: Tensor) {
  const [W1, b1, W2, b2, W3, b3] = ["W1", "b1", "W2", "b2", "W3", "b3"]
    .map((name) => params[name] ?? zeros([0])) as Six<Tensor>;
  const pad = (W1.shape[3]! - 1) / 2;
  const conv = convForwardNaive(x, W1, b1, { stride: 1, pad });
  const window = { poolHeight: 2, poolWidth: 2, stride: 2 };
  const pool = maxPoolForwardNaive(rectified(conv.out), window);
  const hidden = affineForwardNaive(pool.out, W2, b2);
  const active = rectified(hidden);
  const scores = affineForwardNaive(active, W3, b3);
  return { conv, pool, hidden, active, scores, W2, W3 };
}

type Six<T> = [T, T, T, T, T, T];

/** The softmax loss, averaged over the images, and the gradients by parameter. */
export function lossNaive(
  params: Params,
  x: Tensor,
  labels: Int32Array,
): { loss: number; grads: Params } {
  const { conv, pool, hidden, active, scores, W2, W3 } = forward(params, x);
  const { loss, dscores } = softmaxNaive(scores, labels);
  const third = affineBackwardNaive(dscores, active, W3);
  const dhidden = masked(third.dx, hidden);
  const second = affineBackwardNaive(dhidden, pool.out, W2);
  const { dx } = maxPoolBackwardNaive(second.dx, pool.cache);
  const first = convBackwardNaive(masked(dx, conv.out), conv.cache);
  return {
    loss,
    grads: {
      ...{ W1: first.dw, b1: first.db },
      ...{ W2: second.dw, b2: second.db },
      ...{ W3: third.dw, b3: third.db },
    },
  };
}

/**
 * For each image, how clearly every comparison of the network is decided: the
 * least distance of a value from 0 before a ReLU, or of a positive maximum of a
 * window from the second, in units of the layer's largest value.
 */
export function marginsNaive(params: Params, x: Tensor): number[] {
  const { conv: { out }, hidden } = forward(params, x);
  const [images = 0, filters = 0, height = 0, width = 0] = out.shape;
  const [outScale, hiddenScale] = [largest(out), largest(hidden)];
  return Array.from({ length: images }, (_, n) => {
    let margin = Infinity;
    for (let plane = n * filters; plane < (n + 1) * filters; plane++) {
      for (let y = 0; y + 1 < height; y += 2) {
        for (let x = 0; x + 1 < width; x += 2) {
          const at = (plane * height + y) * width + x;
          const window = [at, at + 1, at + width, at + width + 1]
            .map((i) => out.data[i]!).sort((a, b) => b - a);
          const [first = 0, second = 0] = window;
          const gap = first > 0 ? Math.min(first, first - second) : -first;
          margin = Math.min(margin, gap / outScale);
        }
      }
    }
    const row = hidden.slice(n, n + 1).data;
    for (const h of row) margin = Math.min(margin, Math.abs(h) / hiddenScale);
    return margin;
  });
}

/** Parameters after some updates by Adam, with the same gradients each time. */
export function adamNaive(
  params: Params,
  grads: Params,
  learningRate: number,
  updates: number,
): Params {
  // The document's count of steps is 2 at the first.
  const corrections = Array.from({ length: updates }, (_, i) => ({
    mean: 1 - 0.9 ** (i + 2),
    square: 1 - 0.999 ** (i + 2),
  }));
  const updated = Object.entries(params).map(([name, { data, shape }]) => {
    const gradient = grads[name]!.data;
    const w = zeros(shape);
    for (let i = 0; i < w.size; i++) {
      const g = gradient[i]!;
      let value = data[i]!;
      let m = 0;
      let v = 0;
      for (const { mean, square } of corrections) {
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * g * g;
        const root = Math.sqrt(v / square);
        value -= learningRate * (m / mean) / (root + 1e-8);
      }
      w.data[i] = value;
    }
    return [name, w] as const;
  });
  return Object.fromEntries(updated);
}

function softmaxNaive(
  scores: Tensor,
  labels: Int32Array,
): { loss: number; dscores: Tensor } {
  const [images = 0, classes = 0] = scores.shape;
  const dscores = zeros(scores.shape);
  let loss = 0;
  for (let n = 0; n < images; n++) {
    const row = [...scores.slice(n, n + 1).data];
    const max = Math.max(...row);
    const powers = row.map((score) => Math.exp(score - max));
    const total = powers.reduce((a, b) => a + b, 0);
    const label = labels[n]!;
    loss -= Math.log(powers[label]! / total) / images;
    for (const [c, power] of powers.entries()) {
      const target = c === label ? 1 : 0;
      dscores.data[n * classes + c] = (power / total - target) / images;
    }
  }
  return { loss, dscores };
}

function rectified(x: Tensor): Tensor {
  return new Tensor(x.data.map((value) => Math.max(0, value)), x.shape);
}

/** The gradient where the input of a ReLU was positive, and 0 elsewhere. */
function masked(gradient: Tensor, x: Tensor): Tensor {
  const values = gradient.data.map((g, i) => x.data[i]! > 0 ? g : 0);
  return new Tensor(values, x.shape);
}

function largest(x: Tensor): number {
  let max = 0;
  for (const value of x.data) max = Math.max(max, Math.abs(value));
  return max;
}
