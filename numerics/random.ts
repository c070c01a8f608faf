// Copyright 2026 the Convlab authors. MIT license.

/**
 * Random numbers as NumPy's legacy generator draws them: the same seed gives
 * the same numbers, so that a run can be compared with one in Python.
 *
 * @module
 */
import { log } from "./log.ts";
import { MersenneTwister, STATE_LENGTH } from "./mt19937.ts";
import { type Tensor, zeros } from "./tensor.ts";

/** Everything that decides which numbers come next; plain JSON. */
export interface GeneratorState {
  /** The 624 words of the Mersenne Twister, unsigned. */
  readonly key: readonly number[];
  /** Words of the current block that have been drawn, 0 to 624. */
  readonly position: number;
  /** Whether a normal number has been drawn and kept for the next call. */
  readonly hasGauss: boolean;
  /** That number, or 0. */
  readonly cachedGauss: number;
}

/** Options of {@linkcode RandomState.uniform}. */
export interface UniformOptions {
  /**
   * Lowest value.
   *
   * @default {0}
   */
  readonly low?: number;
  /**
   * Upper end, which is not drawn.
   *
   * @default {1}
   */
  readonly high?: number;
}

/** Options of {@linkcode RandomState.choice}. */
export interface ChoiceOptions {
  /**
   * Whether an index may be drawn more than once.
   *
   * @default {true}
   */
  readonly replace?: boolean;
}

/** Anything whose elements can be exchanged: an array or a typed array. */
export interface MutableArrayLike<T> {
  /** Number of elements. */
  readonly length: number;
  /** The elements. */
  [index: number]: T;
}

const MAX_WORD = 2 ** 32 - 1;

/**
 * A stream of random numbers that equals `numpy.random.RandomState(seed)`, draw
 * by draw: uniform numbers, integers, choices and permutations bit for bit, and
 * normal numbers with a correctly rounded logarithm, from which those of a
 * NumPy over the C library differ in 0.04 % of cases by one unit in the last
 * place.
 *
 * @example The first numbers of a seed
 * ```ts
 * import { RandomState } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const random = new RandomState(231);
 * assertEquals(random.randn([2]).data, new Float64Array([
 *   0.41794341085522313,
 *   1.3971002787857785,
 * ]));
 * assertEquals(random.randint(0, 10, 3).length, 3);
 * ```
 */
export class RandomState {
  readonly #twister = new MersenneTwister();
  #hasGauss = false;
  #cachedGauss = 0;

