// Copyright 2026 the Convlab authors. MIT license.

/**
 * Layers that are run as one where they come in a row, since there is a kernel
 * for all of them.
 *
 * @module
 */

import {
  bnReluBackward,
  bnReluForward,
  bnReluPoolBackward,
  bnReluPoolForward,
} from "../layers/bn_relu.ts";
import {
  convReluBackward,
  convReluForward,
  convReluPoolBackward,
  convReluPoolForward,
} from "../layers/conv_relu.ts";
import type { LayerKind } from "./layer_spec.ts";
import {
  batchNormOf,
  biasOf,
  type Conv,
  convOptions,
  inputOf,
  keep,
  type Pool,
  type Run,
  weightOf,
  windowOf,
} from "./module.ts";
import type { PlannedLayer } from "./plan_model.ts";

/** Layers that are run as one, and on what condition. The first that fits is taken. */
export interface Joined {
  readonly kinds: readonly LayerKind[];
  readonly fits?: (layers: readonly PlannedLayer[]) => boolean;
  readonly make: (layers: readonly PlannedLayer[]) => Run;
}

/** All that are joined, those of most layers first. */
export const JOINED: readonly Joined[] = [
  { kinds: ["conv", "relu", "pool"], make: convReluPool },
  { kinds: ["conv", "relu"], make: convRelu },
  { kinds: ["bn", "relu", "pool"], fits: areImages, make: bnReluPool },
  { kinds: ["bn", "relu"], fits: areImages, make: bnRelu },
];

function convReluPool(layers: readonly PlannedLayer[]): Run {
  const [conv, , pool] = layers as unknown as [Conv, PlannedLayer, Pool];
  const options = convOptions(conv);
  const poolOptions = windowOf(pool);
  const bias = biasOf(conv);
  return (x, pass) => {
    const w = weightOf(conv, pass);
    const { out, cache } = convReluPoolForward(
      x,
      w,
      bias(pass, w.dtype),
      options,
      poolOptions,
    );
    return {
      out,
      back(dout, needsInput) {
        const { dw, db, ...rest } = needsInput
          ? convReluPoolBackward(dout, cache)
          : convReluPoolBackward(dout, cache, { inputGradient: false });
        keep(pass, conv, dw, db);
        return inputOf(rest);
      },
    };
  };
}

function convRelu(layers: readonly PlannedLayer[]): Run {
  const [conv] = layers as unknown as [Conv];
  const options = convOptions(conv);
  const bias = biasOf(conv);
  return (x, pass) => {
    const w = weightOf(conv, pass);
    const { out, cache } = convReluForward(x, w, bias(pass, w.dtype), options);
    return {
      out,
      back(dout, needsInput) {
        const { dw, db, ...rest } = needsInput
          ? convReluBackward(dout, cache)
          : convReluBackward(dout, cache, { inputGradient: false });
        keep(pass, conv, dw, db);
        return inputOf(rest);
      },
    };
  };
}

function areImages([bn]: readonly PlannedLayer[]): boolean {
  return bn!.input.length === 3;
}

function bnReluPool(layers: readonly PlannedLayer[]): Run {
  const [bn, , pool] = layers as unknown as [PlannedLayer, PlannedLayer, Pool];
  const poolOptions = windowOf(pool);
  return (x, pass) => {
    const { gamma, beta, options } = batchNormOf(bn, pass);
    const { out, cache } = bnReluPoolForward(
      ...[x, gamma, beta, options, poolOptions] as const,
    );
    return {
      out,
      back(dout) {
        const { dx, dgamma, dbeta } = bnReluPoolBackward(dout, cache);
        keep(pass, bn, dgamma, dbeta);
        return dx;
      },
    };
  };
}

function bnRelu(layers: readonly PlannedLayer[]): Run {
  const bn = layers[0]!;
  return (x, pass) => {
    const { gamma, beta, options } = batchNormOf(bn, pass);
    const { out, cache } = bnReluForward(x, gamma, beta, options);
    return {
      out,
      back(dout) {
        const { dx, dgamma, dbeta } = bnReluBackward(dout, cache);
        keep(pass, bn, dgamma, dbeta);
        return dx;
      },
    };
  };
}
