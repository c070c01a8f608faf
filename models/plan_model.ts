// Copyright 2026 the Convlab authors. MIT license.

/**
 * Works out what a model's layers are on images of one size: their names,
 * shapes, parameters and costs. All that a network, its summary and its export
 * need to know is decided here.
 *
 * @module
 */

import { formatShape, sizeOf } from "../numerics/tensor.ts";
import { formatLayer } from "./format_model.ts";
import type { ConvSpec, LayerSpec, ResidualSpec } from "./layer_spec.ts";
import { shapeText } from "./shape_text.ts";

/** Shape of one example: channels, height and width, or a number of features. */
export type ExampleShape = readonly number[];

/** One parameter of a layer. */
export interface PlannedParameter {
  /** Its name in the model, such as `conv1.weight`. */
  readonly name: string;
  /** Its shape. */
  readonly shape: readonly number[];
  /** What it starts as: random numbers, all 1 or all 0. */
  readonly start: "random" | "ones" | "zeros";
  /** Inputs that each output is summed over, for random numbers. */
  readonly fanIn: number;
  /** Whether weight decay applies: to weights of convolutions and affine layers. */
  readonly decays: boolean;
}

/** A layer on its place in a model. */
export interface PlannedLayer<S extends LayerSpec = LayerSpec> {
  /** The layer. */
  readonly spec: S;
  /** Its name, such as `conv1`: its kind and its number among those of its kind. */
  readonly name: string;
  /** Shape of an example before it. */
  readonly input: ExampleShape;
  /** Shape of an example behind it. */
  readonly output: ExampleShape;
  /** Its parameters by their short names, `weight` and `bias`. */
  readonly params: Readonly<Record<string, PlannedParameter>>;
  /** Its running statistics by their short names, `running_mean` and `running_var`. */
  readonly buffers: Readonly<Record<string, PlannedParameter>>;
  /** Multiply-adds for one example. */
  readonly multiplyAdds: number;
  /** The branches of a residual block. */
  readonly body: readonly PlannedLayer[];
  /** The other branch, empty where it is the input itself. */
  readonly shortcut: readonly PlannedLayer[];
}

/**
 * Plans the layers of a model.
 *
 * @param layers The layers, as from {@linkcode parseModel}.
 * @param inputDim Channels, height and width of an image.
 * @throws {RangeError} If a layer does not fit what comes before it.
 *
 * @example The shapes in a network
 * ```ts
 * import { parseModel, planModel } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const [conv, pool, fc] = planModel(parseModel("conv8 pool fc10"), [3, 32, 32]);
 * assertEquals(conv?.output, [8, 32, 32]);
 * assertEquals(pool?.output, [8, 16, 16]);
 * assertEquals(fc?.params.weight?.shape, [8 * 16 * 16, 10]);
 * ```
 */
export function planModel(
  layers: readonly LayerSpec[],
  inputDim: readonly [number, number, number],
): PlannedLayer[] {
  if (
    inputDim.length !== 3 ||
    inputDim.some((n) => !Number.isInteger(n) || n < 1)
  ) {
    throw new RangeError(
      `Cannot build model: expected images of (channels, height, width) but found ${
        formatShape(inputDim)
      }`,
    );
  }
  return planList(layers, inputDim, new Map());
}

/** All layers of a plan, those within residual blocks too, in order. */
export function allLayers(plan: readonly PlannedLayer[]): PlannedLayer[] {
  return plan.flatMap((
    layer,
  ) => [...allLayers(layer.body), ...allLayers(layer.shortcut), layer]);
}

function planList(
  layers: readonly LayerSpec[],
  input: ExampleShape,
  counts: Map<string, number>,
): PlannedLayer[] {
  let shape = input;
  return layers.map((spec, i) => {
    const next = layers[i + 1];
    const layer = planLayer(spec, shape, next?.kind === "bn", counts);
    shape = layer.output;
    return layer;
  });
}

function planLayer(
  spec: LayerSpec,
  input: ExampleShape,
  beforeNorm: boolean,
  counts: Map<string, number>,
): PlannedLayer {
  if (spec.kind === "res") return planResidual(spec, input, counts);
  const number = (counts.get(spec.kind) ?? 0) + 1;
  counts.set(spec.kind, number);
  const name = `${spec.kind}${number}`;
  const layer = { spec, name, input, body: [], shortcut: [], buffers: {} };
  const size = sizeOf(input);
  switch (spec.kind) {
    case "conv": {
      const output = convolved(spec, name, input);
      const { filters, size: side, groups } = spec;
      const weight = [filters, input[0]! / groups, side, side];
      const fanIn = sizeOf(weight.slice(1));
      return {
        ...layer,
        output,
        params: parameters(name, weight, fanIn, beforeNorm ? 0 : filters),
        multiplyAdds: sizeOf(output) * fanIn,
      };
    }
    case "fc": {
      const params = parameters(name, [size, spec.units], size, spec.units);
      const multiplyAdds = size * spec.units;
      return { ...layer, output: [spec.units], params, multiplyAdds };
    }
    case "bn":
    case "ln":
    case "gn": {
      const [features = 0] = input;
      if (spec.kind === "gn") {
        const { groups } = spec;
        imageOf(spec, name, input);
        if (features % groups !== 0) {
          throw unfit(
            ...[name, spec, `channels that ${groups} groups divide`, input],
            `these do: ${divisors(features)}`,
          );
        }
      }
      const shape = [features];
      const norm = { shape, fanIn: 0, decays: false };
      const buffers = {
        running_mean: { ...norm, name: `${name}.running_mean`, start: "zeros" },
        running_var: { ...norm, name: `${name}.running_var`, start: "ones" },
      } as const;
      return {
        ...layer,
        output: input,
        params: {
          weight: { ...norm, name: `${name}.weight`, start: "ones" },
          bias: { ...norm, name: `${name}.bias`, start: "zeros" },
        },
        buffers: spec.kind === "bn" ? buffers : {},
        multiplyAdds: 2 * size,
      };
    }
    case "pool":
    case "avgpool": {
      const [channels, height, width] = imageOf(spec, name, input);
      const { size: side, stride } = spec;
      if (side > height || side > width) {
        throw unfit(
          ...[name, spec, `at least ${side} x ${side} pixels`, input],
          'leave it out, or pool less before it; "gap" takes any size',
        );
      }
      const along = (n: number) => 1 + Math.floor((n - side) / stride);
      const output = [channels, along(height), along(width)];
      return { ...layer, output, params: {}, multiplyAdds: 0 };
    }
    case "gap": {
      const [channels] = imageOf(spec, name, input);
      return { ...layer, output: [channels], params: {}, multiplyAdds: 0 };
    }
    default:
      return { ...layer, output: input, params: {}, multiplyAdds: 0 };
  }
}

