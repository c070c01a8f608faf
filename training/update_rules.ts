// Copyright 2026 the Convlab authors. MIT license.

/**
 * Update rules: how a parameter follows its gradient.
 *
 * A rule updates the parameter where it is. Only where the gradient is float64
 * and the parameter float32 it makes a new one, in float64, as NumPy's
 * promotion does.
 *
 * Every rule knows `weightDecay`. In all but AdamW it is that of the L2 penalty:
 * `dw + weightDecay · w` stands for the gradient, as in PyTorch.
 *
 * @module
 */

import {
  update as runKernel,
  type UpdateKernel,
} from "../kernels/elementwise.ts";
import { resident } from "../kernels/frame.ts";
import {
  formatShape,
  promoteDTypes,
  type Tensor,
  zeros,
} from "../numerics/tensor.ts";
import type { OptimState } from "./optim_state.ts";

export {
  type OptimConfig,
  type OptimState,
  optimState,
  restoreOptimState,
} from "./optim_state.ts";

/** Names of the update rules. */
export type UpdateRuleName =
  | "sgd"
  | "sgd_momentum"
  | "sgd_nesterov"
  | "rmsprop"
  | "adam"
  | "adamw";

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

/** Stochastic gradient descent: `w -= learningRate · dw`. */
export function sgd(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2, weightDecay = 0 } = state.config;
  return apply("sgd", w, dw, state, [], [learningRate, weightDecay]);
}

/**
 * Gradient descent with momentum, as the document has it:
 * `v = momentum · v - learningRate · dw`, `w += v`.
 */
export function sgdMomentum(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2, momentum = 0.9, weightDecay = 0 } = state.config;
  const scalars = [learningRate, momentum, weightDecay];
  return apply("sgdMomentum", w, dw, state, ["velocity"], scalars);
}

/**
 * Gradient descent with Nesterov's momentum (Sutskever et al., 2013):
 * `v = momentum · v + dw`, `w -= learningRate · (dw + momentum · v)`.
 *
 * As in PyTorch's `SGD(nesterov=True)` the learning rate is not part of the
 * velocity, so that a rate that changes takes effect at once.
 *
 * @example Two steps down a parabola
 * ```ts
 * import { optimState, sgdNesterov, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const w = tensor([1]);
 * const state = optimState({ learningRate: 0.1, momentum: 0.5 });
 * for (let i = 0; i < 2; i++) sgdNesterov(w, tensor([w.at(0)]), state);
 * // v is 1 and w 1 - 0.1 · 1.5, then v is 1.35 and w 0.85 - 0.1 · 1.525.
 * assertAlmostEquals(w.at(0), 0.6975);
 * ```
 */
export function sgdNesterov(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2, momentum = 0.9, weightDecay = 0 } = state.config;
  const scalars = [learningRate, momentum, weightDecay];
  return apply("sgdNesterov", w, dw, state, ["velocity"], scalars);
}

/**
 * RMSProp (Tieleman and Hinton, 2012): `cache = decayRate · cache +
 * (1 - decayRate) · dw²`, `w -= learningRate · dw / (√cache + epsilon)`.
 */
export function rmsprop(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-2, decayRate = 0.99, epsilon = 1e-8 } =
    state.config;
  const { weightDecay = 0 } = state.config;
  const means = [decayRate, 1 - decayRate, epsilon];
  const scalars = [learningRate, ...means, weightDecay];
  return apply("rmsprop", w, dw, state, ["cache"], scalars);
}

/**
 * Adam (Kingma and Ba, 2015): `m = beta1 · m + (1 - beta1) · dw`,
 * `v = beta2 · v + (1 - beta2) · dw²`,
 * `w -= learningRate · m̂ / (√v̂ + epsilon)` with `m̂ = m / (1 - beta1ᵗ)` and
 * `v̂ = v / (1 - beta2ᵗ)`.
 *
 * As in the document's implementation t is 2 at the first step, not 1 as in
 * the paper: its step count starts at 1 and grows before it is used. In
 * {@linkcode adamw} it is 1.
 */
export function adam(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { weightDecay = 0 } = state.config;
  return adaptMoments(w, dw, state, state.steps + 2, { decay: weightDecay });
}

/**
 * AdamW (Loshchilov and Hutter, 2019): the step of Adam, and
 * `w -= learningRate · weightDecay · w` beside it, with the w from before the
 * step. The decay is not part of the gradient, and so is not divided by √v̂.
 *
 * t is 1 at the first step, as in the paper and in PyTorch's `AdamW`. In
 * {@linkcode adam} it is 2, as in the document: even with `weightDecay: 0` the
 * two rules differ.
 *
 * @example Without a gradient, weights shrink by the same part at each step
 * ```ts
 * import { adamw, optimState, tensor } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const w = tensor([100]);
 * const state = optimState({ learningRate: 0.1, weightDecay: 0.5 });
 * for (let i = 0; i < 2; i++) adamw(w, tensor([0]), state);
 * assertAlmostEquals(w.at(0), 100 * 0.95 ** 2);
 * ```
 */
export function adamw(w: Tensor, dw: Tensor, state: OptimState): Tensor {
  const { learningRate = 1e-3, weightDecay = 1e-2 } = state.config;
  const shrink = learningRate * weightDecay;
  return adaptMoments(w, dw, state, state.steps + 1, { shrink });
}

/** The update rules by name. */
export const UPDATE_RULES: Readonly<Record<UpdateRuleName, UpdateRule>> = {
  sgd,
  sgd_momentum: sgdMomentum,
  sgd_nesterov: sgdNesterov,
  rmsprop,
  adam,
  adamw,
};

/** The learning rate that a rule has where the configuration names none. */
export const DEFAULT_LEARNING_RATES: Readonly<Record<UpdateRuleName, number>> =
  {
    sgd: 1e-2,
    sgd_momentum: 1e-2,
    sgd_nesterov: 1e-2,
    rmsprop: 1e-2,
    adam: 1e-3,
    adamw: 1e-3,
  };

/** What Adam and AdamW have in common: all but t, and where weights decay. */
function adaptMoments(
  w: Tensor,
  dw: Tensor,
  state: OptimState,
  t: number,
  { decay = 0, shrink = 0 },
): Tensor {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 } =
    state.config;
  const moments = [beta1, 1 - beta1, beta2, 1 - beta2];
  const corrections = [1 - beta1 ** t, 1 - beta2 ** t];
  const scalars = [learningRate, ...moments, ...corrections, epsilon];
  return apply("adam", w, dw, state, ["m", "v"], [...scalars, decay, shrink]);
}

function apply(
  rule: UpdateKernel,
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
