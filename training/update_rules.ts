// Copyright 2026 the Convlab authors. MIT license.

/**
 * Update rules: how a parameter follows its gradient.
 *
 * A rule updates the parameter where it is. Only where the gradient is float64
 * and the parameter float32 it makes a new one, in float64, as NumPy's
 * promotion does.
 *
 * @module
 */

import { update as runKernel } from "../kernels/elementwise.ts";
import { resident } from "../kernels/frame.ts";
import {
  formatShape,
  promoteDTypes,
  type Tensor,
  zeros,
} from "../numerics/tensor.ts";

/** The numbers of an update rule; each rule reads those that it has. */
export interface OptimConfig {
  /** Step size; 1e-2 by default for sgd, sgd_momentum and rmsprop, 1e-3 for adam. */
  readonly learningRate?: number;
  /** sgd_momentum: how much of the velocity stays; 0.9 by default. */
  readonly momentum?: number;
  /** rmsprop: how much of the mean square stays; 0.99 by default. */
  readonly decayRate?: number;
  /** adam: how much of the mean stays; 0.9 by default. */
  readonly beta1?: number;
  /** adam: how much of the mean square stays; 0.999 by default. */
  readonly beta2?: number;
  /** rmsprop, adam: added to the square root; 1e-8 by default. */
  readonly epsilon?: number;
}

/** What a rule keeps of one parameter between its steps. */
export interface OptimState {
  /** The numbers of the rule. The learning rate may be changed between steps. */
  config: OptimConfig;
  /** Steps taken so far. */
  steps: number;
  /** Running averages and the like, by name, in the shape of the parameter. */
  readonly slots: Record<string, Tensor>;
}

/** Names of the update rules. */
export type UpdateRuleName = "sgd" | "sgd_momentum" | "rmsprop" | "adam";

/**
 * One step of an update rule.
 *
 * @param w The parameter; updated in place if the result has its dtype.
 * @param dw Its gradient, in the same shape.
 * @param state What the rule keeps of this parameter; updated in place.
 * @returns The updated parameter.
 * @throws {TypeError} If the shapes differ.
 */
export type UpdateRule = (w: Tensor, dw: Tensor, state: OptimState) => Tensor;

/**
 * The state of a parameter before its first step.
 *
 * @example One step of gradient descent
 * ```ts
 * import { optimState, sgd, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const w = tensor([1, 2]);
 * sgd(w, tensor([10, 20]), optimState({ learningRate: 0.1 }));
 * assertEquals(w.data, new Float64Array([0, 0]));
 * ```
 */
export function optimState(config: OptimConfig = {}): OptimState {
  return { config: { ...config }, steps: 0, slots: {} };
}

/** Stochastic gradient descent: `w -= learningRate · dw`. */
export function sgd(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2 } = state.config;
  return apply("sgd", w, dw, state, [], [learningRate]);
}

/**
 * Gradient descent with momentum:
 * `v = momentum · v - learningRate · dw`, `w += v`.
 */
export function sgdMomentum(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2, momentum = 0.9 } = state.config;
  const scalars = [learningRate, momentum];
  return apply("sgdMomentum", w, dw, state, ["velocity"], scalars);
}

/**
 * RMSProp (Tieleman and Hinton, 2012): `cache = decayRate · cache +
 * (1 - decayRate) · dw²`, `w -= learningRate · dw / (√cache + epsilon)`.
 */
export function rmsprop(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2, decayRate = 0.99, epsilon = 1e-8 } =
    state.config;
  const scalars = [learningRate, decayRate, 1 - decayRate, epsilon];
  return apply("rmsprop", w, dw, state, ["cache"], scalars);
}

/**
 * Adam (Kingma and Ba, 2015): `m = beta1 · m + (1 - beta1) · dw`,
 * `v = beta2 · v + (1 - beta2) · dw²`,
 * `w -= learningRate · m̂ / (√v̂ + epsilon)` with `m̂ = m / (1 - beta1ᵗ)` and
 * `v̂ = v / (1 - beta2ᵗ)`.
 *
 * As in the document's implementation t is 2 at the first step, not 1 as in
 * the paper: its step count starts at 1 and grows before it is used.
 */
export function adam(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } =
    state.config;
  const t = state.steps + 2;
  const moments = [beta1, 1 - beta1, beta2, 1 - beta2];
  const corrections = [1 - beta1 ** t, 1 - beta2 ** t];
  const scalars = [learningRate, ...moments, ...corrections, epsilon];
  return apply("adam", w, dw, state, ["m", "v"], scalars);
}

/** The update rules by name. */
export const UPDATE_RULES: Readonly<Record<UpdateRuleName, UpdateRule>> = {
  sgd,
  sgd_momentum: sgdMomentum,
  rmsprop,
  adam,
};

/** The learning rate that a rule has where the configuration names none. */
export const DEFAULT_LEARNING_RATES: Readonly<Record<UpdateRuleName, number>> =
  { sgd: 1e-2, sgd_momentum: 1e-2, rmsprop: 1e-2, adam: 1e-3 };

function apply(
  rule: "sgd" | "sgdMomentum" | "rmsprop" | "adam",
  w: Tensor,
  dw: Tensor,
  state: OptimState,
  slots: readonly string[],
  scalars: readonly number[],
): Tensor {
  if (formatShape(w.shape) !== formatShape(dw.shape)) {
    throw new TypeError(
      `Cannot update parameter: expected a gradient of shape ${
        formatShape(w.shape)
      } but found ${formatShape(dw.shape)}`,
    );
  }
  const dtype = promoteDTypes(w, dw);
  const updated = w.dtype === dtype ? w : resident(w, dtype);
  const tensors = slots.map((name) => {
    const slot = state.slots[name];
    return state.slots[name] = slot?.dtype === dtype
      ? slot
      : resident(slot ?? zeros(w.shape, dtype), dtype);
  });
  runKernel(rule, updated, dw, tensors, scalars);
  state.steps++;
  return updated;
}
