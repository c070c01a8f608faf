// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which images make up the batches of a training run, and how each of them is
 * augmented: everything about a batch that is left to chance.
 *
 * @module
 */

import type { Part } from "../numerics/part.ts";
import { type GeneratorState, RandomState } from "../numerics/random.ts";
import { type Augmentation, checkAugmentation } from "./augmentation.ts";

/** What one batch of B images is to be: all that was drawn for it. */
export interface BatchPlan {
  /** Which images, B of them. */
  readonly indices: Int32Array;
  /** 1 for each image that is mirrored left to right, 0 for the others. */
  readonly flips: Uint8Array;
  /** Row y of the output shows row y + dy of the image, before it is mirrored. */
  readonly dy: Int32Array;
  /** Column x of the output shows column x + dx of the image, before it is mirrored. */
  readonly dx: Int32Array;
  /** Side of the square that is cut out of each image; 0 for none. */
  readonly cutout: number;
  /** Row of each square's centre, in the output. */
  readonly cutoutY: Int32Array;
  /** Column of each square's centre, in the output. */
  readonly cutoutX: Int32Array;
}

/** What a part of a batch is to be. */
export function partOfPlan(plan: BatchPlan, { begin, end }: Part): BatchPlan {
  return {
    indices: plan.indices.slice(begin, end),
    flips: plan.flips.slice(begin, end),
    dy: plan.dy.slice(begin, end),
    dx: plan.dx.slice(begin, end),
    cutout: plan.cutout,
    cutoutY: plan.cutoutY.slice(begin, end),
    cutoutX: plan.cutoutX.slice(begin, end),
  };
}

/** Options of a {@linkcode BatchSampler}. */
export interface BatchSamplerOptions {
  /**
   * Images in a batch. Where there are fewer images, a shuffled batch has all.
   *
   * @default {100}
   */
  readonly batchSize?: number;
  /**
   * `"shuffle"` goes through all images in a new random order each epoch.
   * `"replacement"` draws each image of each batch from all, as
   * `numpy.random.choice(N, B)` does.
   *
   * @default {"shuffle"}
   */
  readonly sampling?: "shuffle" | "replacement";
  /**
   * Whether to leave out the images at the end of a shuffled epoch that do not
   * make up a whole batch. Otherwise they make up a smaller one.
   *
   * @default {true}
   */
  readonly dropLast?: boolean;
  /**
   * Random changes to the images.
   *
   * @default {{}}
   */
  readonly augmentation?: Augmentation;
  /** Where all draws come from; by default a generator with a random seed. */
  readonly random?: RandomState;
}

/** Where a {@linkcode BatchSampler} is; plain JSON. */
export interface SamplerState {
  /** Number of images that are drawn from. */
  readonly length: number;
  /** State of the generator. */
  readonly random: GeneratorState;
  /** Images of this epoch that have been taken. */
  readonly position: number;
  /**
   * State of the generator when the epoch's order was drawn, from which it can
   * be drawn again; `null` between epochs.
   */
  readonly epochStart: GeneratorState | null;
}

/** Where the sampler is within a shuffled epoch. */
interface Epoch {
  readonly start: GeneratorState;
  readonly order: Int32Array;
  readonly position: number;
}

/**
 * Draws the plans of batches, one after the other.
 *
 * For each batch it draws, in this order and for all its images at once: the
 * order of a new epoch, if one begins; or the indices with replacement; then
 * flips, `dy`, `dx`, and rows and columns of the squares' centres. What is
 * switched off is not drawn.
 *
 * @example Two epochs of five images
 * ```ts
 * import { BatchSampler, RandomState } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const sampler = new BatchSampler({ length: 5, imageShape: [1, 8, 8] }, {
 *   batchSize: 2,
 *   random: new RandomState(0),
 * });
 * assertEquals(sampler.batchesPerEpoch, 2);
 * assertEquals([...sampler.next().indices], [2, 0]);
 * assertEquals([...sampler.next().indices], [1, 3]);
 * assertEquals([...sampler.next().indices], [0, 2]); // A new epoch.
 * ```
 */
export class BatchSampler {
  /** Batches of one epoch; at least 1. */
  readonly batchesPerEpoch: number;
  /** The most images in a batch. */
  readonly batchSize: number;

  readonly #length: number;
  readonly #height: number;
  readonly #width: number;
  readonly #sampling: "shuffle" | "replacement";
  readonly #dropLast: boolean;
  readonly #augmentation: Required<Augmentation>;
  readonly #random: RandomState;
  #epoch: Epoch | undefined;

