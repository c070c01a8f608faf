// Copyright 2026 the Convlab authors. MIT license.

/**
 * What Convlab makes besides training: made in Deno and in a page under a strict
 * policy, it must be the same.
 *
 * @module
 */

import {
  ConvNet,
  encodeSafetensors,
  exportOnnx,
  RandomState,
  renderFigure,
} from "../../mod.ts";

/** Products as text, or what went wrong. */
export async function makeProducts(): Promise<Record<string, string>> {
  const network = new ConvNet({
    model: "conv4-bn-relu gap fc2",
    inputDim: [3, 8, 8],
    random: new RandomState(3),
  });
  const makers: Record<string, () => string | Promise<string>> = {
    onnx: () => exportOnnx(network, { classNames: ["cat", "dog"] }).toBase64(),
    safetensors: () => encodeSafetensors({ ...network.params }).toBase64(),
    chart: () =>
      renderFigure({
        kind: "chart",
        panels: [{
          x: { title: "iteration", integer: true },
          y: { title: "loss", scale: "log" },
          series: [{ label: "train", y: [2.3, 1.9, 1.2], mark: "line+point" }],
        }],
      }, { format: "svg" }),
    images: () =>
      renderFigure({
        kind: "images",
        images: [{
          image: {
            width: 2,
            height: 1,
            channels: 1,
            pixels: Uint8Array.of(0, 9),
          },
          title: "two pixels",
        }],
      }, { format: "svg" }),
  };
  const products: Record<string, string> = {};
  for (const [name, make] of Object.entries(makers)) {
    try {
      products[name] = await make();
    } catch (error) {
      products[name] = `failed: ${
        error instanceof Error ? error.stack : error
      }`;
    }
  }
  return products;
}
