// Copyright 2026 the Convlab authors. MIT license.

/**
 * Puts stored parameters into a network.
 *
 * @module
 */

import { formatShape, type Tensor } from "../numerics/tensor.ts";
import type { ConvNet } from "./conv_net.ts";

/**
 * Replaces all parameters and running statistics of a network by tensors of the
 * same names and shapes, which it then holds itself, without a copy.
 *
 * @param network The network. If an error is thrown, it is as it was.
 * @param tensors Exactly those that it has.
 * @throws {TypeError} If one is missing, unknown or of another shape.
 *
 * @example From one network to another
 * ```ts
 * import { assignParameters, ConvNet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const model = "conv4-bn-relu gap fc2";
 * const [a, b] = [new ConvNet({ model }), new ConvNet({ model })];
 * assignParameters(b, { ...a.params, ...a.buffers });
 * assertEquals(b.params["fc1.weight"]?.data, a.params["fc1.weight"]?.data);
 * ```
 */
export function assignParameters(
  network: Pick<ConvNet, "params" | "buffers">,
  tensors: Readonly<Record<string, Tensor>>,
): void {
  const { params, buffers } = network;
  const own = { ...params, ...buffers };
  for (const [name, { shape }] of Object.entries(own)) {
    const found = tensors[name];
    const expected = formatShape(shape);
    if (found === undefined || formatShape(found.shape) !== expected) {
      throw new TypeError(
        `Cannot assign parameters: expected ${name} of shape ${expected} but found ${
          found ? formatShape(found.shape) : "none"
        }`,
      );
    }
  }
  const unknown = Object.keys(tensors).find((name) => !(name in own));
  if (unknown !== undefined) {
    throw new TypeError(
      `Cannot assign parameters: expected those of the network but found ${unknown} too`,
    );
  }
  const pick = (names: object) =>
    Object.fromEntries(
      Object.keys(names).map((name) => [name, tensors[name]!]),
    );
  network.params = pick(params);
  network.buffers = pick(buffers);
}
