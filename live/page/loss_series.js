// Copyright 2026 the Convlab authors. MIT license.

// Runs on the server and in the page, so it is JavaScript and imports nothing.

/**
 * @typedef {object} Buckets Neighbouring iterations, taken together.
 * @property {number} width Iterations that a bucket stands for, a power of two.
 * @property {number[]} iteration The last one of each bucket.
 * @property {number[]} count How many are in it.
 * @property {number[]} sum The sum of their losses.
 * @property {number[]} min The smallest loss.
 * @property {number[]} max The largest loss.
 * @property {(number | null)[]} learningRate The last learning rate, where one is told.
 */

/** Buckets that are drawn at most: more than a screen has columns. */
export const MAX_BUCKETS = 2048;

/**
 * The losses of any number of iterations in little memory: where there would be
 * more than {@linkcode MAX_BUCKETS}, two neighbours become one. No extreme is
 * lost, and the result depends only on what was added, not on how it came.
 */
export class LossSeries {
  /** @type {Buckets} */
  buckets;

  /** @param {Buckets} [buckets] To go on from. */
  constructor(buckets) {
    this.buckets = buckets ?? {
      width: 1,
      iteration: [],
      count: [],
      sum: [],
      min: [],
      max: [],
      learningRate: [],
    };
  }

  /** Iteration that was added last; 0 if there is none. */
  get last() {
    return this.buckets.iteration.at(-1) ?? 0;
  }

  /**
   * Adds an iteration that comes after all others.
   *
   * @param {number} iteration Counted from 1.
   * @param {number} loss A finite number.
   * @param {number | null} learningRate
   * @returns {void}
   */
  add(iteration, loss, learningRate) {
    const { buckets } = this;
    const end = buckets.iteration.length - 1;
    if (end >= 0 && this.#place(end) === this.#placeOf(iteration)) {
      buckets.iteration[end] = iteration;
      buckets.count[end] = (buckets.count[end] ?? 0) + 1;
      buckets.sum[end] = (buckets.sum[end] ?? 0) + loss;
      buckets.min[end] = Math.min(buckets.min[end] ?? loss, loss);
      buckets.max[end] = Math.max(buckets.max[end] ?? loss, loss);
      buckets.learningRate[end] = learningRate;
      return;
    }
    if (end + 1 >= MAX_BUCKETS) {
      this.#halve();
      this.add(iteration, loss, learningRate);
      return;
    }
    buckets.iteration.push(iteration);
    buckets.count.push(1);
    buckets.sum.push(loss);
    buckets.min.push(loss);
    buckets.max.push(loss);
    buckets.learningRate.push(learningRate);
  }

  /**
   * A moving average of the losses: a loss that is `span` iterations back weighs
   * 1/e as much as the last one.
   *
   * @param {number} span Iterations; 0 for none.
   * @returns {number[]} One number a bucket.
   */
  smoothed(span) {
    const { count, sum } = this.buckets;
    let weighted = 0;
    let weights = 0;
    return count.map((n, i) => {
      const mean = (sum[i] ?? 0) / n;
      if (span <= 0) return mean;
      const kept = Math.exp(-n / span);
      weighted = kept * weighted + (1 - kept) * mean;
      weights = kept * weights + (1 - kept);
      return weighted / weights;
    });
  }

  /** @param {number} iteration */
  #placeOf(iteration) {
    return Math.floor((iteration - 1) / this.buckets.width);
  }

  /** @param {number} index */
  #place(index) {
    return this.#placeOf(this.buckets.iteration[index] ?? 0);
  }

  #halve() {
    const old = this.buckets;
    const buckets = new LossSeries().buckets;
    buckets.width = 2 * old.width;
    this.buckets = buckets;
    let place = -1;
    old.iteration.forEach((iteration, i) => {
      const count = old.count[i] ?? 0;
      const sum = old.sum[i] ?? 0;
      const min = old.min[i] ?? 0;
      const max = old.max[i] ?? 0;
      const learningRate = old.learningRate[i] ?? null;
      const end = buckets.iteration.length - 1;
      if (this.#placeOf(iteration) === place) {
        buckets.iteration[end] = iteration;
        buckets.count[end] = (buckets.count[end] ?? 0) + count;
        buckets.sum[end] = (buckets.sum[end] ?? 0) + sum;
        buckets.min[end] = Math.min(buckets.min[end] ?? min, min);
        buckets.max[end] = Math.max(buckets.max[end] ?? max, max);
        buckets.learningRate[end] = learningRate;
      } else {
        place = this.#placeOf(iteration);
        buckets.iteration.push(iteration);
        buckets.count.push(count);
        buckets.sum.push(sum);
        buckets.min.push(min);
        buckets.max.push(max);
        buckets.learningRate.push(learningRate);
      }
    });
  }
}
