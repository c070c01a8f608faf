// Copyright 2026 the Convlab authors. MIT license.

/**
 * The three-layer convolutional network: convolution, ReLU, 2 × 2 max-pooling,
 * affine, ReLU, affine, softmax.
 *
 * @module
 */

import { affineBackward, affineForward } from "../layers/affine.ts";
import {
  affineReluBackward,
  affineReluForward,
} from "../layers/affine_relu.ts";
import {
  convReluPoolBackward,
  convReluPoolForward,
} from "../layers/conv_relu.ts";
import { convForwardFast } from "../layers/conv_fast.ts";
import { softmaxLoss } from "../layers/loss.ts";
import { maxPoolForwardFast } from "../layers/pool_fast.ts";
import { reluForward } from "../layers/relu.ts";
import { RandomState } from "../numerics/random.ts";
import {
  type DType,
  formatShape,
  type Tensor,
  zeros,
} from "../numerics/tensor.ts";
import type { Reduction } from "./reduction.ts";
import { regularize } from "./regularize.ts";

/** Options of {@linkcode ThreeLayerConvNet}. */
export interface ThreeLayerConvNetOptions {
  /** Channels, height and width of an image; (3, 32, 32) by default. */
  readonly inputDim?: readonly [number, number, number];
  /** Filters of the convolution; 32 by default. */
  readonly numFilters?: number;
  /** Height and width of a filter, odd; 7 by default. */
  readonly filterSize?: number;
  /** Units of the hidden affine layer; 100 by default. */
  readonly hiddenDim?: number;
  /** Scores that the last layer gives; 10 by default. */
  readonly numClasses?: number;
  /** Standard deviation of the initial weights; 1e-3 by default. */
  readonly weightScale?: number;
  /** Strength of the L2 regularisation; 0 by default. */
  readonly reg?: number;
  /** Element type of the parameters; float32 by default. */
  readonly dtype?: DType;
  /** Where the initial weights come from; seeded anew for each model by default. */
  readonly random?: RandomState;
}

/** Names of the network's parameters, in the order in which they are made. */
type ParameterName = "W1" | "b1" | "W2" | "b2" | "W3" | "b3";

const POOL = { poolHeight: 2, poolWidth: 2, stride: 2 } as const;

/**
 * A network that classifies images: conv – relu – 2 × 2 max pool – affine –
 * relu – affine – softmax. The convolution keeps height and width.
 *
 * Parameters are `W1` (numFilters, C, filterSize, filterSize), `b1`, `W2`
 * (numFilters · ⌊H/2⌋ · ⌊W/2⌋, hiddenDim), `b2`, `W3` (hiddenDim, numClasses)
 * and `b3`. Arithmetic is float64 if the images or the parameters are.
 *
 * @example The loss of an untrained network is about the logarithm of the number of classes
 * ```ts
 * import { RandomState, ThreeLayerConvNet } from "@convlab/convlab";
 * import { assertAlmostEquals } from "@std/assert";
 *
 * const random = new RandomState(0);
 * const model = new ThreeLayerConvNet({ inputDim: [3, 8, 8], random });
 * const { loss } = model.loss(random.randn([5, 3, 8, 8]), [0, 1, 2, 3, 4]);
 * assertAlmostEquals(loss, Math.log(10), 1e-3);
 * ```
 */
export class ThreeLayerConvNet {
  /** The parameters by name. An optimiser may replace them. */
  params: Record<string, Tensor>;
  /** Strength of the L2 regularisation. */
  reg: number;
  /** Channels, height and width of an image. */
  readonly inputDim: readonly [number, number, number];
  readonly #pad: number;

  /**
   * Draws the weights, W1, W2 and W3 in this order, and sets the biases to 0.
   *
   * @throws {RangeError} If an option is out of range.
   * @throws {TypeError} If the dtype is neither float32 nor float64.
   */
  constructor(options: ThreeLayerConvNetOptions = {}) {
    const {
      inputDim = [3, 32, 32],
      numFilters = 32,
      filterSize = 7,
      hiddenDim = 100,
      numClasses = 10,
      weightScale = 1e-3,
      reg = 0,
      dtype = "float32",
      random = new RandomState(crypto.getRandomValues(new Uint32Array(1))[0]!),
    } = options;
    const [channels, height, width] = inputDim;
    checkPositive({ channels, numFilters, hiddenDim, numClasses });
    checkPositive({ "height / 2": height >> 1, "width / 2": width >> 1 });
    if (
      !Number.isInteger(filterSize) || filterSize < 1 || filterSize % 2 === 0
    ) {
      throw new RangeError(
        `Cannot build network: expected filterSize to be odd and positive but found ${filterSize}`,
      );
    }
    checkNotNegative({ weightScale, reg });
    this.inputDim = [channels, height, width];
    this.reg = reg;
    this.#pad = (filterSize - 1) / 2;
    const weights = (shape: readonly number[]) => {
      const w = random.randn(shape);
      for (let i = 0; i < w.size; i++) w.data[i] = weightScale * w.data[i]!;
      return w.astype(dtype);
    };
    const pooled = numFilters * (height >> 1) * (width >> 1);
    const params: Record<ParameterName, Tensor> = {
      W1: weights([numFilters, channels, filterSize, filterSize]),
      b1: zeros([numFilters], dtype),
      W2: weights([pooled, hiddenDim]),
      b2: zeros([hiddenDim], dtype),
      W3: weights([hiddenDim, numClasses]),
      b3: zeros([numClasses], dtype),
    };
    this.params = params;
  }