function planResidual(
  spec: ResidualSpec,
  input: ExampleShape,
  counts: Map<string, number>,
): PlannedLayer {
  const body = planList(spec.body, input, counts);
  const shortcut = planList(spec.shortcut, input, counts);
  const number = (counts.get("res") ?? 0) + 1;
  counts.set("res", number);
  const output = body.at(-1)!.output;
  const other = shortcut.at(-1)?.output ?? input;
  if (formatShape(output) !== formatShape(other)) {
    throw new RangeError(
      `Cannot build model: expected both branches of res${number} to give the same shape but found ${
        shapeText(output)
      } and ${shapeText(other)}; ${residualRemedy(spec, input, output)}`,
    );
  }
  return {
    spec,
    name: `res${number}`,
    input,
    output,
    params: {},
    buffers: {},
    multiplyAdds: 0,
    body,
    shortcut,
  };
}

/** What would make the branches of a residual block equal. */
function residualRemedy(
  { shortcut }: ResidualSpec,
  input: ExampleShape,
  output: ExampleShape,
): string {
  const [filters, ...size] = output;
  if (shortcut.length > 0) return 'change the layers before or behind the "|"';
  if (output.length === 1) {
    return `a shortcut makes them equal, as in "res[… | fc${filters}]"`;
  }
  // The stride of a convolution of 1 x 1 that gives this size, if there is one.
  const stride = size.map((n, i) => Math.ceil(input[i + 1]! / n))
    .find((s) => size.every((n, i) => Math.ceil(input[i + 1]! / s) === n));
  return stride === undefined
    ? 'pad the convolutions, as they are without "p", or give it a shortcut, as in "res[… | …]"'
    : `a shortcut makes them equal, as in "res[… | conv${filters}k1${
      stride === 1 ? "" : `s${stride}`
    }-bn]"`;
}

/** Weight and, for any number of outputs, bias of a convolution or an affine layer. */
function parameters(
  name: string,
  shape: readonly number[],
  fanIn: number,
  outputs: number,
): Record<string, PlannedParameter> {
  const weight = { shape, start: "random", fanIn, decays: true } as const;
  const bias = { shape: [outputs], start: "zeros", fanIn, decays: false };
  return {
    weight: { ...weight, name: `${name}.weight` },
    ...(outputs > 0
      ? { bias: { ...bias, start: "zeros", name: `${name}.bias` } }
      : {}),
  };
}

function convolved(
  spec: ConvSpec,
  name: string,
  input: ExampleShape,
): ExampleShape {
  const [channels, height, width] = imageOf(spec, name, input);
  const { filters, size, stride, pad, dilation, groups } = spec;
  if (channels % groups !== 0 || filters % groups !== 0) {
    throw unfit(
      name,
      spec,
      `channels and filters that ${groups} groups divide`,
      input,
      `these do: ${divisors(channels, filters)}`,
    );
  }
  const reach = dilation * (size - 1) + 1;
  if (reach > height + 2 * pad || reach > width + 2 * pad) {
    const least = reach - 2 * pad;
    const enough = Math.ceil((reach - Math.min(height, width)) / 2);
    throw unfit(
      ...[name, spec, `at least ${least} x ${least} pixels`, input],
      `a padding of ${enough} is enough, as in "${
        formatLayer({ ...spec, pad: enough })
      }"`,
    );
  }
  const along = (n: number) => 1 + Math.floor((n + 2 * pad - reach) / stride);
  return [filters, along(height), along(width)];
}

/** The three lengths of an image. */
function imageOf(
  spec: LayerSpec,
  name: string,
  input: ExampleShape,
): readonly [number, number, number] {
  const [channels = 0, height, width] = input;
  if (height === undefined || width === undefined) {
    throw unfit(
      ...[name, spec, "images", input],
      'put it before the first "gap" or "fc"',
    );
  }
  return [channels, height, width];
}

/** A layer that does not fit what comes before it, and what would. */
function unfit(
  name: string,
  spec: LayerSpec,
  expected: string,
  input: ExampleShape,
  remedy: string,
): RangeError {
  return new RangeError(
    `Cannot build model: ${name} ("${
      formatLayer(spec)
    }") expects ${expected} but finds ${shapeText(input)}; ${remedy}`,
  );
}

/** The numbers that divide all of `numbers`, the first ones. */
function divisors(...numbers: readonly number[]): string {
  const found: number[] = [];
  for (let d = 1; d <= Math.min(...numbers); d++) {
    if (numbers.some((n) => n % d !== 0)) continue;
    if (found.length === 10) return `${found.join(", ")}, …`;
    found.push(d);
  }
  return found.join(", ");
}
