// Copyright 2026 the Convlab authors. MIT license.

/**
 * The tensors of one module as those of one layer.
 *
 * @module
 */

import type { PlannedLayer, PlannedParameter } from "../models/plan_model.ts";
import {
  type DType,
  formatShape,
  type Tensor,
  zeros,
} from "../numerics/tensor.ts";
import type { WeightLayout } from "./state_dict.ts";
import type { StoredModule } from "./stored_modules.ts";

/** What {@linkcode convertModule} returns. */
export interface ConvertedModule {
  /** The layer's parameters and running statistics by their full names: copies. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The bias of a module whose layer has none. */
  readonly bias?: Tensor;
  /** What the module lacked. */
  readonly notes: readonly string[];
}

/**
 * Converts a module to what a layer needs.
 *
 * @throws {TypeError} If a tensor is missing or has a shape that does not fit.
 * @throws {RangeError} If a variance is negative or not finite.
 */
export function convertModule(
  { spec, name, params, buffers }: PlannedLayer,
  module: StoredModule,
  layout: WeightLayout,
  dtype: DType,
): ConvertedModule {
  const tensors: Record<string, Tensor> = {};
  const notes: string[] = [];
  for (const [short, parameter] of Object.entries({ ...params, ...buffers })) {
    const found = module.tensors[short];
    if (!found && short in params && parameter.start !== "random") {
      tensors[parameter.name] = initial(parameter, dtype);
      notes.push(`no ${short} in the file`);
      continue;
    }
    const isTransposed = spec.kind === "fc" && short === "weight" &&
      layout === "pytorch";
    tensors[parameter.name] = convert(
      parameter,
      `${module.name}.${short}`,
      found,
      isTransposed,
      dtype,
    );
    if (short === "running_var") {
      checkVariance(module, tensors[parameter.name]!);
    }
  }
  const { bias } = module.tensors;
  if (params.bias || !bias) return { tensors, notes };
  const expected = {
    name: `a bias for ${name}`,
    shape: params.weight!.shape.slice(0, 1),
  };
  const own = convert(expected, `${module.name}.bias`, bias, false, dtype);
  return { tensors, bias: own, notes };
}

/** A copy of what was found, in the shape that is expected. */
function convert(
  { name, shape }: Pick<PlannedParameter, "name" | "shape">,
  source: string,
  found: Tensor | undefined,
  isTransposed: boolean,
  dtype: DType,
): Tensor {
  const stored = isTransposed ? shape.toReversed() : shape;
  if (found && formatShape(found.shape) === formatShape(stored)) {
    return (isTransposed ? found.transpose([1, 0]) : found).clone(dtype);
  }
  const isOther = shape.length === 2 && found &&
    formatShape(found.shape) === formatShape(stored.toReversed());
  throw new TypeError(
    `Cannot import weights: expected ${source} of shape ${
      formatShape(stored)
    } for ${name}${
      isTransposed ? `, which is ${formatShape(shape)},` : ""
    } but found ${found ? formatShape(found.shape) : "none"}${
      isOther
        ? `; if weights lie the other way round, choose the layout "${
          isTransposed ? "convlab" : "pytorch"
        }"`
        : ""
    }`,
  );
}

/** Refuses variances that are none, of which scores would be NaN. */
function checkVariance(module: StoredModule, { data }: Tensor): void {
  const wrong = data.findIndex((value) => !(value >= 0 && value < Infinity));
  if (wrong === -1) return;
  throw new RangeError(
    `Cannot import weights: expected the variances in ${module.name}.running_var to be finite and at least 0 but found ${
      data[wrong]
    } at element ${wrong}`,
  );
}

/** What a parameter is where a network does without it. */
function initial({ shape, start }: PlannedParameter, dtype: DType): Tensor {
  const value = zeros(shape, dtype);
  if (start === "ones") value.data.fill(1);
  return value;
}
