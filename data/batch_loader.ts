// Copyright 2026 the Convlab authors. MIT license.

/**
 * Batches of images for training: drawn, augmented, normalised, and prepared
 * ahead by a worker.
 *
 * @module
 */

import { type Part, partOf } from "../numerics/part.ts";
import {
  arrayOf,
  type DType,
  sizeOf,
  Tensor,
  type TensorData,
} from "../numerics/tensor.ts";
import {
  type BatchPlan,
  BatchSampler,
  type BatchSamplerOptions,
  partOfPlan,
  type SamplerState,
} from "./batch_sampler.ts";
import { BatchWorker } from "./batch_worker.ts";
import { fillBatch } from "./fill_batch.js";
import type { ImageSet } from "./image_set.ts";

/** Options of a {@linkcode BatchLoader}. */
export interface BatchLoaderOptions extends BatchSamplerOptions {
  /**
   * Element type of the images.
   *
   * @default {"float32"}
   */
  readonly dtype?: DType;
  /**
   * Whether a worker prepares the next batch while the caller works on the
   * last; by default on machines of several cores and for batches of at least
   * 32,768 numbers, since less is quicker done than handed over. The batches
   * are the same.
   */
  readonly prefetch?: boolean;
  /**
   * Which of a batch's images to prepare, told how many it has, where others
   * prepare the rest of them; by default all. All are drawn for in any case.
   */
  readonly part?: ((count: number) => Part) | undefined;
}

/** A batch of B images, or a part of B images of a larger one. */
export interface Batch {
  /** The images, of shape (B, C, H, W). The next call of `next()` overwrites them. */
  readonly x: Tensor;
  /** Their classes. */
  readonly labels: Int32Array;
  /** Where they are in the set. */
  readonly indices: Int32Array;
  /** Images of the whole batch. */
  readonly batchSize: number;
}

/** Numbers in a batch from which on a worker is worth its while: some 50 µs of work. */
const WORTH_A_WORKER = 2 ** 15;

/**
 * Draws batches from an image set and prepares them, each while the caller
 * works on the one before.
 *
 * The same seed gives the same batches, with and without the worker. The worker
 * works on a guess at what is drawn next, {@linkcode BatchSampler.peek}; where
 * anything else has drawn from the same generator in between, the guess was
 * wrong, and the batch is prepared on the caller's thread: give the loader a
 * generator of its own if that is often. So the state that
 * {@linkcode BatchLoader.getState} gives is always that of the next batch, not
 * that of one drawn ahead.
 *
 * The worker reads a copy of the images in shared memory, made with the first
 * batch and used by all loaders of the same images, or the images themselves if
 * they lie in a `SharedArrayBuffer`. It ends by itself when no batch has been asked for in 50
 * to 100 ms of waiting, so it does not keep a program alive, and starts again
 * with the next. Where it cannot start, fails or hangs, batches are prepared on
 * the caller's thread.
 *
 * @example Train on mirrored and shifted images
 * ```ts
 * import { BatchLoader, ImageSet, RandomState } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = new ImageSet({
 *   bytes: new Uint8Array(50 * 3 * 8 * 8),
 *   labels: new Uint8Array(50),
 *   imageShape: [3, 8, 8],
 * });
 * using loader = new BatchLoader(images, {
 *   batchSize: 10,
 *   augmentation: { flip: true, crop: 1 },
 *   random: new RandomState(0),
 * });
 * for (let i = 0; i < loader.batchesPerEpoch; i++) {
 *   const { x, labels } = loader.next();
 *   assertEquals(x.shape, [10, 3, 8, 8]);
 *   assertEquals(labels.length, 10);
 * }
 * ```
 *
 * @example Save where it is, and go on from there
 * ```ts
 * import { BatchLoader, ImageSet } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const images = new ImageSet({
 *   bytes: Uint8Array.from({ length: 160 }, (_, i) => i),
 *   labels: new Uint8Array(10),
 *   imageShape: [1, 4, 4],
 * });
 * using loader = new BatchLoader(images, { batchSize: 2 });
 * loader.next();
 * const saved = JSON.stringify(loader.getState());
 * using other = new BatchLoader(images, { batchSize: 2 });
 * other.setState(JSON.parse(saved));
 * assertEquals(other.next().x, loader.next().x);
 * ```
 */
export class BatchLoader {
  readonly #images: ImageSet;
  readonly #sampler: BatchSampler;
  readonly #dtype: DType;
  readonly #size: number;
  readonly #part: ((count: number) => Part) | undefined;
  #prefetch: boolean;
  #limitation: string | undefined;
  #preparedAhead = 0;
  #worker: BatchWorker | undefined;
  #outs: readonly [TensorData, TensorData] | undefined;
  #slot: 0 | 1 = 0;
  /** What the worker was asked for. */
  #guess: BatchPlan | undefined;

