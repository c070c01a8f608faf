// Copyright 2026 the Convlab authors. MIT license.

/**
 * An average of the weights over the course of training, which often does better
 * on new images than the last weights do.
 *
 * @module
 */

import { moveTowards } from "../kernels/elementwise.ts";
import { resident } from "../kernels/frame.ts";
import { formatShape, type Tensor } from "../numerics/tensor.ts";

/** Options of WeightAverage. */
export interface WeightAverageOptions {
  /** How much of the average stays at each update; 0.999 by default. */
  readonly decay?: number;
  /**
   * Whether less of it stays at first, `min(decay, (1 + t) / (10 + t))` after t
   * updates, so that the first weights are soon forgotten; true by default.
   */
  readonly warmup?: boolean;
}

/** What a checkpoint holds of a {@linkcode WeightAverage}. */
export interface WeightAverageState {
  /** The averages by name. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** Updates so far. */
  readonly count: number;
}

/**
 * The exponential moving average of parameters:
 * `average += (1 - decay) · (w - average)`, one pass over memory, in place, with
 * the same bytes for any number of threads.
 *
 * It knows parameters alone. The running statistics of a batch normalisation
 * belong to the weights that they were gathered with, and are the caller's to
 * copy or to gather anew.
 *
 * @example Averages of one number
 * ```ts
 * import { tensor, WeightAverage } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const average = new WeightAverage({ w: tensor([0]) }, { decay: 0.5, warmup: false });
 * average.update({ w: tensor([8]) });
 * average.update({ w: tensor([8]) });
 * assertEquals(average.tensors.w?.data, Float64Array.of(6));
 * ```
 */
export class WeightAverage {
  readonly #decay: number;
  readonly #warmup: boolean;
  #tensors: Readonly<Record<string, Tensor>>;
  #count = 0;

  /**
   * Begins with copies of the parameters.
   *
   * @param params The parameters by name.
   * @param options How fast the average follows them.
   * @throws {RangeError} If decay is not from 0 to 1.
   */
  constructor(
    params: Readonly<Record<string, Tensor>>,
    options: WeightAverageOptions = {},
  ) {
    const { decay = 0.999, warmup = true } = options;
    if (!(decay >= 0 && decay <= 1)) {
      throw new RangeError(
        `Cannot average weights: expected decay to be from 0 to 1 but found ${decay}`,
      );
    }
    this.#decay = decay;
    this.#warmup = warmup;
    this.#tensors = copies(params);
  }

  /** The averages by name. Later updates change them; clone what is to be kept. */
  get tensors(): Readonly<Record<string, Tensor>> {
    return this.#tensors;
  }

  /** Updates so far. */
  get count(): number {
    return this.#count;
  }

  /** What a checkpoint holds. The tensors are those in use, not copies. */
  get state(): WeightAverageState {
    return { tensors: this.#tensors, count: this.#count };
  }

  /**
   * Moves the averages towards the parameters.
   *
   * @param params The parameters, with the names and shapes of those that it began with.
   * @throws {TypeError} If one is missing, or of another shape.
   */
  update(params: Readonly<Record<string, Tensor>>): void {
    this.#check("average weights", params);
    const t = this.#count;
    const decay = this.#warmup
      ? Math.min(this.#decay, (1 + t) / (10 + t))
      : this.#decay;
    for (const [name, average] of Object.entries(this.#tensors)) {
      moveTowards(average, 1 - decay, params[name]!);
    }
    this.#count++;
  }

  /**
   * Goes on from a saved state, bit for bit. The tensors are copied.
   *
   * @throws {TypeError} If a tensor is missing, or of another shape or dtype than the parameter.
   * @throws {RangeError} If the count is not a non-negative integer.
   */
  restore(state: WeightAverageState): void {
    const { tensors, count } = state;
    this.#check("restore the average of weights", tensors);
    for (const [name, { dtype }] of Object.entries(this.#tensors)) {
      const found = tensors[name]!.dtype;
      if (found === dtype) continue;
      throw new TypeError(
        `Cannot restore the average of weights: expected ${name} to be ${dtype} but found ${found}`,
      );
    }
    if (!Number.isInteger(count) || count < 0) {
      throw new RangeError(
        `Cannot restore the average of weights: expected count to be a non-negative integer but found ${count}`,
      );
    }
    const names = Object.keys(this.#tensors);
    this.#tensors = copies(
      Object.fromEntries(names.map((name) => [name, tensors[name]!])),
    );
    this.#count = count;
  }

  #check(what: string, tensors: Readonly<Record<string, Tensor>>): void {
    for (const [name, { shape }] of Object.entries(this.#tensors)) {
      const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
      if (found && formatShape(found.shape) === formatShape(shape)) continue;
      throw new TypeError(
        `Cannot ${what}: expected ${name} of shape ${formatShape(shape)} but ${
          found ? `found ${formatShape(found.shape)}` : "it is missing"
        }`,
      );
    }
  }
}

/** Copies in the memory of the kernels. */
function copies(
  tensors: Readonly<Record<string, Tensor>>,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, value]) => [name, resident(value)]),
  );
}
