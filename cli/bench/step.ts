// Copyright 2026 the Convlab authors. MIT license.

/**
 * Training steps of the three-layer network as passes: forward, softmax loss,
 * backward, and an update of all parameters by Adam.
 *
 * @module
 */

import { resident } from "../../kernels/frame.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { type DType, type Tensor, tensor } from "../../numerics/tensor.ts";
import {
  adam,
  type OptimState,
  optimState,
} from "../../training/update_rules.ts";
import {
  adamNaive,
  lossNaive,
  marginsNaive,
  type Params,
} from "./naive_step.ts";
import { draw, inWorkspace, once, type Pass, residents } from "./pass.ts";
import type { StepShape } from "./shapes.ts";

const SEED = 231;
const LEARNING_RATE = 1e-3;
/** Images that a step is checked on at most: naive loops take a while for each. */
const CHECKED_IMAGES = 4;
/** Updates that are checked: the first has no running averages yet. */
const CHECKED_UPDATES = 2;
/**
 * How clearly an image's maxima must be decided for its gradients to be
 * compared: where two values differ by no more than rounding, either may be the
 * maximum and take the gradient.
 */
const MARGIN = 3e-6;

/** A training step on random normal images, by dtype; references are computed once for all. */
export function stepPass(shape: StepShape): (dtype: DType) => Pass {
  const { images, channels, side, filters, kernel, hidden, classes } = shape;
  const random = new RandomState(SEED);
  const x = draw(random, [images, channels, side, side]);
  const y = random.randint(0, classes, images);
  const network = once(() =>
    new ThreeLayerConvNet({
      inputDim: [channels, side, side],
      ...{ numFilters: filters, filterSize: kernel },
      ...{ hiddenDim: hidden, numClasses: classes },
      random: new RandomState(SEED),
    })
  );
  // Weights that float32 can hold, as the images are.
  const initial = once(() => converted(network().params, "float64"));
  const checked = once(() => decidedImages(initial(), x, y));
  const naive = once(() => {
    const { loss, grads } = lossNaive(initial(), checked().x, checked().y);
    const config = [LEARNING_RATE, CHECKED_UPDATES] as const;
    const updated = adamNaive(initial(), grads, ...config);
    return { loss, grads, updated };
  });
  /** Products in the longest sum of a gradient. */
  const terms = Math.max(CHECKED_IMAGES * side ** 2, filters * side ** 2 / 4);

  return (dtype) => {
    const start = () => {
      const params = residents(initial(), dtype);
      return { params, states: statesOf(params), x: resident(x, dtype) };
    };
    const started = once(start);
    /** The loss and gradients of the network with other parameters. */
    const lossWith = (params: Params, x: Tensor, y: Int32Array) => {
      network().params = params;
      return network().loss(x, y);
    };
    return {
      work: { operation: "training step", dtype, shape: { ...shape } },
      flops: flopsOf(shape),
      run: () =>
        inWorkspace(() => {
          const { params, states, x } = started();
          const { loss, grads } = lossWith(params, x, y);
          update(params, grads, states);
          return loss;
        }),
      results: () =>
        inWorkspace(() => {
          const { params, states } = start();
          const some = checked();
          const found = lossWith(params, some.x.astype(dtype), some.y);
          const given = converted(naive().grads, dtype);
          for (let i = 0; i < CHECKED_UPDATES; i++) {
            update(params, given, states);
          }
          return { ...named(found), ...params };
        }),
      references: () => ({
        ...mapped(named(naive()), (value) => ({ value, terms })),
        ...mapped(naive().updated, (value) => ({ value, terms: 1 })),
      }),
    };
  };
}

/** Some of the first images, those whose maxima are decided. */
function decidedImages(
  params: Params,
  x: Tensor,
  y: Int32Array,
): { x: Tensor; y: Int32Array } {
  const candidates = x.slice(0, Math.min(CHECKED_IMAGES, x.shape[0]!));
  const margins = marginsNaive(params, candidates);
  const decided = margins.flatMap((margin, n) => margin > MARGIN ? [n] : []);
  const size = candidates.size / candidates.shape[0]!;
  const values = new Float64Array(decided.length * size);
  for (const [i, n] of decided.entries()) {
    values.set(candidates.slice(n, n + 1).data, i * size);
  }
  return {
    x: tensor(values, [decided.length, ...x.shape.slice(1)]),
    y: Int32Array.from(decided, (n) => y[n]!),
  };
}

function update(
  params: Params,
  grads: Params,
  states: Record<string, OptimState>,
): void {
  for (const [name, w] of Object.entries(params)) {
    params[name] = adam(w, grads[name]!, states[name]!);
  }
}

function statesOf(params: Params): Record<string, OptimState> {
  return mapped(params, () => optimState({ learningRate: LEARNING_RATE }));
}

/** Multiply-adds of the matrix products, each counted as two operations. */
function flopsOf(shape: StepShape): number {
  const { images, channels, side, filters, kernel, hidden, classes } = shape;
  const convolution = side ** 2 * filters * channels * kernel ** 2;
  const affine = filters * (side / 2) ** 2 * hidden + hidden * classes;
  // The first layer has no gradient of the input.
  return 2 * images * (2 * convolution + 3 * affine);
}

function converted(params: Params, dtype: DType): Params {
  return mapped(params, (tensor) => tensor.astype(dtype));
}

/** The loss, and gradients under names of their own: `dW1`. */
function named({ loss, grads }: { loss: number; grads: Params }): Params {
  const gradients = Object.entries(grads)
    .map(([name, gradient]) => [`d${name}`, gradient]);
  return { loss: tensor([loss]), ...Object.fromEntries(gradients) };
}

function mapped<T, R>(
  record: Record<string, T>,
  change: (value: T) => R,
): Record<string, R> {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [name, change(value)]),
  );
}
