// Copyright 2026 the Convlab authors. MIT license.

/**
 * The loss of one batch and its gradients, by one solver or by several together.
 *
 * @module
 */

import type { Tensor } from "../numerics/tensor.ts";
import type { TrainingBatch } from "./batch_source.ts";
import type { GradientReducer } from "./gradient_reducer.ts";
import { explainNonFinite, NonFiniteLossError } from "./non_finite_loss.ts";
import { copyTensors } from "./prefixed_tensors.ts";
import type { Model } from "./solver_options.ts";

/** A loss and the gradient of each parameter. */
export interface BatchLoss {
  readonly loss: number;
  readonly grads: Record<string, Tensor>;
}

/**
 * The loss of a model on a batch, and its gradients.
 *
 * @param iteration The iteration, counted from 1.
 * @param reducer Adds gradients up where the batch is a part.
 * @throws {NonFiniteLossError} If the loss is NaN or infinite; running statistics are then as they were.
 * @throws {TypeError} If the model does not reduce its gradients although it is to.
 */
export function batchLoss(
  model: Model,
  batch: TrainingBatch,
  iteration: number,
  reducer?: GradientReducer,
): BatchLoss {
  const { buffers = {} } = model;
  const before = copyTensors(buffers);
  const { own, loss, grads } = reducer
    ? lossTogether(model, batch, reducer)
    : lossAlone(model, batch);
  if (Number.isFinite(loss)) return { loss, grads };
  Object.assign(buffers, before);
  const explain = () => explainNonFinite(model, batch.x, iteration);
  // Where one solver's part is not finite, the others' layers tell nothing.
  const why = reducer?.first(Number.isFinite(own) ? undefined : explain()) ??
    explain();
  throw new NonFiniteLossError(iteration, loss, why);
}

/** A loss, and what the own part contributed to it. */
interface OwnLoss extends BatchLoss {
  readonly own: number;
}

function lossAlone(model: Model, { x, labels }: TrainingBatch): OwnLoss {
  const { loss, grads } = model.loss(x, labels);
  return { own: loss, loss, grads };
}

/** Watches that the model drives the reduction. */
function lossTogether(
  model: Model,
  { x, labels, batchSize }: TrainingBatch,
  reducer: GradientReducer,
): OwnLoss {
  const reduction = reducer.begin(batchSize);
  const { part, sumStatistics } = reduction;
  const added = new Set<string>();
  let own: number | undefined;
  const { loss, grads } = model.loss(x, labels, {
    ...{ batchSize, part, sumStatistics },
    add(name, grad) {
      added.add(name);
      reduction.add(name, grad);
    },
    finish(loss) {
      own = loss;
      return reduction.finish(loss);
    },
  });
  if (own === undefined) {
    throw new TypeError(
      "Cannot train together: expected the model's loss to finish the reduction that it is given but it did not, as if it had the whole batch",
    );
  }
  const missed = Object.keys(grads).find((name) => !added.has(name));
  if (missed !== undefined) {
    throw new TypeError(
      `Cannot train together: expected the model's loss to add the gradient of ${missed} to the reduction that it is given but it did not`,
    );
  }
  return { own, loss, grads };
}
