// Copyright 2026 the Convlab authors. MIT license.

/**
 * Says where numbers stopped being finite when a training diverges.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type { Model } from "./solver_options.ts";

/** A loss that is NaN or infinite, from which no training goes on. */
export class NonFiniteLossError extends Error {
  /** The class of the error. */
  override readonly name = "NonFiniteLossError";
  /** The iteration, counted from 1. */
  readonly iteration: number;

  /** Makes the message from what is known. */
  constructor(iteration: number, loss: number, where: string) {
    super(
      `Loss is ${loss} at iteration ${iteration}: training has diverged; ${where}; try a smaller learning rate, a warm-up or clipped gradients`,
    );
    this.iteration = iteration;
  }
}

/**
 * Where the first number appeared that is not finite: in a parameter, in the
 * images, or in what a layer gave for them.
 */
export function findNonFinite(model: Model, x: Tensor): string {
  if (!isFinite(x)) return "a number in the batch itself is not finite";
  const parameters = Object.entries(model.params);
  const broken = parameters.find(([, value]) => !isFinite(value));
  if (broken) return `the update before made ${broken[0]} infinite or NaN`;
  for (const [layer, out] of model.activations?.(x, "train") ?? []) {
    if (!isFinite(out)) return `it came up first in what ${layer} gave`;
  }
  return "what the layers give is finite, but too large for the loss";
}

function isFinite({ data }: Tensor): boolean {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) return false;
  }
  return true;
}
