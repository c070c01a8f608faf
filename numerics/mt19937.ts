// Copyright 2026 the Convlab authors. MIT license.

/**
 * The Mersenne Twister MT19937: a stream of 32-bit words from a seed.
 *
 * M. Matsumoto and T. Nishimura, "Mersenne Twister: a 623-dimensionally
 * equidistributed uniform pseudo-random number generator", ACM TOMACS 8(1),
 * 1998. The two ways of seeding are those of the authors' 2002 revision.
 *
 * @module
 */

/** Words of the generator's state. */
export const STATE_LENGTH = 624;

/** Distance of the word that is mixed into each word. */
const SHIFT = 397;

/** The generator. It knows words only; `random.ts` makes numbers of them. */
export class MersenneTwister {
  /** The state; signed words, because they are faster than unsigned ones. */
  readonly #words = new Int32Array(STATE_LENGTH);
  #position = STATE_LENGTH;

  /** Words of the current block that have been drawn. */
  get position(): number {
    return this.#position;
  }

  /** The next word, between -2^31 and 2^31 - 1. */
  next(): number {
    if (this.#position === STATE_LENGTH) {
      refill(this.#words);
      this.#position = 0;
    }
    let word = this.#words[this.#position++]!;
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return word ^ (word >>> 18);
  }

  /** Starts the stream of a 32-bit seed. */
  seed(seed: number): void {
    const words = this.#words;
    words[0] = seed;
    for (let i = 1; i < STATE_LENGTH; i++) {
      words[i] = Math.imul(1812433253, scrambled(words, i - 1)) + i;
    }
    this.#position = STATE_LENGTH;
  }

  /** Starts the stream of a sequence of 32-bit seeds. */
  seedByArray(seeds: readonly number[]): void {
    this.seed(19650218);
    const words = this.#words;
    const steps = Math.max(STATE_LENGTH, seeds.length);
    let i = 1;
    const advance = () => {
      if (++i < STATE_LENGTH) return;
      words[0] = words[STATE_LENGTH - 1]!;
      i = 1;
    };
    for (let step = 0, j = 0; step < steps; step++) {
      const mixed = words[i]! ^ Math.imul(scrambled(words, i - 1), 1664525);
      words[i] = mixed + seeds[j]! + j;
      advance();
      if (++j === seeds.length) j = 0;
    }
    for (let step = 1; step < STATE_LENGTH; step++) {
      const mixed = words[i]! ^ Math.imul(scrambled(words, i - 1), 1566083941);
      words[i] = mixed - i;
      advance();
    }
    words[0] = 0x80000000;
  }

  /** The state's words, unsigned. */
  key(): number[] {
    return Array.from(this.#words, (word) => word >>> 0);
  }

  /** Continues from a state that `key` and `position` gave. */
  restore(key: readonly number[], position: number): void {
    this.#words.set(key);
    this.#position = position;
  }
}

/** The word at `i`, with its upper bits mixed into the lower ones. */
function scrambled(words: Int32Array, i: number): number {
  return words[i]! ^ (words[i]! >>> 30);
}

/** Makes the next block of words out of this one, in place. */
function refill(words: Int32Array): void {
  const last = STATE_LENGTH - 1;
  let i = 0;
  for (; i < STATE_LENGTH - SHIFT; i++) {
    words[i] = words[i + SHIFT]! ^ twist(words[i]!, words[i + 1]!);
  }
  for (; i < last; i++) {
    const from = i + SHIFT - STATE_LENGTH;
    words[i] = words[from]! ^ twist(words[i]!, words[i + 1]!);
  }
  words[last] = words[SHIFT - 1]! ^ twist(words[last]!, words[0]!);
}

/** Joins the top bit of one word to the rest of the next, and shifts. */
function twist(word: number, next: number): number {
  const joined = (word & 0x80000000) | (next & 0x7fffffff);
  return (joined >>> 1) ^ (-(joined & 1) & 0x9908b0df);
}