  /**
   * Starts the stream of a seed.
   *
   * @param seed A seed from 0 to 2^32 - 1, or a sequence of them.
   * @throws {RangeError} If a seed is not such an integer, or the sequence is empty.
   */
  constructor(seed: number | readonly number[]) {
    if (typeof seed !== "object") {
      this.#twister.seed(word("seed generator", "seed", seed));
      return;
    }
    if (seed.length === 0) {
      throw new RangeError(
        "Cannot seed generator: expected at least one seed but found none",
      );
    }
    this.#twister.seedByArray(
      seed.map((value, i) => word("seed generator", `seed[${i}]`, value)),
    );
  }

  /** A uniform number in [0, 1), of 53 random bits. */
  random(): number {
    const high = this.#twister.next() >>> 5;
    const low = this.#twister.next() >>> 6;
    return (high * 2 ** 26 + low) * 2 ** -53;
  }

  /**
   * Uniform numbers in [low, high), in float64.
   *
   * @param shape Shape of the result.
   * @throws {RangeError} If the distance from low to high is not finite.
   */
  uniform(shape: readonly number[], options: UniformOptions = {}): Tensor {
    const { low = 0, high = 1 } = options;
    const range = high - low;
    if (!Number.isFinite(range)) {
      throw new RangeError(
        `Cannot draw uniform numbers: expected finite bounds but found ${low} and ${high}`,
      );
    }
    const out = zeros(shape);
    const { data } = out;
    for (let i = 0; i < data.length; i++) data[i] = low + range * this.random();
    return out;
  }

  /**
   * Numbers of the standard normal distribution, in float64, by Marsaglia's
   * polar method. Numbers come in pairs: the second of the last pair is kept
   * for the next call, whatever else is drawn in between.
   *
   * @param shape Shape of the result.
   */
  randn(shape: readonly number[]): Tensor {
    const out = zeros(shape);
    const { data } = out;
    for (let i = 0; i < data.length; i++) data[i] = this.#gauss();
    return out;
  }

  /**
   * Integers in [low, high): one of any size, or an array of 32-bit integers.
   *
   * @param low Lowest value.
   * @param high Upper end, which is not drawn.
   * @throws {RangeError} If the bounds are not safe integers with low < high
   * or, for an array, do not fit in 32 bits.
   */
  randint(low: number, high: number): number;
  /**
   * An array of integers in [low, high).
   *
   * @param low Lowest value, at least -2^31.
   * @param high Upper end, which is not drawn; at most 2^31.
   * @param size Number of integers.
   */
  randint(low: number, high: number, size: number): Int32Array;
  randint(low: number, high: number, size?: number): number | Int32Array {
    const max = high - 1 - low;
    if (
      !Number.isSafeInteger(low) || !Number.isSafeInteger(high) ||
      !(max >= 0) || !Number.isSafeInteger(max)
    ) {
      throw new RangeError(
        `Cannot draw integers: expected safe integers low < high but found ${low} and ${high}`,
      );
    }
    if (size === undefined) return low + this.#interval(max);
    if (low < -(2 ** 31) || high > 2 ** 31) {
      throw new RangeError(
        `Cannot draw an array of integers: expected bounds within 32 bits but found ${low} and ${high}`,
      );
    }
    const out = new Int32Array(count("size", size));
    for (let i = 0; i < out.length; i++) out[i] = low + this.#interval(max);
    return out;
  }

  /**
   * Indices drawn from 0 to n - 1.
   *
   * @param n Number of indices to draw from.
   * @param size Number of indices to draw.
   * @throws {RangeError} If there are too few to draw from.
   */
  choice(n: number, size: number, options: ChoiceOptions = {}): Int32Array {
    const { replace = true } = options;
    count("n", n);
    count("size", size);
    if (size > n && (n === 0 || !replace)) {
      throw new RangeError(
        `Cannot choose: expected at most ${n} of ${n} indices but found size ${size}`,
      );
    }
    if (!replace) return this.permutation(n).slice(0, size);
    return size === 0 ? new Int32Array() : this.randint(0, n, size);
  }

  /** The integers from 0 to n - 1 in random order. */
  permutation(n: number): Int32Array {
    const out = new Int32Array(count("n", n));
    for (let i = 0; i < n; i++) out[i] = i;
    this.shuffle(out);
    return out;
  }

  /** Puts the elements of an array into random order, in place. */
  shuffle<T>(array: MutableArrayLike<T>): void {
    for (let i = array.length - 1; i > 0; i--) {
      const j = this.#interval(i);
      const kept = array[i]!;
      array[i] = array[j]!;
      array[j] = kept;
    }
  }

  /** A copy of the state, to continue from later. */
  getState(): GeneratorState {
    return {
      key: this.#twister.key(),
      position: this.#twister.position,
      hasGauss: this.#hasGauss,
      cachedGauss: this.#cachedGauss,
    };
  }

  /**
   * Continues from a state that {@linkcode RandomState.getState} gave.
   *
   * @throws {RangeError} If a word, their number or the position is out of range.
   */
  setState(state: GeneratorState): void {
    const { key, position, hasGauss, cachedGauss } = state;
    if (key.length !== STATE_LENGTH) {
      throw new RangeError(
        `Cannot set state: expected a key of ${STATE_LENGTH} words but found ${key.length}`,
      );
    }
    key.forEach((value, i) => word("set state", `key[${i}]`, value));
    if (
      !(Number.isInteger(position) && position >= 0 && position <= STATE_LENGTH)
    ) {
      throw new RangeError(
        `Cannot set state: expected position to be an integer from 0 to ${STATE_LENGTH} but found ${position}`,
      );
    }
    if (typeof hasGauss !== "boolean" || !Number.isFinite(cachedGauss)) {
      throw new TypeError(
        `Cannot set state: expected a boolean hasGauss and a finite cachedGauss but found ${hasGauss} and ${cachedGauss}`,
      );
    }
    this.#twister.restore(key, position);
    this.#hasGauss = hasGauss;
    this.#cachedGauss = cachedGauss;
  }

  #gauss(): number {
    if (this.#hasGauss) {
      const kept = this.#cachedGauss;
      this.#hasGauss = false;
      this.#cachedGauss = 0;
      return kept;
    }
    for (;;) {
      const x1 = 2 * this.random() - 1;
      const x2 = 2 * this.random() - 1;
      const r2 = x1 * x1 + x2 * x2;
      if (r2 >= 1 || r2 === 0) continue;
      const factor = Math.sqrt(-2 * log(r2) / r2);
      this.#hasGauss = true;
      this.#cachedGauss = factor * x1;
      return factor * x2;
    }
  }

  /**
   * A uniform integer from 0 to max: as many low bits as max has, drawn again
   * while they exceed it. Up to 2^32 - 1 a try takes one word, above it two,
   * the upper half first.
   */
  #interval(max: number): number {
    if (max === 0) return 0;
    if (max <= MAX_WORD) {
      const mask = MAX_WORD >>> Math.clz32(max);
      for (;;) {
        const value = (this.#twister.next() & mask) >>> 0;
        if (value <= max) return value;
      }
    }
    const mask = MAX_WORD >>> Math.clz32(Math.floor(max / 2 ** 32));
    for (;;) {
      const high = this.#twister.next() & mask;
      const value = high * 2 ** 32 + (this.#twister.next() >>> 0);
      if (value <= max) return value;
    }
  }
}

/** `value`, checked to be an integer of 32 bits without sign. */
function word(action: string, name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= MAX_WORD) return value;
  throw new RangeError(
    `Cannot ${action}: expected ${name} to be an integer from 0 to ${MAX_WORD} but found ${value}`,
  );
}

/** `value`, checked to be a number of things. */
function count(name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(
    `Cannot draw: expected ${name} to be a non-negative integer but found ${value}`,
  );
}
