// Copyright 2026 the Convlab authors. MIT license.

/**
 * Activations, dropout, the affine layer and the loss for `gradcheck layers`.
 *
 * @module
 */

import { affineBackward, affineForward } from "../../layers/affine.ts";
import { dropoutBackward, dropoutForward } from "../../layers/dropout.ts";
import { geluBackward, geluForward } from "../../layers/gelu.ts";
import {
  leakyReluBackward,
  leakyReluForward,
} from "../../layers/leaky_relu.ts";
import { softmaxLoss } from "../../layers/loss.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor } from "../../numerics/tensor.ts";
import { type Draws, type LayerCase, layerCase } from "./layer_case.ts";

/** Activations and dropout. */
export function elementwise(draws: Draws): LayerCase[] {
  const inputs = { x: draws.awayFromZero(3, 5, 3) };
  return [
    layerCase("relu", "", inputs, ({ x }) => reluForward(x), reluBackward),
    layerCase(
      ...["leaky", "", inputs] as const,
      ({ x }) => leakyReluForward(x),
      leakyReluBackward,
    ),
    layerCase(
      ...["leaky0.1", "", inputs] as const,
      ({ x }) => leakyReluForward(x, { slope: 0.1 }),
      leakyReluBackward,
    ),
    layerCase("gelu", "", inputs, ({ x }) => geluForward(x), geluBackward),
    layerCase(
      ...["dropout0.5", "the same mask each time", inputs] as const,
      ({ x }) =>
        dropoutForward(x, {
          ...{ p: 0.5, mode: "train", random: new RandomState(1) },
        }),
      dropoutBackward,
    ),
  ];
}

/** The affine layer, on features and on images. */
export function affine(draws: Draws): LayerCase[] {
  return [["features", [4, 12]], ["images", [3, 2, 2, 3]]].map(
    ([what, shape]) =>
      layerCase(
        ...["fc5", what as string] as const,
        {
          x: draws.normal(...shape as number[]),
          w: draws.normal(12, 5),
          b: draws.normal(5),
        },
        ({ x, w, b }) => affineForward(x, w, b),
        affineBackward,
      ),
  );
}

/** The loss, with label smoothing and without. */
export function losses(draws: Draws): LayerCase[] {
  const inputs = { x: draws.normal(6, 5) };
  const labels = [0, 4, 2, 2, 1, 3];
  return [0, 0.1].map((labelSmoothing) =>
    layerCase(
      "softmax loss",
      labelSmoothing ? `label smoothing ${labelSmoothing}` : "",
      inputs,
      ({ x }) => {
        const { loss, dx } = softmaxLoss(x, labels, { labelSmoothing });
        return { out: tensor([loss]), cache: dx };
      },
      (dout, dx) => ({
        dx: tensor(dx.data.map((v) => v * dout.data[0]!), dx.shape),
      }),
    )
  );
}
