// Copyright 2026 the Convlab authors. MIT license.

/**
 * What a Solver's state is, and how it is taken and given back.
 *
 * @module
 */

import type { SamplerState } from "../data/batch_sampler.ts";
import { resident } from "../kernels/frame.ts";
import type { GeneratorState } from "../numerics/random.ts";
import { formatShape, Tensor } from "../numerics/tensor.ts";
import type { BatchSource } from "./batch_source.ts";
import type { EarlyStopping, EarlyStoppingState } from "./early_stopping.ts";
import { copyTensors, ofPrefix, withPrefix } from "./prefixed_tensors.ts";
import type { Model } from "./solver_options.ts";
import {
  type OptimConfig,
  type OptimState,
  restoreOptimState,
} from "./optim_state.ts";
import type { WeightAverage } from "./weight_average.ts";

type Tensors = Readonly<Record<string, Tensor>>;

/** A training at one moment: tensors by name, and all else as plain JSON. */
export interface SolverState {
  /** Parameters, running statistics, what the update rule keeps, histories. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** All else. */
  readonly state: Readonly<Record<string, unknown>>;
}

/** What a solver shows of itself. */
interface Solver {
  readonly lossHistory: number[];
  readonly trainAccHistory: number[];
  readonly valAccHistory: number[];
  bestParams: Record<string, Tensor>;
  bestBuffers: Record<string, Tensor>;
  bestValAcc: number;
  epoch: number;
  readonly optimStates: Record<string, OptimState>;
}

/** What it does not show. */
interface Parts {
  readonly model: Model;
  readonly batches: BatchSource;
  readonly average: WeightAverage | undefined;
  readonly stopping: EarlyStopping | undefined;
  /** Options without which the state makes no sense. */
  readonly options: StateOptions;
}

/** Options by name, as plain JSON. */
type StateOptions = Readonly<Record<string, string | number | null>>;

/** The plain part of a state. */
interface PlainState {
  readonly epoch: number;
  readonly bestValAcc: number;
  readonly rate: number;
  readonly stopped: boolean;
  readonly optim: Readonly<
    Record<string, { readonly config: OptimConfig; readonly steps: number }>
  >;
  readonly batches: SamplerState;
  readonly averageCount: number;
  readonly stopping: EarlyStoppingState | null;
  readonly generator: GeneratorState | null;
  /** Missing in older checkpoints. */
  readonly options?: StateOptions;
}

/** Copies all that decides how a solver goes on. */
export function captureSolver(
  solver: Solver,
  parts: Parts & { readonly rate: number; readonly stopped: boolean },
): SolverState {
  const { model, batches, average, stopping, rate, stopped } = parts;
  const slots = Object.entries(solver.optimStates).map(([name, { slots }]) =>
    withPrefix(`optim.${name}.`, slots)
  );
  const optim = Object.entries(solver.optimStates).map(
    ([name, { config, steps }]) => [name, { config, steps }],
  );
  const plain: PlainState = {
    epoch: solver.epoch,
    bestValAcc: solver.bestValAcc,
    rate,
    stopped,
    optim: Object.fromEntries(optim),
    batches: batches.getState(),
    averageCount: average?.count ?? 0,
    stopping: stopping?.state ?? null,
    generator: model.getGeneratorState?.() ?? null,
    options: parts.options,
  };
  return {
    tensors: {
      ...withPrefix("params.", model.params),
      ...withPrefix("buffers.", model.buffers ?? {}),
      ...Object.assign({}, ...slots),
      ...withPrefix("average.", average?.tensors ?? {}),
      ...withPrefix("best.", solver.bestParams),
      ...withPrefix("best_buffers.", solver.bestBuffers),
      "history.loss": historyTensor(solver.lossHistory),
      "history.train_accuracy": historyTensor(solver.trainAccHistory),
      "history.val_accuracy": historyTensor(solver.valAccHistory),
    },
    state: { ...plain },
  };
}

/**
 * Gives a solver back what was taken. Where that fails it may be half done.
 *
 * @throws {TypeError} If the state is of another model or of other options.
 */
export function restoreSolver(
  solver: Solver,
  { tensors, state }: SolverState,
  { model, batches, average, stopping, options }: Parts,
): { rate: number; stopped: boolean } {
  const plain = state as unknown as PlainState;
  const params = ofPrefix("params.", tensors);
  const buffers = ofPrefix("buffers.", tensors);
  if (typeof plain.optim !== "object" || typeof plain.batches !== "object") {
    throw new TypeError(
      `Cannot go on with training: expected the state of a Solver but found one of ${
        Object.keys(state).join(", ") || "nothing"
      }`,
    );
  }
  checkSame("parameters", model.params, params);
  checkSame("running statistics", model.buffers ?? {}, buffers);
  checkOptions(options, plain.options ?? options);
  batches.setState(plain.batches);
  for (const [name, value] of Object.entries(params)) {
    const numbers = plain.optim[name];
    if (numbers === undefined) {
      throw new TypeError(
        `Cannot go on with training: expected the numbers of the update rule for ${name} but found none`,
      );
    }
    const { config, steps } = numbers;
    model.params[name] = resident(value);
    solver.optimStates[name] = restoreOptimState({
      config,
      steps,
      slots: ofPrefix(`optim.${name}.`, tensors),
    });
  }
  for (const [name, value] of Object.entries(buffers)) {
    model.buffers![name] = value.clone();
  }
  average?.restore({
    tensors: ofPrefix("average.", tensors),
    count: plain.averageCount,
  });
  if (plain.stopping) stopping?.restore(plain.stopping);
  model.setGeneratorState?.(plain.generator ?? undefined);
  solver.bestParams = copyTensors(ofPrefix("best.", tensors));
  solver.bestBuffers = copyTensors(ofPrefix("best_buffers.", tensors));
  solver.bestValAcc = plain.bestValAcc;
  solver.epoch = plain.epoch;
  restoreHistory(solver.lossHistory, tensors["history.loss"]);
  restoreHistory(solver.trainAccHistory, tensors["history.train_accuracy"]);
  restoreHistory(solver.valAccHistory, tensors["history.val_accuracy"]);
  return { rate: plain.rate, stopped: plain.stopped };
}

function historyTensor(history: readonly number[]): Tensor {
  return new Tensor(Float64Array.from(history), [history.length]);
}

function restoreHistory(history: number[], saved: Tensor | undefined): void {
  history.length = 0;
  for (const value of saved?.data ?? []) history.push(value);
}

function checkOptions(expected: StateOptions, found: StateOptions): void {
  const other = Object.keys(expected).find((k) => expected[k] !== found[k]);
  if (other === undefined) return;
  const words = (value: string | number | null | undefined) =>
    value === null || value === undefined
      ? `without ${other}`
      : `with ${other} ${value}`;
  throw new TypeError(
    `Cannot go on with training: expected a state ${
      words(expected[other])
    } but found one ${words(found[other])}`,
  );
}

function checkSame(what: string, expected: Tensors, found: Tensors): void {
  const signature = (tensors: Tensors) =>
    Object.entries(tensors)
      .map(([name, t]) => `${name} ${formatShape(t.shape)}`)
      .sort();
  const wanted = signature(expected);
  const given = signature(found);
  const wrong = wanted.find((item, i) => item !== given[i]) ??
    given[wanted.length];
  if (wrong === undefined) return;
  const words = wanted.length === 0
    ? `no ${what}`
    : `${what} ${wanted.join(", ")}`;
  throw new TypeError(
    `Cannot go on with training: expected ${words} but found ${
      given.join(", ") || "none"
    }`,
  );
}
