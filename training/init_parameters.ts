// Copyright 2026 the Convlab authors. MIT license.

/**
 * Begins a training with weights that another has learned.
 *
 * @module
 */

import { formatShape, type Tensor } from "../numerics/tensor.ts";
import type { Model } from "./solver_options.ts";

/** Which parameters were taken over, and which begin anew. */
export interface InitReport {
  /** Names of those that have the values of others now. */
  readonly taken: readonly string[];
  /** Names of those that are as they were. */
  readonly fresh: readonly string[];
}

/**
 * Gives parameters and running statistics of a model the values of tensors that
 * have the same name and shape, in the model's own dtype. All others stay as
 * they are: a last layer for other classes begins anew.
 *
 * @param model The model, changed in place.
 * @param tensors Tensors by name, such as a run's `final.safetensors`.
 * @throws {RangeError} If none fits.
 *
 * @example A network for two classes begins with what one for ten has learned
 * ```ts
 * import { ConvNet, initParameters } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const learned = new ConvNet({ model: "conv4-relu gap fc10" });
 * const model = new ConvNet({ model: "conv4-relu gap fc2" });
 * const { taken, fresh } = initParameters(model, learned.params);
 * assertEquals(taken, ["conv1.weight", "conv1.bias"]);
 * assertEquals(fresh, ["fc1.weight", "fc1.bias"]);
 * ```
 */
export function initParameters(
  model: Model,
  tensors: Readonly<Record<string, Tensor>>,
): InitReport {
  const taken: string[] = [];
  const fresh: string[] = [];
  for (const own of [model.params, model.buffers ?? {}]) {
    for (const [name, { shape, dtype }] of Object.entries(own)) {
      const found = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
      if (found && formatShape(found.shape) === formatShape(shape)) {
        own[name] = found.clone(dtype);
        taken.push(name);
      } else fresh.push(name);
    }
  }
  if (taken.length === 0) {
    throw new RangeError(
      `Cannot begin with other weights: expected any of ${
        describe(model.params)
      } but found ${describe(tensors)}`,
    );
  }
  return { taken, fresh };
}

/** The first few names and shapes. */
function describe(tensors: Readonly<Record<string, Tensor>>): string {
  const all = Object.entries(tensors).map(([name, { shape }]) =>
    `${name} ${formatShape(shape)}`
  );
  if (all.length === 0) return "none";
  return all.slice(0, 4).join(", ") + (all.length > 4 ? ", …" : "");
}
