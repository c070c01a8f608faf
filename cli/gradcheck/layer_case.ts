// Copyright 2026 the Convlab authors. MIT license.

/**
 * What `gradcheck layers` checks: layers with inputs, and how they are run.
 *
 * @module
 */

import { RandomState } from "../../numerics/random.ts";
import { type Tensor, tensor } from "../../numerics/tensor.ts";

/** Tensors by name. */
export type Tensors = Readonly<Record<string, Tensor>>;

/** A layer that was run forward. */
export interface Ran {
  /** What it gave. */
  readonly out: Tensor;
  /** The gradients of its inputs, for that of its output; named as the inputs. */
  backward(dout: Tensor): Tensors;
}

/** A layer with inputs at which its gradients are checked. */
export interface LayerCase {
  /** The layer as the text of a model has it. */
  readonly layer: string;
  /** What kind of input or of functions it is; may be empty. */
  readonly what: string;
  /** Where its gradients are taken. */
  readonly inputs: Tensors;
  /** Runs it, on what the inputs hold now. */
  run(): Ran;
}

/** Draws inputs; the same for every run of the program. */
export class Draws {
  readonly #random = new RandomState(231);

  /** Normal numbers. */
  normal(...shape: number[]): Tensor {
    return this.#random.randn(shape);
  }

  /** Normal numbers, none of which is near 0, where a ReLU has no derivative. */
  awayFromZero(...shape: number[]): Tensor {
    const x = this.normal(...shape);
    return tensor(x.data.map((v) => v < 0 ? v - 0.1 : v + 0.1), shape);
  }

  /** Positive numbers. */
  positive(...shape: number[]): Tensor {
    return tensor(this.awayFromZero(...shape).data.map(Math.abs), shape);
  }
}

/**
 * A case of a forward function, and a backward function that gives the gradient
 * of input `x` under the name `dx`.
 *
 * @param what What kind of input or of functions it is; may be empty.
 */
export function layerCase<I extends Tensors, C>(
  layer: string,
  what: string,
  inputs: I,
  forward: (inputs: I) => { out: Tensor; cache: C },
  backward: (dout: Tensor, cache: C) => object,
): LayerCase {
  return {
    layer,
    what,
    inputs,
    run() {
      const { out, cache } = forward(inputs);
      return { out, backward: (dout) => unprefixed(backward(dout, cache)) };
    },
  };
}

/** `dx` under the name `x`, and so on. */
export function unprefixed(gradients: object): Tensors {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, t]) => [name.slice(1), t]),
  );
}