  /**
   * The class scores of images.
   *
   * @param x Images, shape (N, C, H, W).
   * @returns Scores, shape (N, numClasses).
   * @throws {TypeError} If the shape does not fit the network's.
   */
  scores(x: Tensor): Tensor {
    return this.#forward(x).scores;
  }

  /**
   * The softmax loss, averaged over the images, plus
   * `reg / 2 · (ΣW1² + ΣW2² + ΣW3²)`; and its gradients.
   *
   * @param x Images, shape (N, C, H, W).
   * @param labels The class of each image.
   * @param reduction Adds gradients up over all parts of a batch, of which the images are one; the loss and its gradients are those of the whole.
   * @throws {TypeError} If a shape does not fit the network's.
   * @throws {RangeError} If a label is out of range.
   */
  loss(
    x: Tensor,
    labels: Int32Array | readonly number[],
    reduction?: Reduction,
  ): { loss: number; grads: Record<string, Tensor> } {
    const { params } = this;
    const { scores, conv, hidden, output } = this.#forward(x);
    const { loss: own, dx: dscores } = softmaxLoss(scores, labels, {
      batchSize: reduction?.batchSize,
    });
    // Of a part of a batch, the penalty is added once all parts are.
    const penalty = { reg: reduction ? 0 : this.reg };
    const third = affineBackward(dscores, output, penalty);
    reduction?.add("W3", third.dw);
    reduction?.add("b3", third.db);
    const second = affineReluBackward(third.dx, hidden, penalty);
    reduction?.add("W2", second.dw);
    reduction?.add("b2", second.db);
    const first = convReluPoolBackward(second.dx, conv, {
      inputGradient: false,
    });
    reduction?.add("W1", first.dw);
    reduction?.add("b1", first.db);
    const grads: Record<ParameterName, Tensor> = {
      W1: first.dw,
      b1: first.db,
      W2: second.dw,
      b2: second.db,
      W3: third.dw,
      b3: third.db,
    };
    const loss = reduction?.finish(own) ?? own;
    const weights = ([["W1", first], ["W2", second], ["W3", third]] as const)
      .map(([name, layer]) => ({ w: parameter(params, name), ...layer }));
    return { loss: loss + regularize(weights, this.reg), grads };
  }

  /**
   * The gradient of the images: how something that is computed from the scores
   * changes with each pixel.
   *
   * @param x Images, shape (N, C, H, W).
   * @param dscores The gradient of the scores, shape (N, numClasses).
   * @returns Shape (N, C, H, W).
   * @throws {TypeError} If a shape does not fit the network's.
   */
  inputGradient(x: Tensor, dscores: Tensor): Tensor {
    const { conv, hidden, output } = this.#forward(x);
    const third = affineBackward(dscores, output);
    const second = affineReluBackward(third.dx, hidden);
    return convReluPoolBackward(second.dx, conv).dx;
  }

  /**
   * What each layer gives for images, in order and by the names that a
   * {@linkcode ConvNet} has for them: `conv1`, `relu1`, `pool1`, `fc1`, `relu2`
   * and `fc2`. Each is run on its own.
   *
   * @param x Images, shape (N, C, H, W).
   * @throws {TypeError} If the shape does not fit the network's.
   */
  activations(x: Tensor): Map<string, Tensor> {
    this.#check(x);
    const p = (name: ParameterName) => parameter(this.params, name);
    const options = { stride: 1, pad: this.#pad };
    const conv1 = convForwardFast(x, p("W1"), p("b1"), options).out;
    const relu1 = reluForward(conv1).out;
    const pool1 = maxPoolForwardFast(relu1, POOL).out;
    const fc1 = affineForward(pool1, p("W2"), p("b2")).out;
    const relu2 = reluForward(fc1).out;
    const fc2 = affineForward(relu2, p("W3"), p("b3")).out;
    return new Map(Object.entries({ conv1, relu1, pool1, fc1, relu2, fc2 }));
  }

  #check(x: Tensor): void {
    const expected = this.inputDim;
    if (
      x.shape.length === 4 &&
      expected.every((d, axis) => x.shape[axis + 1] === d)
    ) return;
    throw new TypeError(
      `Cannot apply network: expected images of shape (N, ${
        expected.join(", ")
      }) but found ${formatShape(x.shape)}`,
    );
  }

  #forward(x: Tensor) {
    this.#check(x);
    const p = (name: ParameterName) => parameter(this.params, name);
    const conv = convReluPoolForward(
      x,
      p("W1"),
      p("b1"),
      { stride: 1, pad: this.#pad },
      POOL,
    );
    const hidden = affineReluForward(conv.out, p("W2"), p("b2"));
    const output = affineForward(hidden.out, p("W3"), p("b3"));
    return {
      scores: output.out,
      conv: conv.cache,
      hidden: hidden.cache,
      output: output.cache,
    };
  }
}

function parameter(
  params: Record<string, Tensor>,
  name: ParameterName,
): Tensor {
  const value = params[name];
  if (!value) {
    throw new TypeError(
      `Cannot apply network: expected a parameter ${name} but found none`,
    );
  }
  return value;
}

function checkPositive(sizes: Record<string, number>): void {
  for (const [name, size] of Object.entries(sizes)) {
    if (!Number.isInteger(size) || size < 1) {
      throw new RangeError(
        `Cannot build network: expected ${name} to be a positive integer but found ${size}`,
      );
    }
  }
}

function checkNotNegative(values: Record<string, number>): void {
  for (const [name, value] of Object.entries(values)) {
    if (!(value >= 0 && value < Infinity)) {
      throw new RangeError(
        `Cannot build network: expected ${name} to be finite and not negative but found ${value}`,
      );
    }
  }
}
