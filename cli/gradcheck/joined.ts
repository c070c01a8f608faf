// Copyright 2026 the Convlab authors. MIT license.

/**
 * Layers in a row for `gradcheck layers`: those that have functions of their own,
 * and residual blocks.
 *
 * @module
 */

import { addTensors } from "../../layers/add.ts";
import {
  affineReluBackward,
  affineReluForward,
} from "../../layers/affine_relu.ts";
import {
  bnReluBackward,
  bnReluForward,
  bnReluPoolBackward,
  bnReluPoolForward,
} from "../../layers/bn_relu.ts";
import {
  convBnReluBackward,
  convBnReluForward,
  convBnReluPoolBackward,
  convBnReluPoolForward,
} from "../../layers/conv_bn_relu.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluBackward,
  convReluForward,
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import { type Tensor, zeros } from "../../numerics/tensor.ts";
import { type Draws, type LayerCase, layerCase } from "./layer_case.ts";

const CONV = { stride: 1, pad: 1 } as const;
const POOL = { poolHeight: 2, poolWidth: 2, stride: 2 } as const;
const BN = { mode: "train" } as const;
/** In the text of a model, a convolution before a batch normalisation has no bias. */
const NO_BIAS = zeros([4]);

/** All of them. */
export function joined(draws: Draws): LayerCase[] {
  const conv = {
    x: draws.normal(2, 3, 5, 6),
    w: draws.normal(4, 3, 3, 3),
    b: draws.normal(4),
  };
  const { x, w } = conv;
  const bn = { x, w, gamma: draws.normal(4), beta: draws.normal(4) };
  const fc = { x, w: draws.normal(90, 4), b: draws.normal(4) };
  const images = {
    x: draws.normal(2, 4, 5, 6),
    gamma: draws.normal(4),
    beta: draws.normal(4),
  };
  return [
    layerCase(
      ...["fc4-relu", "joined", fc] as const,
      ({ x, w, b }) => affineReluForward(x, w, b),
      affineReluBackward,
    ),
    layerCase(
      ...["conv4-relu", "joined", conv] as const,
      ({ x, w, b }) => convReluForward(x, w, b, CONV),
      (dout, cache) => convReluBackward(dout, cache),
    ),
    layerCase(
      ...["conv4-relu-pool", "joined", conv] as const,
      ({ x, w, b }) => convReluPoolForward(x, w, b, CONV, POOL),
      (dout, cache) => convReluPoolBackward(dout, cache),
    ),
    layerCase(
      ...["conv4-bn-relu", "joined", bn] as const,
      ({ x, w, gamma, beta }) =>
        convBnReluForward(x, w, NO_BIAS, gamma, beta, CONV, BN),
      (dout, cache) => withoutBias(convBnReluBackward(dout, cache)),
    ),
    layerCase(
      ...["conv4-bn-relu-pool", "joined", bn] as const,
      ({ x, w, gamma, beta }) =>
        convBnReluPoolForward(x, w, NO_BIAS, gamma, beta, CONV, BN, POOL),
      (dout, cache) => withoutBias(convBnReluPoolBackward(dout, cache)),
    ),
    layerCase(
      ...["bn-relu", "joined", images] as const,
      ({ x, gamma, beta }) => bnReluForward(x, gamma, beta, BN),
      bnReluBackward,
    ),
    layerCase(
      ...["bn-relu-pool", "joined", images] as const,
      ({ x, gamma, beta }) => bnReluPoolForward(x, gamma, beta, BN, POOL),
      bnReluPoolBackward,
    ),
    residual(draws, false),
    residual(draws, true),
  ];
}

/** A residual block of one convolution with batch normalisation and ReLU, with a convolution beside it or without. */
function residual(draws: Draws, shortcut: boolean): LayerCase {
  const inputs = {
    x: draws.normal(2, 4, 5, 4),
    w: draws.normal(4, 4, 3, 3),
    gamma: draws.normal(4),
    beta: draws.normal(4),
    ...(shortcut ? { v: draws.normal(4, 4, 1, 1) } : {}),
  };
  return layerCase(
    shortcut ? "res[conv4-bn-relu | conv4k1]" : "res[conv4-bn-relu]",
    "",
    inputs,
    ({ x, w, gamma, beta, v }) => {
      const body = convBnReluForward(x, w, NO_BIAS, gamma, beta, CONV, BN);
      const side = v === undefined ? undefined : convForwardFast(x, v, NO_BIAS);
      const out = addTensors(body.out, side?.out ?? x);
      return { out, cache: { body: body.cache, side: side?.cache } };
    },
    (dout, { body, side }) => {
      const { dx, ...rest } = withoutBias(convBnReluBackward(dout, body));
      const beside = side && convBackwardFast(dout, side);
      return {
        dx: addTensors(dx, beside?.dx ?? dout),
        ...rest,
        ...(beside ? { dv: beside.dw } : {}),
      };
    },
  );
}

function withoutBias<G extends { db: Tensor }>(gradients: G): Omit<G, "db"> {
  const { db: _, ...rest } = gradients;
  return rest;
}
