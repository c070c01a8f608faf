// Copyright 2026 the Convlab authors. MIT license.

/**
 * What an update rule keeps of a parameter: its numbers, its running averages,
 * and how many steps it took. There is nothing else to it, so a checkpoint that
 * holds these goes on bit for bit.
 *
 * @module
 */

import { resident } from "../kernels/frame.ts";
import type { Tensor } from "../numerics/tensor.ts";

/** The numbers of an update rule; each rule reads those that it has. */
export interface OptimConfig {
  /** Step size; 1e-3 by default for adam and adamw, 1e-2 for the others. */
  readonly learningRate?: number;
  /** sgd_momentum, sgd_nesterov: how much of the velocity stays; 0.9 by default. */
  readonly momentum?: number;
  /** rmsprop: how much of the mean square stays; 0.99 by default. */
  readonly decayRate?: number;
  /** adam, adamw: how much of the mean stays; 0.9 by default. */
  readonly beta1?: number;
  /** adam, adamw: how much of the mean square stays; 0.999 by default. */
  readonly beta2?: number;
  /** rmsprop, adam, adamw: added to the square root; 1e-8 by default. */
  readonly epsilon?: number;
  /**
   * All rules: how fast weights decay; 1e-2 by default for adamw, as in PyTorch,
   * and 0 for the others. Biases and the parameters of normalisation are usually
   * spared: give their states 0.
   */
  readonly weightDecay?: number;
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

/** For each number of a rule, its range in words and whether a number is in it. */
const RANGES: Readonly<
  Record<keyof OptimConfig, readonly [string, (value: number) => boolean]>
> = {
  learningRate: atLeastZero(),
  momentum: share(),
  decayRate: share(),
  beta1: share(),
  beta2: share(),
  epsilon: atLeastZero(),
  weightDecay: atLeastZero(),
};

/**
 * The state of a parameter before its first step.
 *
 * @param config The numbers of the rule.
 * @throws {TypeError} If one of them is not a number, or no rule has a number of that name.
 * @throws {RangeError} If one is out of range: momentum, decayRate, beta1 and beta2 are from 0 and less than 1, the others finite and not negative.
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
  for (const [name, value] of Object.entries(config)) checkNumber(name, value);
  return { config: { ...config }, steps: 0, slots: {} };
}

/**
 * A copy of a state, as a checkpoint gives it back. Its tensors live in the
 * memory of the kernels, so that steps do not copy them.
 *
 * @param saved The numbers and tensors of a state. The tensors are copied.
 * @throws {TypeError} As {@linkcode optimState}, or if steps is not an integer.
 * @throws {RangeError} As {@linkcode optimState}, or if steps is negative.
 *
 * @example Go on from where a state was saved
 * ```ts
 * import { optimState, restoreOptimState, sgdMomentum, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const state = optimState({ momentum: 0.5 });
 * sgdMomentum(tensor([1]), tensor([8]), state);
 * const { config, steps } = JSON.parse(JSON.stringify(state));
 * const restored = restoreOptimState({ config, steps, slots: state.slots });
 * assertEquals(restored, state);
 * ```
 */
export function restoreOptimState(saved: Readonly<OptimState>): OptimState {
  const { config, steps, slots } = saved;
  if (!Number.isInteger(steps)) {
    throw new TypeError(
      `Cannot restore the state of an update rule: expected steps to be an integer but found ${steps}`,
    );
  }
  if (steps < 0) {
    throw new RangeError(
      `Cannot restore the state of an update rule: expected steps to be at least 0 but found ${steps}`,
    );
  }
  const copies = Object.entries(slots).map(([name, slot]) =>
    [name, resident(slot)] as const
  );
  return { ...optimState(config), steps, slots: Object.fromEntries(copies) };
}

function atLeastZero(): [string, (value: number) => boolean] {
  return ["finite and at least 0", (value) => value >= 0 && value < Infinity];
}

function share(): [string, (value: number) => boolean] {
  return ["at least 0 and less than 1", (value) => value >= 0 && value < 1];
}

function checkNumber(name: string, value: unknown): void {
  const range = Object.hasOwn(RANGES, name)
    ? RANGES[name as keyof OptimConfig]
    : undefined;
  if (!range) {
    throw new TypeError(
      `Cannot use the numbers of an update rule: expected one of ${
        Object.keys(RANGES).join(", ")
      } but found ${JSON.stringify(name)}`,
    );
  }
  if (value === undefined) return;
  if (typeof value !== "number") {
    throw new TypeError(
      `Cannot use the numbers of an update rule: expected ${name} to be a number but found ${
        JSON.stringify(value)
      }`,
    );
  }
  const [words, fits] = range;
  if (!fits(value)) {
    throw new RangeError(
      `Cannot use the numbers of an update rule: expected ${name} to be ${words} but found ${value}`,
    );
  }
}
