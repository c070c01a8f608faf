// Copyright 2026 the Convlab authors. MIT license.

/**
 * Checks the gradients of a user's layer against numerical ones.
 *
 * @module
 */

import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { formatShape, type Tensor } from "../../numerics/tensor.ts";
import { describe, tensorOf } from "./convert.ts";
import { explain } from "./explain.ts";
import { copyOf, formatIndex, indexOf, same } from "./tensors.ts";
import { LayerError } from "./layer_error.ts";
import type { Inputs, UserLayer } from "./load.ts";

/** The element at which two gradients differ most. */
export interface WorstElement {
  /** Its index, one number for each axis. */
  readonly index: readonly number[];
  /** What the layer's backward pass gives there. */
  readonly analytic: number;
  /** What central differences give there. */
  readonly numeric: number;
}

/** How the gradient of one input fared. */
export interface InputReport {
  readonly name: string;
  readonly shape: readonly number[];
  readonly pass: boolean;
  /** As `relError` defines it; absent where there was nothing to compare. */
  readonly relError?: number;
  readonly worst?: WorstElement;
  /** What is wrong, or seems to be. */
  readonly remark?: string;
}

/** How a layer fared. */
export interface LayerReport {
  readonly file: string;
  readonly tolerance: number;
  readonly h: number;
  readonly seed: number;
  /** Whether all inputs passed. */
  readonly pass: boolean;
  readonly inputs: readonly InputReport[];
}

/**
 * Compares what a layer's backward pass gives with numerical gradients, input
 * by input, for an upstream gradient drawn from the normal distribution.
 *
 * @param layer The layer.
 * @param onForward Called after each of the forward passes that the numerical
 * gradients take: two for every element of every input.
 * @throws {LayerError} If the layer cannot be checked: it throws, changes what
 * it is given, or does not give the same result twice.
 */
export function checkUserLayer(
  layer: UserLayer,
  onForward: () => void = () => {},
): LayerReport {
  const { file, tolerance, h, seed } = layer;
  const inputs = copyOf(layer.inputs);
  const { out, cache } = forwardTwice(layer, inputs);
  const dout = new RandomState(seed).randn(out.shape);
  const given = dout.clone();
  const gradients = layer.backward(given, cache);
  expectUnchanged(file, "backward", { dout }, { dout: given });
  expectUnchanged(file, "backward", layer.inputs, inputs);
  const reports = Object.keys(layer.inputs).map((name) =>
    checkInput(layer, name, gradients, dout, onForward)
  );
  const pass = reports.every((report) => report.pass);
  return { file, tolerance, h, seed, pass, inputs: reports };
}

/** Two passes that must agree and leave the inputs alone; gives the second. */
function forwardTwice(
  layer: UserLayer,
  inputs: Inputs,
): { out: Tensor; cache: unknown } {
  const first = layer.forward(inputs).out.clone();
  expectUnchanged(layer.file, "forward", layer.inputs, inputs);
  const second = layer.forward(inputs);
  if (!same(first, second.out)) {
    throw new LayerError(
      layer.file,
      "expected forward to give the same result twice but found another; draw random numbers from a generator that is seeded inside forward",
    );
  }
  const odd = second.out.data.findIndex((v) => !Number.isFinite(v));
  if (odd !== -1) {
    throw new LayerError(
      layer.file,
      `expected out to hold finite numbers but found ${
        second.out.data[odd]
      } at ${formatIndex(indexOf(odd, second.out.shape))}`,
    );
  }
  return second;
}

function checkInput(
  layer: UserLayer,
  name: string,
  gradients: Readonly<Record<string, unknown>>,
  dout: Tensor,
  onForward: () => void,
): InputReport {
  const inputs = copyOf(layer.inputs);
  const x = inputs[name]!;
  const { shape } = x;
  const failed = (remark: string) => ({ name, shape, pass: false, remark });

  const keys = [`d${name}`, `d${name[0]!.toUpperCase()}${name.slice(1)}`, name];
  const key = keys.find((candidate) => candidate in gradients);
  if (key === undefined) {
    return failed(
      `expected backward to return d${name} but found ${describe(gradients)}`,
    );
  }
  const analytic = tensorOf(gradients[key]);
  if (analytic === undefined) {
    return failed(
      `expected ${key} to be numbers but found ${describe(gradients[key])}`,
    );
  }
  if (String(analytic.shape) !== String(shape)) {
    return failed(
      `expected ${key} to have shape ${formatShape(shape)} but found ${
        formatShape(analytic.shape)
      }`,
    );
  }

  const forward = () => layer.forward(inputs).out;
  const counted = () => {
    const out = forward();
    onForward();
    return out;
  };
  const { h } = layer;
  const numeric = evalNumericalGradientArray(counted, x, dout, { h });
  const error = relError(analytic, numeric);
  const pass = error <= layer.tolerance;
  const at = worstElement(analytic, numeric);
  const remark = pass
    ? undefined
    : explain({ analytic, numeric, at, x, dout, h, forward });
  return {
    name,
    shape,
    pass,
    relError: error,
    worst: {
      index: indexOf(at, shape),
      analytic: analytic.data[at]!,
      numeric: numeric.data[at]!,
    },
    ...remark === undefined ? {} : { remark },
  };
}

/** Offset of the element with the largest relative error, NaN above all. */
function worstElement(analytic: Tensor, numeric: Tensor): number {
  let worst = 0;
  let largest = -1;
  for (let i = 0; i < analytic.size; i++) {
    const error = relError(analytic.data[i]!, numeric.data[i]!);
    if (Number.isNaN(error)) return i;
    if (error > largest) [worst, largest] = [i, error];
  }
  return worst;
}

function expectUnchanged(
  file: string,
  part: string,
  before: Inputs,
  after: Inputs,
): void {
  const changed = Object.keys(before)
    .filter((name) => !same(before[name]!, after[name]!));
  if (changed.length > 0) {
    throw new LayerError(
      file,
      `expected ${part} to leave its arguments alone but found ${
        changed.join(" and ")
      } changed`,
    );
  }
}
