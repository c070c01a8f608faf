// Copyright 2026 the Convlab authors. MIT license.

/**
 * A model of how long a training step of several ranks takes.
 *
 * A step computes on its part of the batch, and does what does not depend on the
 * batch, such as the update; the sum of the gradients over all ranks goes on
 * behind a part of that, and what is left of it is waited for.
 *
 * @module
 */

/** What a step costs on one rank. */
export interface StepCost {
  /** Seconds of each step, whatever the batch. */
  readonly fixed: number;
  /** Seconds for each image. */
  readonly image: number;
  /** Bytes of all gradients. */
  readonly bytes: number;
  /** Seconds for each image in which the gradients, on average, are under way while the backward pass goes on. */
  readonly window: number;
}

/** What ranks are joined by. */
export interface Network {
  /** Seconds that a small message takes from one rank to another. */
  readonly latency: number;
  /** Bytes that a rank sends, and receives, in a second. */
  readonly bandwidth: number;
}

/**
 * Seconds that a sum over all ranks takes where each adds up a part and sends it
 * to the others (Rabenseifner's algorithm; Thakur, Rabenseifner and Gropp,
 * "Optimization of Collective Communication Operations in MPICH", 2005, without
 * the term of adding): `2 ⌈log₂ p⌉ α + 2 (p - 1) / p · bytes / bandwidth`, of
 * which no algorithm sends less (Patarasuk and Yuan, 2009).
 */
export function allReduceSeconds(
  ranks: number,
  bytes: number,
  { latency, bandwidth }: Network,
): number {
  const rounds = 2 * Math.ceil(Math.log2(ranks));
  return rounds * latency + 2 * (ranks - 1) / ranks * bytes / bandwidth;
}

/**
 * Seconds of a step.
 *
 * @param batchSize Images of all ranks together.
 * @param crowding Ranks that share what one of them would take, at least 1.
 */
export function stepSeconds(
  { fixed, image, bytes, window }: StepCost,
  { ranks, batchSize, network, crowding = 1 }: {
    readonly ranks: number;
    readonly batchSize: number;
    readonly network: Network;
    readonly crowding?: number;
  },
): number {
  const images = batchSize / ranks;
  const computing = crowding * (fixed + image * images);
  const summing = allReduceSeconds(ranks, bytes, network);
  return computing + Math.max(0, summing - crowding * window * images);
}

/** The network of which sums took these times: of a few bytes, and of many. */
export function networkOf(
  ranks: number,
  few: { readonly bytes: number; readonly seconds: number },
  many: { readonly bytes: number; readonly seconds: number },
): Network {
  const perByte = (many.seconds - few.seconds) / (many.bytes - few.bytes);
  const rounds = 2 * Math.ceil(Math.log2(ranks));
  return {
    latency: few.seconds / rounds,
    bandwidth: 2 * (ranks - 1) / ranks / perByte,
  };
}

/**
 * The straight line nearest to steps on batches of several sizes, by least
 * squares, that does not begin below 0.
 *
 * @param steps Images, and seconds, of each; at least two sizes.
 */
export function lineThrough(
  steps: readonly { readonly images: number; readonly seconds: number }[],
): Pick<StepCost, "fixed" | "image"> {
  const mean = (value: (step: typeof steps[number]) => number) =>
    steps.reduce((sum, step) => sum + value(step), 0) / steps.length;
  const slope = (x: number, y: number) =>
    mean((step) => (step.images - x) * (step.seconds - y)) /
    mean((step) => (step.images - x) ** 2);
  const x = mean(({ images }) => images);
  const y = mean(({ seconds }) => seconds);
  const image = slope(x, y);
  const fixed = y - image * x;
  return fixed >= 0 ? { image, fixed } : { image: slope(0, 0), fixed: 0 };
}
