// Copyright 2026 the Convlab authors. MIT license.

/**
 * Says where numbers stopped being finite when a training diverges.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type { Model } from "./solver_options.ts";

/**
 * A loss that is NaN or infinite, from which no training goes on. Its message
 * names the iteration, where the first number appeared that is not finite, and
 * what to try.
 *
 * @example A learning rate that is far too large
 * ```ts
 * import { NonFiniteLossError, RandomState, Solver, ThreeLayerConvNet } from "@convlab/convlab";
 * import { assertRejects } from "@std/assert";
 *
 * const random = new RandomState(1);
 * const x = random.randn([10, 1, 8, 8]);
 * const y = random.randint(0, 3, 10);
 * const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8], random });
 * const solver = new Solver(model, { xTrain: x, yTrain: y, xVal: x, yVal: y }, {
 *   optimConfig: { learningRate: 1e300 },
 *   verbose: false,
 *   random,
 * });
 * await assertRejects(() => solver.train(), NonFiniteLossError, "try a smaller learning rate");
 * ```
 */
export class NonFiniteLossError extends Error {
  /** The class of the error. */
  override readonly name = "NonFiniteLossError";
  /** The iteration, counted from 1. */
  readonly iteration: number;

  /** Makes the message from what is known. */
  constructor(iteration: number, loss: number, explanation: string) {
    super(`Loss is ${loss} at iteration ${iteration}: ${explanation}`);
    this.iteration = iteration;
  }
}

/**
 * Where the first number appeared that is not finite, and what to do about it:
 * in the images, in a parameter, or in what a layer gave.
 *
 * @param iteration The iteration, counted from 1, of which `x` is the batch.
 */
export function explainNonFinite(
  model: Model,
  x: Tensor,
  iteration: number,
): string {
  if (!isFinite(x)) {
    return "a number in the batch itself is infinite or NaN; check the examples and how they are normalised";
  }
  const parameters = Object.entries(model.params);
  const broken = parameters.find(([, value]) => !isFinite(value))?.[0];
  if (iteration === 1) {
    const where = broken === undefined
      ? outputOf(model, x)
      : `${broken} is infinite or NaN`;
    return `before any update, ${where}; try smaller initial weights, or images that are normalised`;
  }
  const where = broken === undefined
    ? outputOf(model, x)
    : `the update before made ${broken} infinite or NaN`;
  return `training has diverged; ${where}; try a smaller learning rate, a warm-up or clipped gradients`;
}

/** What the layers gave, in words. */
function outputOf(model: Model, x: Tensor): string {
  for (const [layer, out] of model.activations?.(x, "train") ?? []) {
    if (!isFinite(out)) return `it came up first in what ${layer} gave`;
  }
  return model.activations
    ? "what the layers give is finite, but too large for the loss"
    : "the model does not tell in which layer";
}

/** Whether all numbers of a tensor are finite. */
export function isFinite({ data }: Tensor): boolean {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) return false;
  }
  return true;
}
