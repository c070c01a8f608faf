// Copyright 2026 the Convlab authors. MIT license.

/**
 * CIFAR-10 as tensors, as the document's `get_CIFAR10_data` returns it.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { loadCifar10 } from "./cifar10.ts";
import type { SplitOptions } from "./data_set.ts";

/** Options of {@linkcode getCifar10Data}. */
export interface Cifar10DataOptions extends SplitOptions {
  /** Element type of the images. @default {"float64"} */
  readonly dtype?: DType | undefined;
}

/** What {@linkcode getCifar10Data} returns; N images have shape (N, 3, 32, 32). */
export interface Cifar10Data {
  /** Training images. */
  readonly xTrain: Tensor;
  /** Training labels. */
  readonly yTrain: Int32Array;
  /** Validation images. */
  readonly xVal: Tensor;
  /** Validation labels. */
  readonly yVal: Int32Array;
  /** Test images. */
  readonly xTest: Tensor;
  /** Test labels. */
  readonly yTest: Int32Array;
}

/**
 * Loads CIFAR-10 into tensors: the images as (N, C, H, W), less the mean
 * training image.
 *
 * All 51,000 images take 1.25 GB in float64 and half of it in float32. To train
 * on them, {@linkcode loadCifar10} needs an eighth of that.
 *
 * @param directory The folder with the files, or one that holds it as `cifar-10-batches-bin`.
 * @throws {RangeError} If more images are asked for than there are.
 * @throws {DataError} If a file that is needed is missing or damaged.
 *
 * @example The shapes of the default split
 * ```ts ignore
 * import { getCifar10Data } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { xTrain, xVal, xTest } = getCifar10Data("data/cifar-10-batches-bin");
 * assertEquals(xTrain.shape, [49000, 3, 32, 32]);
 * assertEquals(xVal.shape, [1000, 3, 32, 32]);
 * assertEquals(xTest.shape, [1000, 3, 32, 32]);
 * ```
 */
export function getCifar10Data(
  directory: string,
  options: Cifar10DataOptions = {},
): Cifar10Data {
  const { dtype = "float64", ...split } = options;
  const { train, validation, test } = loadCifar10(directory, split);
  return {
    xTrain: train.toTensor(dtype),
    yTrain: train.labels,
    xVal: validation.toTensor(dtype),
    yVal: validation.labels,
    xTest: test.toTensor(dtype),
    yTest: test.labels,
  };
}
