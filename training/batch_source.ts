// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where a training's batches come from: images are prepared by a loader, with a
 * worker of its own; tensors are gathered.
 *
 * @module
 */

import { BatchLoader, type BatchLoaderOptions } from "../data/batch_loader.ts";
import {
  BatchSampler,
  type BatchSamplerOptions,
  type SamplerState,
} from "../data/batch_sampler.ts";
import type { ImageSet } from "../data/image_set.ts";
import { partOf } from "../numerics/part.ts";
import { getThreads } from "../kernels/runtime.ts";
import { type DType, Tensor } from "../numerics/tensor.ts";
import { gather } from "./batches.ts";

/** A batch, or a part of one. */
export interface TrainingBatch {
  /** The examples; they may lie in the workspace that is in use, or be overwritten by the next batch. */
  readonly x: Tensor;
  /** Their labels. */
  readonly labels: Int32Array;
  /** Examples of the whole batch. */
  readonly batchSize: number;
}

/** Gives one batch after the other. */
export interface BatchSource {
  /** Batches of one epoch. */
  readonly batchesPerEpoch: number;
  /** The next batch, or a part of it. */
  next(): TrainingBatch;
  /** Which batch comes next, as plain JSON. */
  getState(): SamplerState;
  /** Goes on from such a state. */
  setState(state: SamplerState): void;
}

/** What batches are drawn from. */
export interface Examples {
  /** The examples, the first axis counting them, or a set of images. */
  readonly x: Tensor | ImageSet;
  /** Their labels. */
  readonly labels: Int32Array;
}

/** How batches are drawn, and which part of each is wanted; by default all of it. */
export type BatchSourceOptions =
  & BatchSamplerOptions
  & Pick<BatchLoaderOptions, "part">;

/** A source of batches of `dtype`. */
export function batchSource(
  { x, labels }: Examples,
  dtype: DType,
  options: BatchSourceOptions,
): BatchSource {
  const labelsOf = (indices: Int32Array) => indices.map((i) => labels[i]!);
  if (!(x instanceof Tensor)) {
    // Whoever wants one thread gets one.
    const alone = getThreads() === 1 ? { prefetch: false } : {};
    const loader = new BatchLoader(x, { ...options, ...alone, dtype });
    return {
      batchesPerEpoch: loader.batchesPerEpoch,
      next() {
        const { x, indices, batchSize } = loader.next();
        return { x, labels: labelsOf(indices), batchSize };
      },
      getState: () => loader.getState(),
      setState: (state) => loader.setState(state),
    };
  }
  const { augmentation = {}, part, ...rest } = options;
  if (Object.keys(augmentation).length > 0) {
    throw new TypeError(
      "Cannot train: expected an ImageSet to augment but found a tensor",
    );
  }
  // Tensors are not augmented, so the sampler needs no size of theirs.
  const images = { length: labels.length, imageShape: [1, 1, 1] } as const;
  const sampler = new BatchSampler(images, rest);
  return {
    batchesPerEpoch: sampler.batchesPerEpoch,
    next() {
      const drawn = sampler.next().indices;
      const batchSize = drawn.length;
      const { begin, end } = part?.(batchSize) ?? partOf(batchSize, 0, 1);
      const indices = drawn.subarray(begin, end);
      return {
        x: gather(x, indices, dtype),
        labels: labelsOf(indices),
        batchSize,
      };
    },
    getState: () => sampler.getState(),
    setState: (state) => sampler.setState(state),
  };
}
