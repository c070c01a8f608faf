// Copyright 2026 the Convlab authors. MIT license.

/**
 * An update rule of one's own: Lion (Chen et al., 2023, "Symbolic Discovery of
 * Optimization Algorithms"). `docs/your-own-update-rule.md` tells how to write
 * one.
 *
 * @module
 */

import { type OptimState, type Tensor, zeros } from "@convlab/convlab";

/**
 * Each weight moves by the learning rate, in the direction that the sign of a
 * mean of its gradients says:
 * `w -= learningRate · (sign(beta1 · m + (1 - beta1) · dw) + weightDecay · w)`,
 * `m = beta2 · m + (1 - beta2) · dw`.
 */
export function lion(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-4, weightDecay = 0 } = state.config;
  const { beta1 = 0.9, beta2 = 0.99 } = state.config;
  const m = state.slots.m ??= zeros(w.shape, w.dtype);
  for (let i = 0; i < w.size; i++) {
    const g = dw.data[i]!;
    const direction = Math.sign(beta1 * m.data[i]! + (1 - beta1) * g);
    w.data[i]! -= learningRate * (direction + weightDecay * w.data[i]!);
    m.data[i] = beta2 * m.data[i]! + (1 - beta2) * g;
  }
  state.steps++;
  return w;
}
