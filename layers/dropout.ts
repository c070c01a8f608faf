// Copyright 2026 the Convlab authors. MIT license.

/**
 * Inverted dropout.
 *
 * @module
 */

import { dropoutMask } from "../kernels/dropout.ts";
import { multiply } from "../kernels/elementwise.ts";
import type { Part } from "../numerics/part.ts";
import type { RandomState } from "../numerics/random.ts";
import {
  formatShape,
  promoteDTypes,
  sizeOf,
  type Tensor,
} from "../numerics/tensor.ts";
import { checkShape } from "./check.ts";

/** Options of {@linkcode dropoutForward}. */
export interface DropoutOptions {
  /** Probability that an element is dropped, at least 0 and below 1. */
  readonly p: number;
  /** `"train"` drops at random, `"test"` passes the input through. */
  readonly mode: "train" | "test";
  /** Where the random numbers come from; needed in `"train"`. */
  readonly random?: RandomState;
  /** The batch that `x` is a part of, for the whole of which is drawn; by default `x` itself. */
  readonly whole?: DropoutBatch | undefined;
}

/** A batch, of which {@linkcode dropoutForward} is given a part. */
export interface DropoutBatch {
  /** Examples of the whole batch. */
  readonly batchSize: number;
  /** Those that are given. */
  readonly part: Part;
}

/** What {@linkcode dropoutBackward} needs from the forward pass. */
export interface DropoutCache {
  /** What each element was multiplied by; absent in `"test"`. */
  readonly mask: Tensor | undefined;
  /** Shape of the input. */
  readonly shape: readonly number[];
}

/**
 * Drops each element with probability `p` and divides the others by `1 - p`, so
 * that the expected output is the input (Srivastava et al., 2014, in the
 * inverted form). In `"test"` mode the input passes unchanged.
 *
 * @param x Input of any shape.
 * @returns `out` in the shape and dtype of `x`, and the cache for
 * {@linkcode dropoutBackward}.
 * @throws {RangeError} If `p` is not at least 0 and below 1, or the mode unknown.
 * @throws {TypeError} If `random` is missing in `"train"` mode, or `x` is not
 * the part of the whole batch that it is said to be.
 *
 * @example
 * ```ts
 * import { dropoutForward, RandomState, tensor } from "@convlab/convlab";
 * import { assert } from "@std/assert";
 *
 * const random = new RandomState(0);
 * const { out } = dropoutForward(tensor([1, 1, 1, 1]), { p: 0.5, mode: "train", random });
 * assert(out.data.every((value) => value === 0 || value === 2));
 * ```
 */
export function dropoutForward(
  x: Tensor,
  options: DropoutOptions,
): { out: Tensor; cache: DropoutCache } {
  const { p, mode, random, whole } = options;
  if (!(p >= 0 && p < 1)) {
    throw new RangeError(
      `Cannot apply dropout: expected p of at least 0 and below 1 but found ${p}`,
    );
  }
  if (mode === "test") {
    return { out: x, cache: { mask: undefined, shape: x.shape } };
  }
  if (mode !== "train") {
    throw new RangeError(
      `Cannot apply dropout: expected mode "train" or "test" but found ${
        JSON.stringify(mode)
      }`,
    );
  }
  if (!random) {
    throw new TypeError(
      'Cannot apply dropout: expected random in mode "train" but found none',
    );
  }
  const mask = whole
    ? maskOfPart(random, x, p, whole)
    : dropoutMask(random, x.shape, p, x.dtype);
  const out = multiply(x, mask, x.dtype);
  return { out, cache: { mask, shape: x.shape } };
}

/**
 * Gradient of {@linkcode dropoutForward}: `dout` times the same mask.
 *
 * @param dout Gradient of the output, in the shape of the input.
 * @param cache What the forward pass returned.
 * @throws {TypeError} If the shape of `dout` does not fit.
 *
 * @example
 * ```ts
 * import { dropoutBackward, dropoutForward, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { cache } = dropoutForward(tensor([1, 2]), { p: 0.5, mode: "test" });
 * assertEquals(dropoutBackward(tensor([3, 4]), cache).dx.data, new Float64Array([3, 4]));
 * ```
 */
export function dropoutBackward(
  dout: Tensor,
  cache: DropoutCache,
): { dx: Tensor } {
  checkShape("differentiate dropout", "dout", dout, cache.shape);
  const { mask } = cache;
  if (!mask) return { dx: dout };
  return { dx: multiply(dout, mask, promoteDTypes(dout, mask)) };
}

/** The mask of a part; the generator is then where it would be for the whole. */
function maskOfPart(
  random: RandomState,
  x: Tensor,
  p: number,
  { batchSize, part: { begin, end } }: DropoutBatch,
): Tensor {
  const [examples = 0, ...rest] = x.shape;
  if (examples !== end - begin || begin < 0 || end > batchSize) {
    throw new TypeError(
      `Cannot apply dropout: expected x to have examples ${begin} to ${end} of ${batchSize} but found shape ${
        formatShape(x.shape)
      }`,
    );
  }
  const size = sizeOf(rest);
  return dropoutMask(random, x.shape, p, x.dtype, {
    count: batchSize * size,
    part: { begin: begin * size, end: end * size },
  });
}