  /**
   * Prepares nothing yet.
   *
   * @throws {TypeError} If an option is of a wrong type.
   * @throws {RangeError} If there are no images, or a number is out of range.
   */
  constructor(images: ImageSet, options: BatchLoaderOptions = {}) {
    const { dtype = "float32" } = options;
    this.#images = images;
    this.#sampler = new BatchSampler(images, options);
    arrayOf(dtype); // Throws if there is no such dtype.
    this.#dtype = dtype;
    this.#size = sizeOf(images.imageShape);
    this.#part = options.part;
    const { batchSize } = this.#sampler;
    const { begin, end } = options.part?.(batchSize) ?? partOf(batchSize, 0, 1);
    this.#prefetch = options.prefetch ??
      (navigator.hardwareConcurrency > 1 &&
        (end - begin) * this.#size >= WORTH_A_WORKER);
  }

  /** Batches of one epoch; at least 1. */
  get batchesPerEpoch(): number {
    return this.#sampler.batchesPerEpoch;
  }

  /** Why batches are not prepared ahead although they were to be, if that is so. */
  get limitation(): string | undefined {
    return this.#limitation;
  }

  /** How many of the batches so far the worker had prepared, or was preparing. */
  get preparedAhead(): number {
    return this.#preparedAhead;
  }

  /**
   * The next batch. Its images stay as they are until the call after this one;
   * clone what is to be kept for longer.
   */
  next(): Batch {
    const drawn = this.#sampler.next();
    const plan = this.#own(drawn);
    const { indices } = plan;
    this.#slot = other(this.#slot);
    const ready = this.#settle() && isSame(plan, this.#guess);
    const out = this.#room()[this.#slot];
    const data = out.subarray(0, indices.length * this.#size);
    if (ready) this.#preparedAhead++;
    else fillBatch(this.#images, plan, data);
    this.#request();
    return {
      x: new Tensor(data, [indices.length, ...this.#images.imageShape]),
      labels: this.#images.labelsOf(indices),
      indices,
      batchSize: drawn.indices.length,
    };
  }

  /** Where the loader is, to continue from later: what {@linkcode BatchLoader.next} gives next; plain JSON. */
  getState(): SamplerState {
    return this.#sampler.getState();
  }

  /**
   * Continues from a state that {@linkcode BatchLoader.getState} gave, also one
   * of another loader with the same options and images. It sets the generator
   * too.
   *
   * @throws {TypeError} If a part of the state is missing or of a wrong type.
   * @throws {RangeError} If the state is of another number of images, or a number in it is out of range. The loader is then as it was.
   */
  setState(state: SamplerState): void {
    this.#sampler.setState(state);
  }

  /** Ends the worker. Batches are then prepared on the caller's thread. */
  [Symbol.dispose](): void {
    this.#prefetch = false;
    this.#worker?.stop();
  }

  /** What is to be prepared here of what was drawn. */
  #own(plan: BatchPlan): BatchPlan {
    return this.#part
      ? partOfPlan(plan, this.#part(plan.indices.length))
      : plan;
  }

  /** Whether the worker has prepared what it was asked for. */
  #settle(): boolean {
    try {
      return this.#worker?.settle() ?? false;
    } catch (error) {
      this.#giveUp(error);
      return false;
    }
  }

  /** Room for two batches. */
  #room(): readonly [TensorData, TensorData] {
    if (this.#outs) return this.#outs;
    if (this.#prefetch) {
      try {
        const { batchSize } = this.#sampler;
        this.#worker = new BatchWorker(this.#images, batchSize, this.#dtype);
        return this.#outs = this.#worker.outs;
      } catch (error) {
        this.#giveUp(error);
      }
    }
    const ArrayType = arrayOf(this.#dtype);
    const length = this.#sampler.batchSize * this.#size;
    return this.#outs = [new ArrayType(length), new ArrayType(length)];
  }

  /** Asks for the batch that comes after this one. */
  #request(): void {
    if (!this.#prefetch || !this.#worker) return;
    this.#guess = this.#own(this.#sampler.peek());
    try {
      this.#worker.request(this.#guess, other(this.#slot));
    } catch (error) {
      this.#giveUp(error);
    }
  }

  /** Goes on without the worker, which may still write to its memory. */
  #giveUp(error: unknown): void {
    this.#limitation = error instanceof Error ? error.message : String(error);
    this.#prefetch = false;
    this.#worker?.abandon();
    this.#worker = undefined;
    this.#outs = undefined;
  }
}

function other(slot: 0 | 1): 0 | 1 {
  return slot === 0 ? 1 : 0;
}

/** Whether two plans are of the same batch. */
function isSame(a: BatchPlan, b: BatchPlan | undefined): boolean {
  const equal = (x: ArrayLike<number>, y: ArrayLike<number>) => {
    let same = x.length === y.length;
    for (let i = 0; same && i < x.length; i++) same = x[i] === y[i];
    return same;
  };
  return b !== undefined && equal(a.indices, b.indices) &&
    equal(a.flips, b.flips) && equal(a.dy, b.dy) && equal(a.dx, b.dx) &&
    equal(a.cutoutY, b.cutoutY) && equal(a.cutoutX, b.cutoutX);
}