  /**
   * Draws nothing yet.
   *
   * @param images What is drawn from, such as an `ImageSet`.
   * @throws {TypeError} If the way of sampling is unknown, or `flip` is not a boolean.
   * @throws {RangeError} If there are no images, or a number is out of range.
   */
  constructor(
    images: {
      readonly length: number;
      readonly imageShape: readonly [number, number, number];
    },
    options: BatchSamplerOptions = {},
  ) {
    const {
      batchSize = 100,
      sampling = "shuffle",
      dropLast = true,
      augmentation = {},
      random = new RandomState(crypto.getRandomValues(new Uint32Array(1))[0]!),
    } = options;
    if (images.length < 1) {
      throw new RangeError(
        "Cannot draw batches: expected at least 1 image but found none",
      );
    }
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new RangeError(
        `Cannot draw batches: expected batchSize to be a positive integer but found ${batchSize}`,
      );
    }
    if (sampling !== "shuffle" && sampling !== "replacement") {
      throw new TypeError(
        `Cannot draw batches: expected sampling to be "shuffle" or "replacement" but found ${
          JSON.stringify(sampling)
        }`,
      );
    }
    this.#length = images.length;
    [, this.#height, this.#width] = images.imageShape;
    this.#sampling = sampling;
    this.#dropLast = dropLast;
    this.#augmentation = checkAugmentation(augmentation, images.imageShape);
    this.#random = random;
    const shuffle = sampling === "shuffle";
    this.batchSize = shuffle ? Math.min(batchSize, images.length) : batchSize;
    const batches = images.length / batchSize;
    this.batchesPerEpoch = shuffle && !dropLast
      ? Math.ceil(batches)
      : Math.max(1, Math.floor(batches));
  }

  /** Draws the next plan. */
  next(): BatchPlan {
    const indices = this.#sampling === "shuffle"
      ? this.#nextOfEpoch()
      : this.#random.choice(this.#length, this.batchSize);
    const { flip, crop, cutout } = this.#augmentation;
    const count = indices.length;
    const draw = (wanted: boolean, low: number, high: number) =>
      wanted ? this.#random.randint(low, high, count) : new Int32Array(count);
    return {
      indices,
      flips: Uint8Array.from(draw(flip, 0, 2)),
      dy: draw(crop > 0, -crop, crop + 1),
      dx: draw(crop > 0, -crop, crop + 1),
      cutout,
      cutoutY: draw(cutout > 0, 0, this.#height),
      cutoutX: draw(cutout > 0, 0, this.#width),
    };
  }

  /**
   * The plan that {@linkcode BatchSampler.next} is going to draw, unless
   * something else draws from the same generator before. The sampler and its
   * generator stay as they were.
   */
  peek(): BatchPlan {
    const random = this.#random.getState();
    const epoch = this.#epoch;
    try {
      return this.next();
    } finally {
      this.#random.setState(random);
      this.#epoch = epoch;
    }
  }

  /** Where the sampler is, to continue from later. */
  getState(): SamplerState {
    return {
      length: this.#length,
      random: this.#random.getState(),
      position: this.#epoch?.position ?? 0,
      epochStart: this.#epoch?.start ?? null,
    };
  }

  /**
   * Continues from a state that {@linkcode BatchSampler.getState} gave, also
   * one of another sampler with the same options and as many images. It sets
   * the generator too.
   *
   * @throws {TypeError} If a part of the state is missing or of a wrong type.
   * @throws {RangeError} If the state is of another number of images, or a number in it is out of range. The sampler is then as it was.
   */
  setState(state: SamplerState): void {
    const { length, random, position, epochStart } = state;
    checkGenerator("random", random);
    if (epochStart !== null) checkGenerator("epochStart", epochStart);
    if (length !== this.#length) {
      throw new RangeError(
        `Cannot set state: expected a state of ${this.#length} images but found one of ${length}`,
      );
    }
    const most = epochStart === null ? 0 : length;
    if (!Number.isInteger(position) || position < 0 || position > most) {
      throw new RangeError(
        `Cannot set state: expected position to be an integer from 0 to ${most} but found ${position}`,
      );
    }
    let epoch: Epoch | undefined;
    if (epochStart !== null) {
      const again = new RandomState(0);
      again.setState(epochStart);
      epoch = { start: epochStart, order: again.permutation(length), position };
    }
    this.#random.setState(random);
    this.#epoch = epoch;
  }

  #nextOfEpoch(): Int32Array {
    const { start, order, position } = this.#epoch ?? {
      start: this.#random.getState(),
      order: this.#random.permutation(this.#length),
      position: 0,
    };
    const end = Math.min(position + this.batchSize, this.#length);
    const left = this.#length - end;
    const over = left === 0 || this.#dropLast && left < this.batchSize;
    this.#epoch = over ? undefined : { start, order, position: end };
    return order.slice(position, end);
  }
}

/** Checks as much as `RandomState.setState` takes for granted. */
function checkGenerator(name: string, state: GeneratorState | undefined): void {
  if (typeof state === "object" && Array.isArray(state?.key)) return;
  throw new TypeError(
    `Cannot set state: expected ${name} to be the state of a generator but found ${
      JSON.stringify(state)
    }`,
  );
}
