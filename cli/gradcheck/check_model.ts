// Copyright 2026 the Convlab authors. MIT license.

/**
 * `gradcheck --model`: the gradients of a network's parameters against numerical
 * ones, in float64.
 *
 * @module
 */

import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import type { Tensor } from "../../numerics/tensor.ts";
import { UsageError } from "../exit.ts";

/** The largest relative error that passes. */
export const MODEL_TOLERANCE = 1e-5;

/** Numbers of each parameter that are changed, drawn at random. */
export const CHECKED = 10;

/**
 * Steps of the central differences. An error counts if it is there with each: a
 * step across the kink of a ReLU, or from one maximum of a window to another,
 * makes an error of its own.
 */
const STEPS = [1e-6, 1e-5, 1e-7];

/** Gradients that are smaller are compared with this: they may be nothing but rounding. */
const FLOOR = 1e-4;

const IMAGES = 4;

/** How the gradient of one parameter fared. */
export interface ParameterReport {
  /** Such as `conv1.weight`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** How many of its numbers were changed. */
  readonly checked: number;
  /** The largest difference, as a part of the largest gradient. */
  readonly relError: number;
  readonly passed: boolean;
}

/** How a network fared. */
export interface ModelReport {
  /** Its text, in its shortest form. */
  readonly model: string;
  readonly inputDim: readonly number[];
  readonly parameters: readonly ParameterReport[];
  readonly passed: boolean;
}

/**
 * A network of random parameters; those that start as 0 or 1 are moved, since
 * mistakes can hide there.
 *
 * @throws {UsageError} If the text cannot be read, is none of a network, or of one without parameters.
 */
export function checkedNetwork(
  model: string,
  inputDim: readonly [number, number, number],
): ConvNet {
  const random = new RandomState(231);
  let network: ConvNet;
  try {
    network = new ConvNet({ model, inputDim, dtype: "float64", random });
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) {
      throw error;
    }
    throw new UsageError(error.message, { cause: error });
  }
  if (Object.keys(network.params).length === 0) {
    throw new UsageError(
      `Expected --model with parameters to check but found none in "${network.model}"`,
    );
  }
  for (const [name, { shape, data }] of Object.entries(network.params)) {
    if (network.decays(name)) continue;
    const noise = random.randn(shape).data;
    for (let i = 0; i < data.length; i++) data[i]! += 0.3 * noise[i]!;
  }
  return network;
}

/**
 * Compares the gradients of a network's loss with numerical ones, parameter by
 * parameter.
 *
 * @param onProgress Told how many parameters are done.
 */
export function checkModel(
  network: ConvNet,
  onProgress: (done: number) => void = () => {},
): ModelReport {
  const { model, inputDim, numClasses, params } = network;
  const random = new RandomState(1);
  const x = random.randn([IMAGES, ...inputDim]);
  const labels = random.randint(0, numClasses, IMAGES);
  const state = network.getGeneratorState();
  const run = () => {
    network.setGeneratorState(state);
    return network.loss(x, labels);
  };
  const { grads } = run();
  const parameters = Object.entries(params).map(([name, parameter], i) => {
    const { size, shape } = parameter;
    const count = Math.min(size, CHECKED);
    const indices = random.choice(size, count, { replace: false });
    const gradient = grads[name]!;
    const errors = [...indices].map((index) =>
      errorAt(parameter, gradient, index, () => run().loss)
    );
    // Math.max, unlike >, lets NaN through.
    const relError = Math.max(...errors) / Math.max(largest(gradient), FLOOR);
    onProgress(i + 1);
    const passed = relError <= MODEL_TOLERANCE;
    return { name, shape, checked: count, relError, passed };
  });
  const passed = parameters.every((parameter) => parameter.passed);
  return { model, inputDim, parameters, passed };
}

/** The difference of both gradients by one number, with the step that suits it best. */
function errorAt(
  { data }: Tensor,
  gradient: Tensor,
  index: number,
  loss: () => number,
): number {
  const before = data[index]!;
  const scale = Math.max(Math.abs(gradient.data[index]!), FLOOR);
  let least = NaN;
  for (const h of STEPS) {
    data[index] = before + h;
    const above = loss();
    data[index] = before - h;
    const below = loss();
    data[index] = before;
    const numeric = (above - below) / (2 * h);
    const error = Math.abs(numeric - gradient.data[index]!);
    if (!(error >= least)) least = error;
    if (least <= MODEL_TOLERANCE / 10 * scale) break;
  }
  return least;
}

function largest({ data }: Tensor): number {
  let most = 0;
  for (let i = 0; i < data.length; i++) {
    most = Math.max(most, Math.abs(data[i]!));
  }
  return most;
}
