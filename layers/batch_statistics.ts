// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a batch is normalised by: its own statistics in training, and running
 * averages at test time. Batch normalisation and what is joined with it share it.
 *
 * @module
 */

import {
  type BatchnormGeometry,
  batchnormStatistics,
  type StatisticsSource,
  type WholeBatch,
} from "../kernels/batchnorm.ts";
import { emptyTensor } from "../kernels/frame.ts";
import {
  type DType,
  formatShape,
  promoteDTypes,
  type Tensor,
} from "../numerics/tensor.ts";
import type { BatchnormCache, BatchnormOptions } from "./batchnorm.ts";
import { checkShape } from "./check.ts";

/** What each channel is normalised by. */
export interface BatchStatistics {
  readonly mean: Tensor;
  /** 1 / sqrt(variance + eps). */
  readonly inverseStd: Tensor;
  /** gamma · inverseStd. */
  readonly scale: Tensor;
  /** float64 if any of x, gamma and beta is. */
  readonly dtype: DType;
}

/** The sizes of x, which has to have `rank` axes: 2 or 4. */
export function batchGeometry(x: Tensor, rank: number): BatchnormGeometry {
  if (x.shape.length !== rank) {
    throw new TypeError(
      `Cannot normalise batch: expected x of ${rank} axes, ${
        rank === 2 ? "(N, D)" : "(N, C, H, W)"
      }, but found ${formatShape(x.shape)}`,
    );
  }
  const [images = 0, channels = 0, height = 1, width = 1] = x.shape;
  return { images, channels, size: height * width };
}

/**
 * Checks the arguments of a batch normalisation, takes the statistics, and
 * updates running averages in training.
 */
export function batchStatistics(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
  geometry: BatchnormGeometry,
): BatchStatistics {
  const { mode, eps = 1e-5, momentum = 0.9, runningMean, runningVar } = options;
  const { channels } = geometry;
  checkShape("normalise batch", "gamma", gamma, [channels]);
  checkShape("normalise batch", "beta", beta, [channels]);
  if (runningMean) {
    checkShape("normalise batch", "runningMean", runningMean, [channels]);
  }
  if (runningVar) {
    checkShape("normalise batch", "runningVar", runningVar, [channels]);
  }
  if (!(eps >= 0) || !(momentum >= 0 && momentum <= 1)) {
    throw new RangeError(
      `Cannot normalise batch: expected eps of at least 0 and momentum from 0 to 1 but found ${eps} and ${momentum}`,
    );
  }
  const dtype = promoteDTypes(x, gamma, beta);
  const { mean, variance } = mode === "train"
    ? ownStatistics(x, geometry, dtype)
    : averages(mode, runningMean, runningVar);
  if (mode === "train") {
    if (options.whole) {
      joinStatistics(mean, variance, geometry.images, options.whole);
    }
    if (runningMean) blend(runningMean, mean, momentum);
    if (runningVar) blend(runningVar, variance, momentum);
  }
  const inverseStd = emptyTensor([channels], dtype);
  const scale = emptyTensor([channels], dtype);
  for (let c = 0; c < channels; c++) {
    inverseStd.data[c] = 1 / Math.sqrt(variance.data[c]! + eps);
    scale.data[c] = gamma.data[c]! * inverseStd.data[c]!;
  }
  return { mean, inverseStd, scale, dtype };
}

/** What a forward pass took its mean and variance from. */
export function sourceOf({ mode, whole }: BatchnormCache): StatisticsSource {
  return mode === "test" ? "elsewhere" : whole ?? "x";
}

function ownStatistics(
  x: Tensor,
  geometry: BatchnormGeometry,
  dtype: DType,
): { mean: Tensor; variance: Tensor } {
  if (x.size === 0) {
    throw new RangeError(
      `Cannot normalise batch: expected at least one example in mode "train" but found x of shape ${
        formatShape(x.shape)
      }`,
    );
  }
  return batchnormStatistics(x, geometry, dtype);
}

/**
 * Makes mean and variance of `images` images those of the whole batch, in place:
 * the mean first, and then the variance about it, so that nothing cancels out.
 */
function joinStatistics(
  mean: Tensor,
  variance: Tensor,
  images: number,
  whole: WholeBatch,
): void {
  const share = images / whole.images;
  const means = Float64Array.from(mean.data, (own) => share * own);
  whole.sum(means);
  const variances = Float64Array.from(
    variance.data,
    (own, c) => share * (own + (mean.data[c]! - means[c]!) ** 2),
  );
  whole.sum(variances);
  mean.data.set(means);
  variance.data.set(variances);
}

function averages(
  mode: string,
  mean: Tensor | undefined,
  variance: Tensor | undefined,
): { mean: Tensor; variance: Tensor } {
  if (mode !== "test") {
    throw new RangeError(
      `Cannot normalise batch: expected mode "train" or "test" but found ${
        JSON.stringify(mode)
      }`,
    );
  }
  if (!mean || !variance) {
    throw new TypeError(
      'Cannot normalise batch: expected runningMean and runningVar in mode "test" but found none',
    );
  }
  // The cache keeps the mean, and a later step of training may change this one.
  const kept = emptyTensor(mean.shape, mean.dtype);
  kept.data.set(mean.data);
  return { mean: kept, variance };
}

function blend(running: Tensor, batch: Tensor, momentum: number): void {
  for (let c = 0; c < running.size; c++) {
    running.data[c] = momentum * running.data[c]! +
      (1 - momentum) * batch.data[c]!;
  }
}
