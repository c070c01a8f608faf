// Copyright 2026 the Convlab authors. MIT license.

/**
 * A module for each layer that a model's text can name.
 *
 * @module
 */

import { affineBackward, affineForward } from "../layers/affine.ts";
import {
  avgPoolBackwardFast,
  avgPoolForwardFast,
} from "../layers/avgpool_fast.ts";
import {
  batchnormBackward,
  batchnormForward,
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../layers/batchnorm.ts";
import { convBackwardFast, convForwardFast } from "../layers/conv_fast.ts";
import { dropoutBackward, dropoutForward } from "../layers/dropout.ts";
import { geluBackward, geluForward } from "../layers/gelu.ts";
import {
  globalAvgPoolBackward,
  globalAvgPoolForward,
} from "../layers/global_avgpool.ts";
import {
  groupnormBackward,
  groupnormForward,
  layernormBackward,
  layernormForward,
} from "../layers/groupnorm.ts";
import { leakyReluBackward, leakyReluForward } from "../layers/leaky_relu.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../layers/pool_fast.ts";
import { reluBackward, reluForward } from "../layers/relu.ts";
import type { LayerKind, LayerSpecs } from "./layer_spec.ts";
import {
  batchNormOf,
  biasOf,
  convOptions,
  inputOf,
  keep,
  type Run,
  weightOf,
  windowOf,
} from "./module.ts";
import type { PlannedLayer } from "./plan_model.ts";

/** All layers but residual blocks, which are made of others. */
type SingleKind = Exclude<LayerKind, "res">;

/** Runs one layer on its own. */
export function singleModule(kind: SingleKind, layer: PlannedLayer): Run {
  const make: (layer: never) => Run = SINGLE[kind];
  return make(layer as never);
}

const SINGLE: {
  readonly [K in SingleKind]: (layer: PlannedLayer<LayerSpecs[K]>) => Run;
} = {
  conv: (layer) => {
    const options = convOptions(layer);
    const bias = biasOf(layer);
    return (x, pass) => {
      const w = weightOf(layer, pass);
      const { out, cache } = convForwardFast(
        ...[x, w, bias(pass, w.dtype), options] as const,
      );
      return {
        out,
        back(dout, needsInput) {
          const { dw, db, ...rest } = needsInput
            ? convBackwardFast(dout, cache)
            : convBackwardFast(dout, cache, { inputGradient: false });
          keep(pass, layer, dw, db);
          return inputOf(rest);
        },
      };
    };
  },
  fc: (layer) => (x, pass) => {
    const bias = pass.params[layer.params.bias!.name]!;
    const { out, cache } = affineForward(x, weightOf(layer, pass), bias);
    return {
      out,
      back(dout) {
        const { dx, dw, db } = affineBackward(dout, cache);
        keep(pass, layer, dw, db);
        return dx;
      },
    };
  },
  bn: (layer) => {
    const [forward, backward] = layer.input.length === 3
      ? [spatialBatchnormForward, spatialBatchnormBackward] as const
      : [batchnormForward, batchnormBackward] as const;
    return (x, pass) => {
      const { gamma, beta, options } = batchNormOf(layer, pass);
      const { out, cache } = forward(x, gamma, beta, options);
      return {
        out,
        back(dout) {
          const { dx, dgamma, dbeta } = backward(dout, cache);
          keep(pass, layer, dgamma, dbeta);
          return dx;
        },
      };
    };
  },
  ln: (layer) => exampleNorm(layer, 1),
  gn: (layer) => exampleNorm(layer, layer.spec.groups),
  relu: () => (x) => {
    const { out, cache } = reluForward(x);
    return { out, back: (dout) => reluBackward(dout, cache).dx };
  },
  leaky: ({ spec: { slope } }) => (x) => {
    const { out, cache } = leakyReluForward(x, { slope });
    return { out, back: (dout) => leakyReluBackward(dout, cache).dx };
  },
  gelu: () => (x) => {
    const { out, cache } = geluForward(x);
    return { out, back: (dout) => geluBackward(dout, cache).dx };
  },
  pool: (layer) => (x) => {
    const { out, cache } = maxPoolForwardFast(x, windowOf(layer));
    return { out, back: (dout) => maxPoolBackwardFast(dout, cache).dx };
  },
  avgpool: (layer) => (x) => {
    const { out, cache } = avgPoolForwardFast(x, windowOf(layer));
    return { out, back: (dout) => avgPoolBackwardFast(dout, cache).dx };
  },
  gap: () => (x) => {
    const { out, cache } = globalAvgPoolForward(x);
    return { out, back: (dout) => globalAvgPoolBackward(dout, cache).dx };
  },
  dropout: ({ spec }) => (x, { mode, random, reduction }) => {
    const { out, cache } = dropoutForward(x, {
      p: spec.p,
      mode,
      whole: reduction,
      ...(random ? { random } : {}),
    });
    return { out, back: (dout) => dropoutBackward(dout, cache).dx };
  },
};

/** A normalisation of each example, in groups of channels where it is an image. */
function exampleNorm(layer: PlannedLayer, groups: number): Run {
  const image = layer.input.length === 3;
  return (x, pass) => {
    const gamma = weightOf(layer, pass);
    const beta = pass.params[layer.params.bias!.name]!;
    const { out, cache } = image
      ? groupnormForward(x, gamma, beta, { groups })
      : layernormForward(x, gamma, beta);
    return {
      out,
      back(dout) {
        const { dx, dgamma, dbeta } = image
          ? groupnormBackward(dout, cache)
          : layernormBackward(dout, cache);
        keep(pass, layer, dgamma, dbeta);
        return dx;
      },
    };
  };
}
