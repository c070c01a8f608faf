// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which pixels of an image the score of a class hangs on.
 *
 * @module
 */

import { RandomState } from "../numerics/random.ts";
import { formatShape, type Tensor, zeros } from "../numerics/tensor.ts";

/** What {@linkcode saliency} asks of a network, as `ConvNet` and `ThreeLayerConvNet` have it. */
export interface DifferentiableNetwork {
  /** The class scores of images, shape (N, classes). */
  scores(x: Tensor): Tensor;
  /** The gradient of the images from that of the scores. */
  inputGradient(x: Tensor, dscores: Tensor): Tensor;
}

/** Options of {@linkcode saliency}. */
export interface SaliencyOptions {
  /** Copies of the image with noise that the gradient is averaged over (SmoothGrad); by default 0, and the image is taken as it is. */
  readonly samples?: number | undefined;
  /** Standard deviation of the noise, as a part of the range of the image; 0.15 by default. */
  readonly noise?: number | undefined;
  /** Where the noise comes from; seeded with 0 by default. */
  readonly random?: RandomState | undefined;
}

/**
 * How strongly the score of a class changes with each pixel of an image: the
 * largest absolute value, over the channels, of the gradient of that score
 * (Simonyan, Vedaldi and Zisserman, "Deep Inside Convolutional Networks", 2013).
 * The score is that before the softmax. With `samples` the gradient is the mean
 * over noisy copies of the image (Smilkov et al., "SmoothGrad", 2017), whose
 * pictures are calmer.
 *
 * @param network The network.
 * @param x One image as the network takes it, shape (1, C, H, W).
 * @param label The class.
 * @returns Shape (H, W), no number negative.
 * @throws {TypeError} If the shape is that of no single image, or does not fit the network's.
 * @throws {RangeError} If the network has no such class, or an option is out of range.
 *
 * @example
 * ```ts
 * import { ConvNet, RandomState, saliency } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new ConvNet({ model: "conv4-relu gap fc3", inputDim: [3, 8, 8] });
 * const x = new RandomState(0).randn([1, 3, 8, 8]);
 * assertEquals(saliency(network, x, 2).shape, [8, 8]);
 * ```
 */
export function saliency(
  network: DifferentiableNetwork,
  x: Tensor,
  label: number,
  { samples = 0, noise = 0.15, random = new RandomState(0) }: SaliencyOptions =
    {},
): Tensor {
  const [images = 0, channels = 0, height = 0, width = 0] = x.shape;
  if (x.shape.length !== 4 || images !== 1) {
    throw new TypeError(
      `Cannot compute saliency: expected one image, shape (1, C, H, W), but found ${
        formatShape(x.shape)
      }`,
    );
  }
  if (!Number.isInteger(samples) || samples < 0 || !(noise >= 0)) {
    throw new RangeError(
      `Cannot compute saliency: expected samples to be an integer from 0 and noise not to be negative but found ${samples} and ${noise}`,
    );
  }
  const batch = samples === 0 ? x : noisyCopies(x, samples, noise, random);
  const dscores = zeros(network.scores(batch).shape, x.dtype);
  const [copies = 0, classes = 0] = dscores.shape;
  if (!Number.isInteger(label) || label < 0 || label >= classes) {
    throw new RangeError(
      `Cannot compute saliency: expected a class from 0 to ${
        classes - 1
      } but found ${label}`,
    );
  }
  for (let n = 0; n < copies; n++) dscores.data[n * classes + label] = 1;
  const { data } = network.inputGradient(batch, dscores);
  const area = height * width;
  const map = zeros([height, width], x.dtype);
  for (let c = 0; c < channels; c++) {
    for (let i = 0; i < area; i++) {
      let sum = 0;
      for (let n = 0; n < copies; n++) {
        sum += data[(n * channels + c) * area + i]!;
      }
      const strength = Math.abs(sum) / copies;
      // Negated, so that NaN is not lost.
      if (!(strength <= map.data[i]!)) map.data[i] = strength;
    }
  }
  return map;
}

function noisyCopies(
  x: Tensor,
  count: number,
  noise: number,
  random: RandomState,
): Tensor {
  let [low, high] = [Infinity, -Infinity];
  for (const value of x.data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const copies = random.randn([count, ...x.shape.slice(1)]).astype(x.dtype);
  const { data } = copies;
  for (let i = 0; i < data.length; i++) {
    data[i] = x.data[i % x.size]! + noise * (high - low) * data[i]!;
  }
  return copies;
}
