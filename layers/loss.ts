// Copyright 2026 the Convlab authors. MIT license.

/**
 * Losses of a classifier, averaged over the batch, and their gradients.
 *
 * @module
 */

import { exp } from "../numerics/exp.ts";
import { log } from "../numerics/log.ts";
import { sum } from "../numerics/sum.ts";
import { formatShape, Tensor, zeros } from "../numerics/tensor.ts";

/** The right class of each example, from 0 to C - 1. */
export type Labels = Int32Array | readonly number[];

/** Options of {@linkcode softmaxLoss}. */
export interface SoftmaxLossOptions {
  /**
   * The share of the target that is spread evenly over all classes, from 0 to 1.
   *
   * @default {0}
   */
  readonly labelSmoothing?: number;
  /**
   * What sums over the examples are divided by, where these are a part of a
   * batch; by default N.
   */
  readonly batchSize?: number | undefined;
}

/** A loss and its gradient. */
export interface Loss {
  /** The loss, averaged over the batch. */
  loss: number;
  /** Gradient of the loss with respect to the scores, shape (N, C). */
  dx: Tensor;
}

/**
 * Softmax loss: the mean of `-log p`, where `p = exp(score) / sum(exp(scores))`
 * is the probability that the scores give to an example's right class.
 *
 * With label smoothing ε (Szegedy et al., 2016) it is the mean of
 * `-sum(target · log p)` over all classes, where the target is
 * `(1 - ε) + ε / C` for the right class and `ε / C` for the others, as in
 * PyTorch.
 *
 * Scores are shifted by their maximum, so that nothing overflows. Exponential
 * and logarithm are correctly rounded and all is computed in float64, in
 * NumPy's order; for float32 scores `dx` is rounded at the end.
 *
 * @param scores Shape (N, C), with at least one row and one column.
 * @param labels N classes.
 * @returns The loss, and `dx` in the shape and dtype of `scores`.
 * @throws {TypeError} If `scores` is not such a tensor, or the number of labels
 * is not N.
 * @throws {RangeError} If a label is not an integer from 0 to C - 1,
 * `labelSmoothing` is not from 0 to 1, or `batchSize` is less than N.
 *
 * @example Even scores
 * ```ts
 * import { softmaxLoss, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { loss, dx } = softmaxLoss(tensor([[3, 3]]), [0]);
 * assertEquals(loss, Math.LN2);
 * assertEquals(dx.data, new Float64Array([-0.5, 0.5]));
 * ```
 */
export function softmaxLoss(
  scores: Tensor,
  labels: Labels,
  options: SoftmaxLossOptions = {},
): Loss {
  const { labelSmoothing = 0 } = options;
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new RangeError(
      `Cannot compute softmax loss: expected labelSmoothing from 0 to 1 but found ${labelSmoothing}`,
    );
  }
  const [rows, classes] = checkScores("softmax loss", scores, labels);
  const { batchSize = rows } = options;
  if (!(batchSize >= rows && batchSize < Infinity)) {
    throw new RangeError(
      `Cannot compute softmax loss: expected batchSize to be at least the ${rows} rows of scores but found ${batchSize}`,
    );
  }
  const share = labelSmoothing / classes;
  const dx = zeros(scores.shape);
  const shifted = new Float64Array(classes);
  const exponentials = new Float64Array(classes);
  const picked = new Float64Array(rows);
  for (let n = 0; n < rows; n++) {
    const row = scores.data.subarray(n * classes, (n + 1) * classes);
    let max = -Infinity;
    for (const score of row) max = Math.max(max, score);
    for (let c = 0; c < classes; c++) {
      shifted[c] = row[c]! - max;
      exponentials[c] = exp(shifted[c]!);
    }
    const logOfSum = log(sum(exponentials));
    for (let c = 0; c < classes; c++) {
      const target = c === labels[n] ? 1 - labelSmoothing + share : share;
      const logProbability = shifted[c]! - logOfSum;
      dx.data[n * classes + c] = (exp(logProbability) - target) / batchSize;
      // 0 times a logarithm of 0 is to be 0.
      if (target !== 0) picked[n]! += target * logProbability;
    }
  }
  return { loss: -sum(picked) / batchSize, dx: dx.astype(scores.dtype) };
}

/**
 * Multiclass support vector machine loss (Weston and Watkins): the mean over
 * the batch of `sum(max(0, score - right score + 1))` over the wrong classes.
 *
 * Computed in float64, in NumPy's order; for float32 scores `dx` is rounded at
 * the end.
 *
 * @param scores Shape (N, C), with at least one row and one column.
 * @param labels N classes.
 * @returns The loss, and `dx` in the shape and dtype of `scores`.
 * @throws {TypeError} If `scores` is not such a tensor, or the number of labels
 * is not N.
 * @throws {RangeError} If a label is not an integer from 0 to C - 1.
 *
 * @example One class within the margin
 * ```ts
 * import { svmLoss, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const { loss, dx } = svmLoss(tensor([[2, 1.5, -3]]), [0]);
 * assertEquals(loss, 0.5);
 * assertEquals(dx.data, new Float64Array([-1, 1, 0]));
 * ```
 */
export function svmLoss(scores: Tensor, labels: Labels): Loss {
  const [rows, classes] = checkScores("SVM loss", scores, labels);
  const dx = zeros(scores.shape);
  const margins = new Float64Array(scores.size);
  for (let n = 0; n < rows; n++) {
    const first = n * classes;
    const label = first + labels[n]!;
    let violations = 0;
    for (let i = first; i < first + classes; i++) {
      if (i === label) continue;
      margins[i] = Math.max(0, scores.data[i]! - scores.data[label]! + 1);
      if (margins[i]! > 0) {
        violations++;
        dx.data[i] = 1 / rows;
      }
    }
    dx.data[label] = 0 - violations / rows;
  }
  return { loss: sum(margins) / rows, dx: dx.astype(scores.dtype) };
}

/** Checks both arguments of a loss, and gives N and C. */
function checkScores(
  name: string,
  scores: Tensor,
  labels: Labels,
): [number, number] {
  const shape = scores instanceof Tensor ? scores.shape : [];
  const [rows = 0, classes = 0] = shape;
  if (shape.length !== 2 || scores.size === 0) {
    throw new TypeError(
      `Cannot compute ${name}: expected scores of shape (N, C), not empty, but found ${
        scores instanceof Tensor ? formatShape(shape) : typeof scores
      }`,
    );
  }
  if (labels.length !== rows) {
    throw new TypeError(
      `Cannot compute ${name}: expected ${rows} labels, one for each row of scores, but found ${labels.length}`,
    );
  }
  for (const [n, label] of labels.entries()) {
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new RangeError(
        `Cannot compute ${name}: expected labels[${n}] to be an integer from 0 to ${
          classes - 1
        } but found ${label}`,
      );
    }
  }
  return [rows, classes];
}
