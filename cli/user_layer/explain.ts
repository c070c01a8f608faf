// Copyright 2026 the Convlab authors. MIT license.

/**
 * Guesses why an analytic gradient differs from the numerical one.
 *
 * @module
 */

import type { Tensor } from "../../numerics/tensor.ts";

/** Elements below this part of the largest are left out of account. */
const NEGLIGIBLE = 1e-4;
/** Relative spread of ratios that still count as one. */
const SPREAD = 1e-3;
/** Relative difference of two slopes above which there is a kink. */
const KINK = 1e-2;

/** A gradient that failed, and how to compute it again. */
export interface Failure {
  /** The gradient of the layer's backward pass. */
  readonly analytic: Tensor;
  /** The gradient by central differences. */
  readonly numeric: Tensor;
  /** Offset of the element at which they differ most. */
  readonly at: number;
  /** The input; it may be changed and is restored. */
  readonly x: Tensor;
  /** The upstream gradient. */
  readonly dout: Tensor;
  /** Step of the central differences. */
  readonly h: number;
  /** Gives the output for what `x` holds. */
  forward(): Tensor;
}

/** A remark on a gradient that failed, if there is anything to say. */
export function explain(failure: Failure): string | undefined {
  const { analytic, numeric, at } = failure;
  if (!Number.isFinite(analytic.data[at]!)) {
    return `backward gives ${analytic.data[at]} there`;
  }
  if (!Number.isFinite(numeric.data[at]!)) {
    return "forward gives numbers that are not finite near there";
  }
  if (hasKink(failure)) {
    return "forward has a kink within h of there; move the example input away from it";
  }
  if (analytic.data.every((value: number) => value === 0)) {
    return "backward gives 0 everywhere";
  }
  const ratio = commonRatio(analytic.data, numeric.data);
  return ratio !== undefined && Math.abs(ratio - 1) > SPREAD
    ? `backward gives ${
      Number(ratio.toPrecision(4))
    } times the numerical gradient everywhere`
    : undefined;
}

/**
 * The factor by which one gradient is the other, if it is the same everywhere:
 * a wrong sign, a factor forgotten, a mean in the place of a sum.
 */
function commonRatio(
  analytic: ArrayLike<number>,
  numeric: ArrayLike<number>,
): number | undefined {
  let largest = 0;
  for (let i = 0; i < numeric.length; i++) {
    largest = Math.max(largest, Math.abs(numeric[i]!));
  }
  const ratios: number[] = [];
  for (let i = 0; i < numeric.length; i++) {
    if (Math.abs(numeric[i]!) > NEGLIGIBLE * largest) {
      ratios.push(analytic[i]! / numeric[i]!);
    }
  }
  const [ratio] = ratios;
  if (ratio === undefined || ratios.length < 2) return undefined;
  const limit = SPREAD * Math.abs(ratio);
  return ratios.every((r) => Math.abs(r - ratio) <= limit) ? ratio : undefined;
}

/**
 * Whether the slopes to the left and right of an element differ and the
 * analytic gradient lies between them: then it is the numerical one that errs.
 */
function hasKink(
  { analytic, at, x, dout, h, forward }: Failure,
): boolean {
  const kept = x.data[at]!;
  const outputAt = (value: number) => {
    x.data[at] = value;
    const { data } = forward().clone();
    x.data[at] = kept;
    return data;
  };
  const middle = outputAt(kept);
  const left = slope(outputAt(kept - h), middle, dout, h);
  const right = slope(middle, outputAt(kept + h), dout, h);
  const limit = KINK * Math.max(Math.abs(left), Math.abs(right));
  const gradient = analytic.data[at]!;
  return Math.abs(left - right) > limit &&
    gradient >= Math.min(left, right) - limit &&
    gradient <= Math.max(left, right) + limit;
}

function slope(
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  dout: Tensor,
  h: number,
): number {
  let sum = 0;
  for (const [i, d] of dout.data.entries()) sum += (to[i]! - from[i]!) * d;
  return sum / h;
}
