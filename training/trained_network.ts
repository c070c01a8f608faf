// Copyright 2026 the Convlab authors. MIT license.

/**
 * A network beside what it was trained on: from an image to the probabilities
 * of its classes.
 *
 * @module
 */

import { fitImage } from "../data/fit_image.ts";
import type { Image } from "../data/image.ts";
import { ImageSet } from "../data/image_set.ts";
import type { ConvNet } from "../models/conv_net.ts";
import { type DType, formatShape, type Tensor } from "../numerics/tensor.ts";
import type { RunData } from "./run_data.ts";
import { softmax } from "./softmax.ts";

/** A class and how probable it is. */
export interface ClassProbability {
  /** The class, counted from 0. */
  readonly label: number;
  /** Its name. */
  readonly name: string;
  /** Its probability, 0 to 1. */
  readonly probability: number;
}

/**
 * A network that is ready to classify images.
 *
 * @example Classify a picture
 * ```ts
 * import { ConvNet, TrainedNetwork } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const network = new ConvNet({ model: "conv4-relu gap fc2", inputDim: [3, 8, 8] });
 * const trained = new TrainedNetwork(network, {
 *   title: "Pets",
 *   classNames: ["cat", "dog"],
 *   imageShape: [3, 8, 8],
 * });
 * const pixels = new Uint8Array(20 * 10 * 3);
 * const [best, other] = trained.classify({ width: 20, height: 10, channels: 3, pixels });
 * assertEquals([best?.name, other?.name].sort(), ["cat", "dog"]);
 * ```
 */
export class TrainedNetwork implements RunData {
  /** The network. */
  readonly network: ConvNet;
  /** Name of the data set that it was trained on, for people. */
  readonly title: string;
  /** The class that each score stands for. */
  readonly classNames: readonly string[];
  /** Channels, height and width of an image. */
  readonly imageShape: readonly [number, number, number];
  /** What is subtracted from the pixels, C·H·W numbers, or nothing. */
  readonly mean: Float64Array | undefined;
  /** What they are divided by after that, C·H·W numbers, or nothing. */
  readonly std: Float64Array | undefined;
  /** The iteration of the checkpoint that the parameters come from; `undefined` if training has ended. */
  readonly iteration: number | undefined;

  /**
   * Joins a network and the description of its data.
   *
   * @param network The network.
   * @param data What its images and classes are.
   * @param iteration The iteration of the checkpoint that it comes from, if training has not ended.
   * @throws {RangeError} If the network takes images of another shape, or gives another number of scores.
   */
  constructor(network: ConvNet, data: RunData, iteration?: number) {
    const { title, classNames, imageShape, mean, std } = data;
    if (formatShape(network.inputDim) !== formatShape(imageShape)) {
      throw new RangeError(
        `Cannot use network: expected images of shape ${
          formatShape(imageShape)
        }, as its data has them, but found that it takes ${
          formatShape(network.inputDim)
        }`,
      );
    }
    if (network.numClasses !== classNames.length) {
      throw new RangeError(
        `Cannot use network: expected ${classNames.length} scores, one for each class of its data, but found that it gives ${network.numClasses}`,
      );
    }
    this.network = network;
    this.title = title;
    this.classNames = classNames;
    this.imageShape = imageShape;
    this.mean = mean;
    this.std = std;
    this.iteration = iteration;
  }

  /** Element type of the network's parameters. */
  get dtype(): DType {
    return Object.values(this.network.params)[0]?.dtype ?? "float32";
  }

  /**
   * An image as the network takes it: in its shape, as {@linkcode fitImage} makes
   * it, and normalised.
   *
   * @returns A batch of one, shape (1, C, H, W).
   */
  preprocess(image: Image): Tensor {
    const bytes = fitImage(image, this.imageShape);
    const { imageShape, mean, std } = this;
    const labels = Uint8Array.of(0);
    return new ImageSet({ bytes, labels, imageShape, mean, std })
      .toTensor(this.dtype);
  }

  /**
   * The probabilities of the classes: the softmax of the scores.
   *
   * @param x Images that are normalised, shape (N, C, H, W).
   * @returns Shape (N, classes); each row adds up to 1.
   * @throws {TypeError} If the shape does not fit the network's.
   */
  probabilities(x: Tensor): Tensor {
    return softmax(this.network.scores(x));
  }

  /**
   * All classes of an image, the most probable first; of equals, the first.
   *
   * @throws {Error} If the network gives scores that are NaN or infinite.
   */
  classify(image: Image): ClassProbability[] {
    const { data } = this.probabilities(this.preprocess(image));
    if (data.some(Number.isNaN)) {
      throw new Error(
        "Cannot classify: expected finite scores but found NaN or infinite ones; the network has diverged",
      );
    }
    return this.classNames
      .map((name, label) => ({ label, name, probability: data[label]! }))
      .sort((a, b) => b.probability - a.probability);
  }
}
