// Copyright 2026 the Convlab authors. MIT license.

/**
 * Where a training's batches come from: images are prepared by a loader, with a
 * worker of its own; tensors are gathered.
 *
 * @module
 */

import { BatchLoader } from "../data/batch_loader.ts";
import {
  BatchSampler,
  type BatchSamplerOptions,
  type SamplerState,
} from "../data/batch_sampler.ts";
import type { ImageSet } from "../data/image_set.ts";
import { getThreads } from "../kernels/runtime.ts";
import { type DType, Tensor } from "../numerics/tensor.ts";
import { gather } from "./batches.ts";

/** Gives one batch after the other. */
export interface BatchSource {
  /** Batches of one epoch. */
  readonly batchesPerEpoch: number;
  /** The next batch; it may lie in the workspace that is in use, or be overwritten by the next. */
  next(): { readonly x: Tensor; readonly labels: Int32Array };
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

/** A source of batches of `dtype`. */
export function batchSource(
  { x, labels }: Examples,
  dtype: DType,
  options: BatchSamplerOptions,
): BatchSource {
  const labelsOf = (indices: Int32Array) => indices.map((i) => labels[i]!);
  if (!(x instanceof Tensor)) {
    // Whoever wants one thread gets one.
    const alone = getThreads() === 1 ? { prefetch: false } : {};
    const loader = new BatchLoader(x, { ...options, ...alone, dtype });
    return {
      batchesPerEpoch: loader.batchesPerEpoch,
      next() {
        const { x, indices } = loader.next();
        return { x, labels: labelsOf(indices) };
      },
      getState: () => loader.getState(),
      setState: (state) => loader.setState(state),
    };
  }
  const { augmentation = {}, ...rest } = options;
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
      const { indices } = sampler.next();
      return { x: gather(x, indices, dtype), labels: labelsOf(indices) };
    },
    getState: () => sampler.getState(),
    setState: (state) => sampler.setState(state),
  };
}
