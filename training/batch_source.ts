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
  if (!(x instanceof Tensor)) {
    return new BatchLoader(x, { ...options, dtype });
  }
  // Tensors are not augmented, so the sampler needs no size of theirs.
  const images = { length: labels.length, imageShape: [1, 1, 1] } as const;
  const sampler = new BatchSampler(images, options);
  return {
    batchesPerEpoch: sampler.batchesPerEpoch,
    next() {
      const { indices } = sampler.next();
      return {
        x: gather(x, indices, dtype),
        labels: indices.map((i) => labels[i]!),
      };
    },
    getState: () => sampler.getState(),
    setState: (state) => sampler.setState(state),
  };
}
