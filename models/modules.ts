// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layers of a plan as functions that run them forward and remember how to
 * run them backward. Neighbours that have a joined kernel become one module.
 *
 * @module
 */

import { addTensors } from "../layers/add.ts";
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
import {
  convReluBackward,
  convReluForward,
  convReluPoolBackward,
  convReluPoolForward,
} from "../layers/conv_relu.ts";
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
import type { RandomState } from "../numerics/random.ts";
import {
  type DType,
  promoteDTypes,
  type Tensor,
  zeros,
} from "../numerics/tensor.ts";
import type { LayerKind, LayerSpecs } from "./layer_spec.ts";
import type { PlannedLayer } from "./plan_model.ts";

/** What a forward pass works with. */
export interface Pass {
  /** In training, batches are normalised by their own statistics and dropout drops. */
  readonly mode: "train" | "test";
  /** Parameters by name. */
  readonly params: Readonly<Record<string, Tensor>>;
  /** Running statistics by name, updated in training. */
  readonly buffers: Readonly<Record<string, Tensor>>;
  /** Where the gradients of parameters go in the backward pass. */
  readonly grads: Record<string, Tensor>;
  /** What dropout draws from. */
  readonly random: RandomState | undefined;
  /** Told what each module gave, by the name of its last layer. */
  readonly watch?: ((name: string, out: Tensor) => void) | undefined;
}

/** What a module did to its input. */
export interface Step {
  /** What it gave. */
  readonly out: Tensor;
  /**
   * Puts the gradients of its parameters among the pass's, and gives that of its
   * input; without `needsInput` it may leave the latter out.
   */
  back(dout: Tensor, needsInput: boolean): Tensor | undefined;
}

/** Runs one layer, or a few that are joined. */
export interface Module {
  /** The layers, in order. */
  readonly layers: readonly PlannedLayer[];
  /** Runs them on a batch. */
  run(x: Tensor, pass: Pass): Step;
}

/** Modules for all layers of a plan. */
export function modulesOf(plan: readonly PlannedLayer[]): Module[] {
  const modules: Module[] = [];
  for (let i = 0; i < plan.length;) {
    const rest = plan.slice(i);
    const joined = JOINED.find(({ kinds, fits }) =>
      kinds.every((kind, k) => rest[k]?.spec.kind === kind) &&
      (fits?.(rest) ?? true)
    );
    const layers = rest.slice(0, joined?.kinds.length ?? 1);
    modules.push({ layers, run: joined?.make(layers) ?? single(layers[0]!) });
    i += layers.length;
  }
  return modules;
}

/** Runs modules one after the other. */
export function runAll(
  modules: readonly Module[],
  x: Tensor,
  pass: Pass,
): Step {
  const steps: Step[] = [];
  let out = x;
  for (const { layers, run } of modules) {
    const step = run(out, pass);
    steps.push(step);
    out = step.out;
    pass.watch?.(layers.at(-1)!.name, out);
  }
  return {
    out,
    back(dout, needsInput) {
      let gradient: Tensor | undefined = dout;
      for (let i = steps.length - 1; i >= 0; i--) {
        gradient = steps[i]!.back(gradient!, needsInput || i > 0);
      }
      return gradient;
    },
  };
}

type Run = Module["run"];

/** Layers that are run as one, and on what condition. The first that fits is taken. */
interface Joined {
  readonly kinds: readonly LayerKind[];
  readonly fits?: (layers: readonly PlannedLayer[]) => boolean;
  readonly make: (layers: readonly PlannedLayer[]) => Run;
}

const JOINED: readonly Joined[] = [
  { kinds: ["conv", "relu", "pool"], make: convReluPool },
  { kinds: ["conv", "relu"], make: convRelu },
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

type Conv = PlannedLayer<LayerSpecs["conv"]>;
type Pool = PlannedLayer<LayerSpecs["pool"]>;

/** One layer on its own. */
function single(layer: PlannedLayer): Run {
  const make: (layer: never) => Run = SINGLE[layer.spec.kind];
  return make(layer as never);
}

const SINGLE: {
  readonly [K in LayerKind]: (layer: PlannedLayer<LayerSpecs[K]>) => Run;
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
    const { weight, bias } = layer.params;
    const { out, cache } = affineForward(
      x,
      pass.params[weight!.name]!,
      pass.params[bias!.name]!,
    );
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
      const { weight, bias } = layer.params;
      const { running_mean, running_var } = layer.buffers;
      const { out, cache } = forward(
        x,
        pass.params[weight!.name]!,
        pass.params[bias!.name]!,
        {
          mode: pass.mode,
          runningMean: pass.buffers[running_mean!.name]!,
          runningVar: pass.buffers[running_var!.name]!,
        },
      );
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
  dropout: ({ spec }) => (x, { mode, random }) => {
    const { out, cache } = dropoutForward(x, {
      p: spec.p,
      mode,
      ...(random ? { random } : {}),
    });
    return { out, back: (dout) => dropoutBackward(dout, cache).dx };
  },
  res: ({ body, shortcut }) => {
    const [main, other] = [modulesOf(body), modulesOf(shortcut)];
    return (x, pass) => {
      const left = runAll(main, x, pass);
      const right = runAll(other, x, pass);
      return {
        out: addTensors(left.out, right.out),
        back(dout) {
          const dLeft = left.back(dout, true)!;
          return addTensors(dLeft, right.back(dout, true)!);
        },
      };
    };
  },
};

/** A normalisation of each example, in groups of channels where it is an image. */
function exampleNorm(layer: PlannedLayer, groups: number): Run {
  const image = layer.input.length === 3;
  return (x, pass) => {
    const { weight, bias } = layer.params;
    const gamma = pass.params[weight!.name]!;
    const beta = pass.params[bias!.name]!;
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

function convOptions({ spec }: Conv) {
  const { stride, pad, dilation, groups } = spec;
  return { stride, pad, dilation, groups };
}

function windowOf({ spec: { size, stride } }: Pool) {
  return { poolHeight: size, poolWidth: size, stride };
}

function weightOf(layer: PlannedLayer, { params }: Pass): Tensor {
  return params[layer.params.weight!.name]!;
}

/** The bias of a convolution, which is zeros where the plan has none. */
function biasOf(layer: PlannedLayer): (pass: Pass, dtype: DType) => Tensor {
  const { bias, weight } = layer.params;
  if (bias) return ({ params }) => params[bias.name]!;
  const filters = weight!.shape[0]!;
  const none = new Map<DType, Tensor>();
  return (_, dtype) => {
    const b = none.get(dtype) ?? zeros([filters], dtype);
    none.set(dtype, b);
    return b;
  };
}

/** Puts the gradients of a layer's weight and bias where they belong. */
function keep(
  { grads }: Pass,
  { params }: PlannedLayer,
  dw: Tensor,
  db: Tensor,
): void {
  grads[params.weight!.name] = dw;
  if (params.bias) grads[params.bias.name] = db;
}

function inputOf(gradients: object): Tensor | undefined {
  return "dx" in gradients ? gradients.dx as Tensor : undefined;
}
