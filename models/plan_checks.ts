// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a plan must be for a network to be made of it.
 *
 * @module
 */

import { type DType, sizeOf } from "../numerics/tensor.ts";
import { formatLayer } from "./format_model.ts";
import { allLayers, type PlannedLayer } from "./plan_model.ts";
import { shapeText } from "./shape_text.ts";

/** All that 32-bit offsets reach, and the kernels with them. */
const MAX_BYTES = 2 ** 32;

/**
 * The number of scores that a model gives.
 *
 * @param numClasses How many it has to give; by default those that it gives.
 * @throws {RangeError} If its last layer gives something else.
 */
export function scoresOf(
  plan: readonly PlannedLayer[],
  numClasses?: number,
): number {
  const { name, spec, output } = plan.at(-1)!;
  const [scores = 0] = output;
  if (output.length === 1 && scores === (numClasses ?? scores)) return scores;
  const wanted = numClasses === undefined ? "scores" : `${numClasses} scores`;
  const last = `fc${numClasses ?? 10}`;
  throw new RangeError(
    `Cannot build model: expected the last layer to give ${wanted}, one for each class, but found ${name}, which gives ${
      shapeText(output)
    }; ${spec.kind === "fc" ? "make it" : "end the model with"} "${last}"`,
  );
}

/**
 * Checks that the memory of the kernels can hold the parameters and, for a
 * single image, what each layer works on. What really fits is less.
 *
 * @throws {RangeError} If it cannot.
 */
export function checkMemory(
  plan: readonly PlannedLayer[],
  dtype: DType,
): void {
  const bytes = dtype === "float32" ? 4 : 8;
  const layers = allLayers(plan).map((layer) => ({
    layer,
    parameters: bytes * parametersOf(layer),
    image: bytes * (paddedSize(layer) + sizeOf(layer.output)),
  }));
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  if (total > MAX_BYTES) {
    const { layer, parameters } = layers.reduce((a, b) =>
      b.parameters > a.parameters ? b : a
    );
    throw new RangeError(
      `Cannot build model: expected parameters that fit into 4 GiB but found ${
        gibibytes(total)
      } of them in ${dtype}, ${gibibytes(parameters)} in ${nameOf(layer)} on ${
        shapeText(layer.input)
      }; make it smaller, or pool before it`,
    );
  }
  const large = layers.find(({ image }) => image > MAX_BYTES);
  if (large) {
    throw new RangeError(
      `Cannot build model: expected layers that fit into 4 GiB for a single image but found ${
        nameOf(large.layer)
      } on ${shapeText(large.layer.input)}, which takes ${
        gibibytes(large.image)
      } in ${dtype}; make it smaller, or pool before it`,
    );
  }
}

/** Numbers that a layer learns. */
function parametersOf({ params }: PlannedLayer): number {
  return Object.values(params).reduce((n, { shape }) => n + sizeOf(shape), 0);
}

/** Numbers of a layer's input, with the zeros around it. */
function paddedSize({ spec, input }: PlannedLayer): number {
  if (spec.kind !== "conv") return sizeOf(input);
  return input.reduce((n, d, axis) => n * (axis === 0 ? d : d + 2 * spec.pad));
}

function nameOf({ name, spec }: PlannedLayer): string {
  return spec.kind === "res" ? name : `${name} ("${formatLayer(spec)}")`;
}

function gibibytes(bytes: number): string {
  const digits = bytes < 100 * 2 ** 30 ? 1 : 0;
  return `${
    (bytes / 2 ** 30).toLocaleString("en-US", {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    })
  } GiB`;
}
