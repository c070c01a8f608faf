// Copyright 2026 the Convlab authors. MIT license.

/**
 * `gradcheck layers`: the gradients of every layer against numerical ones, in
 * float64.
 *
 * @module
 */

import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { convolutions } from "./convolutions.ts";
import { affine, elementwise, losses } from "./elementwise.ts";
import { joined } from "./joined.ts";
import { Draws, type LayerCase } from "./layer_case.ts";
import { normalisations } from "./normalisations.ts";
import { poolings } from "./poolings.ts";

/** The largest relative error that passes. */
export const TOLERANCE = 1e-6;

/** How the gradient of one input fared. */
export interface GradientReport {
  /** The input: `x`, or the name of a parameter. */
  readonly name: string;
  readonly shape: readonly number[];
  /** The largest error of an element, as `relError` defines it. */
  readonly relError: number;
  readonly passed: boolean;
}

/** How a layer fared. */
export interface LayerReport {
  /** The layer as the text of a model has it. */
  readonly layer: string;
  /** What kind of input or of functions it is; may be empty. */
  readonly what: string;
  readonly gradients: readonly GradientReport[];
  readonly passed: boolean;
}

/** All cases. */
export function layerCases(): LayerCase[] {
  const draws = new Draws();
  return [convolutions, normalisations, elementwise, poolings, affine, joined]
    .flatMap((cases) => cases(draws)).concat(losses(draws));
}

/** Compares the gradients of a layer with numerical ones, input by input. */
export function checkLayer(layerCase: LayerCase): LayerReport {
  const { layer, what, inputs } = layerCase;
  const { out, backward } = layerCase.run();
  const dout = new RandomState(1).randn(out.shape);
  const analytic = backward(dout);
  const gradients = Object.entries(inputs).map(([name, x]) => {
    const numeric = evalNumericalGradientArray(
      () => layerCase.run().out,
      ...[x, dout] as const,
    );
    const gradient = analytic[name];
    const error = gradient ? relError(gradient, numeric) : NaN;
    const passed = error <= TOLERANCE;
    return { name, shape: x.shape, relError: error, passed };
  });
  const passed = gradients.every((gradient) => gradient.passed);
  return { layer, what, gradients, passed };
}
