// Copyright 2026 the Convlab authors. MIT license.

/**
 * Networks as ONNX files, for all that runs these: ONNX Runtime on servers, in
 * browsers and on phones, and compilers for special hardware.
 *
 * @module
 */

import type { ConvNet } from "../models/conv_net.ts";
import { sizeOf, type Tensor, tensor } from "../numerics/tensor.ts";
import { GraphBuilder, valueInfo } from "./onnx_graph.ts";
import { writeLayers } from "./onnx_layers.ts";
import { encodeOnnx } from "./onnx_messages.ts";
import {
  networkMetadata,
  type OnnxInput,
  perChannel,
  type Preprocessing,
} from "./network_metadata.ts";

export type { OnnxInput, Preprocessing };

/** Options of {@linkcode exportOnnx}. */
export interface ExportOnnxOptions extends Preprocessing {
  /**
   * What the graph takes: images that are normalised, or pixels, which it
   * normalises itself. @default {"normalized"}
   */
  readonly input?: OnnxInput | undefined;
  /** Name of the graph. @default {"convlab"} */
  readonly name?: string | undefined;
  /** Version of the program that writes the file. */
  readonly producerVersion?: string | undefined;
}

/** The version of the operators, which ONNX Runtime knows since 1.12 (2022). */
const OPSET = 17;
/** The version of the format that goes with it. */
const IR_VERSION = 8;
/** Protocol buffers end here. */
const MAX_BYTES = 2 ** 31 - 2 ** 20;

/**
 * Writes a network as an ONNX file, of operator set 17.
 *
 * The graph takes `images`, float32 of shape (N, C, H, W) for any N, and gives
 * `scores` and `probabilities`, their softmax, both float32 of shape
 * (N, classes). It computes what the network does in test mode: running
 * statistics normalise, and nothing is dropped. A network in float64 becomes
 * one in float32.
 *
 * The file's metadata tells how images are made for it: `convlab.input` in
 * words, `convlab.mean`, `convlab.std` and `convlab.class_names` in JSON, and
 * the layers as `convlab.model`.
 *
 * @param network The network.
 * @param options What it was trained on, and what the graph is to take.
 * @returns The bytes of the file.
 * @throws {RangeError} If the mean, the std or the class names do not fit the network, or the file would have more than 2 GiB.
 *
 * @example Write a file
 * ```ts
 * import { ConvNet, exportOnnx } from "@convlab/convlab";
 * import { assert } from "@std/assert";
 *
 * const network = new ConvNet({ model: "conv8-relu pool fc2", inputDim: [3, 8, 8] });
 * const bytes = exportOnnx(network, { classNames: ["cat", "dog"] });
 * // Deno.writeFileSync("network.onnx", bytes);
 * assert(new TextDecoder().decode(bytes).includes("convlab.class_names"));
 * ```
 */
export function exportOnnx(
  network: ConvNet,
  options: ExportOnnxOptions = {},
): Uint8Array<ArrayBuffer> {
  const { input = "normalized", name = "convlab" } = options;
  const { inputDim, numClasses, params, buffers } = network;
  check(network, options, input);
  const graph = new GraphBuilder();
  const images = input === "pixels"
    ? normalize(graph, "images", inputDim, options)
    : "images";
  const tensors = { ...params, ...buffers };
  const last = writeLayers(network.plan, images, { graph, tensors });
  const scores = graph.rename(last, "scores");
  graph.node("probabilities", "Softmax", [scores], { axis: -1 });
  const metadata = networkMetadata(network, options, input);
  return encodeOnnx({
    irVersion: IR_VERSION,
    producerName: "convlab",
    producerVersion: options.producerVersion ?? "",
    graph: graph.finish(
      name,
      [valueInfo("images", metadata["convlab.input"]!, ["N", ...inputDim])],
      [
        valueInfo("scores", "One score for each class", ["N", numClasses]),
        valueInfo("probabilities", "Their softmax", ["N", numClasses]),
      ],
    ),
    opsetImport: [{ domain: "", version: OPSET }],
    metadataProps: Object.entries(metadata)
      .map(([key, value]) => ({ key, value })),
  });
}

/** Adds what makes pixels the images that the network takes. */
function normalize(
  graph: GraphBuilder,
  x: string,
  shape: readonly [number, number, number],
  { mean, std }: Preprocessing,
): string {
  const [channels, height, width] = shape;
  const constant = (name: string, values: Float64Array): string => {
    const numbers = perChannel(values, height * width);
    const dims = numbers.length === channels ? [channels, 1, 1] : shape;
    return graph.constant(name, tensor(numbers, dims));
  };
  const centered = mean
    ? graph.node("images.centered", "Sub", [x, constant("images.mean", mean)])
    : x;
  return std
    ? graph.node("images.normalized", "Div", [
      centered,
      constant("images.std", std),
    ])
    : centered;
}

function check(
  { inputDim, numClasses, params, buffers }: ConvNet,
  { classNames, mean, std }: Preprocessing,
  input: OnnxInput,
): void {
  if (input !== "normalized" && input !== "pixels") {
    throw new RangeError(
      `Cannot export network: expected input to be "normalized" or "pixels" but found ${
        JSON.stringify(input)
      }`,
    );
  }
  const lengths = [
    ["classNames", classNames, numClasses],
    ["mean", mean, sizeOf(inputDim)],
    ["std", std, sizeOf(inputDim)],
  ] as const;
  for (const [name, list, expected] of lengths) {
    if (list && list.length !== expected) {
      throw new RangeError(
        `Cannot export network: expected ${name} of length ${expected} but found ${list.length}`,
      );
    }
  }
  const bytes = sumOfBytes(params) + sumOfBytes(buffers);
  if (bytes > MAX_BYTES) {
    throw new RangeError(
      `Cannot export network: expected at most ${MAX_BYTES} bytes of parameters, as many as fit an ONNX file, but found ${bytes}`,
    );
  }
}

function sumOfBytes(tensors: Readonly<Record<string, Tensor>>): number {
  return Object.values(tensors).reduce((sum, { size }) => sum + 4 * size, 0);
}
