// Copyright 2026 the Convlab authors. MIT license.

/** A Solver that is given the state of another goes on as that one would have. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { ImageSet } from "../../data/image_set.ts";
import { ConvNet } from "../../models/conv_net.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import {
  decodeCheckpoint,
  encodeCheckpoint,
} from "../../training/checkpoint_format.ts";
import { oneCycleSchedule } from "../../training/schedules.ts";
import { Solver } from "../../training/solver.ts";
import type { SolverOptions } from "../../training/solver_options.ts";
import type { SolverState } from "../../training/solver_state.ts";
import {
  UPDATE_RULES,
  type UpdateRuleName,
} from "../../training/update_rules.ts";

const source = new RandomState(3);
const labels = source.randint(0, 3, 40);
const images = new ImageSet({
  bytes: Uint8Array.from(source.randint(0, 256, 40 * 64)),
  labels,
  imageShape: [1, 8, 8],
});
/** Enough numbers in a batch that a worker prepares it. */
const large = new ImageSet({
  bytes: Uint8Array.from(source.randint(0, 256, 40 * 3 * 32 * 32)),
  labels,
  imageShape: [3, 32, 32],
});

/** What is trained, and how; 30 images in batches of 10 by default. */
interface Training {
  /** A network in words; by default the three-layer one. */
  readonly model?: string;
  readonly options?: SolverOptions;
  /** Whether to train on images as bytes, or on tensors of this type. */
  readonly input?: "bytes" | "large" | "float32" | "float64";
  readonly validation?: boolean;
}

/** A fresh solver. */
function solverOf(training: Training, seed: number, more: SolverOptions = {}) {
  const { model: text, options, input = "float32", validation = true } =
    training;
  const random = new RandomState(seed);
  const set = input === "large" ? large : images;
  const inputDim = set.imageShape;
  const model = text === undefined
    ? new ThreeLayerConvNet({
      ...{ inputDim, numFilters: 2, filterSize: 3, hiddenDim: 6 },
      ...{ numClasses: 3, weightScale: 0.05, reg: 1e-3, random },
    })
    : new ConvNet({ model: text, inputDim, reg: 1e-3, random });
  const isTensor = input === "float32" || input === "float64";
  const x = isTensor ? set.toTensor(input) : set;
  const end = validation ? 40 : 30;
  const solver = new Solver(model, {
    xTrain: x.slice(0, 30),
    yTrain: labels.subarray(0, 30),
    xVal: x.slice(30, end),
    yVal: labels.subarray(30, end),
  }, {
    ...{ updateRule: "adam", batchSize: 10, numEpochs: 3, verbose: false },
    ...{ random, ...options, ...more },
  });
  return { model, solver };
}

/** A state as it comes back from a file. */
function stored({ tensors, state }: SolverState): SolverState {
  return decodeCheckpoint(encodeCheckpoint({ iteration: 0, tensors, state }))
    .checkpoint;
}

function bytesOf({ tensors, state }: SolverState): Uint8Array {
  return encodeCheckpoint({ iteration: 0, tensors, state });
}

/**
 * Trains, from a state or from the beginning, and gives the state after
 * `pause` iterations, where it stops, or all that is left at the end.
 */
async function train(
  training: Training,
  seed: number,
  from?: SolverState,
  pause = Infinity,
) {
  const stop = new AbortController();
  let state: SolverState | undefined;
  const { solver, model } = solverOf(training, seed, {
    signal: stop.signal,
    onIterationEnd(iteration) {
      state = undefined;
      if (iteration === pause) stop.abort("paused");
      if (iteration === solver.lastIteration || solver.stoppedEarly) {
        state = solver.getState();
      }
    },
  });
  if (from) solver.setState(from);
  if (pause === solver.iteration) stop.abort("paused");
  try {
    await solver.train();
  } catch (error) {
    if (error !== "paused") throw error;
    return { state: stored(solver.getState()), end: undefined };
  }
  const { lossHistory, trainAccHistory, valAccHistory } = solver;
  const { bestParams, bestBuffers, bestValAcc, stoppedEarly, epoch } = solver;
  const { params, buffers } = { buffers: {}, ...model };
  return {
    state: state ?? from!,
    end: {
      ...{ lossHistory, trainAccHistory, valAccHistory, epoch, stoppedEarly },
      ...{ bestParams, bestBuffers, bestValAcc, params, buffers },
    },
  };
}

const DEEP = "conv3-bn-relu pool dropout0.5 fc5-bn-relu dropout0.3 fc3";
const AUGMENTED: SolverOptions = {
  augmentation: { flip: true, crop: 2, cutout: 3 },
};
const RULES = Object.keys(UPDATE_RULES) as UpdateRuleName[];

const TRAININGS: Record<string, Training> = {
  ...Object.fromEntries(RULES.map((updateRule) => [updateRule, {
    options: {
      ...{ updateRule, lrDecay: 0.7, maxGradNorm: 1 },
      optimConfig: { learningRate: 5e-3, weightDecay: 1e-2 },
    },
  }])),
  "an update rule of the caller": {
    options: { updateRule: (w, dw, s) => UPDATE_RULES.rmsprop(w, dw, s) },
  },
  "a schedule and lrDecay": {
    options: {
      ...{ schedule: oneCycleSchedule({ total: 9 }), lrDecay: 0.9 },
    },
  },
  "an average of weights": { options: { averageDecay: 0.8, keep: "last" } },
  "dropout and batch normalisation": {
    model: DEEP,
    options: { averageDecay: 0.9 },
  },
  "images in a new order each epoch": {
    input: "bytes",
    options: { ...AUGMENTED, sampling: "shuffle", batchSize: 7 },
  },
  "images drawn from all": {
    input: "bytes",
    model: DEEP,
    options: { ...AUGMENTED, sampling: "replacement" },
  },
  "images that a worker prepares": {
    input: "large",
    model: "pool8-bn-fc3",
    options: { ...AUGMENTED, batchSize: 14, sampling: "shuffle" },
  },
  "accuracies of random samples": {
    options: { numTrainSamples: 11, numValSamples: 4 },
  },
  "early stopping": { options: { patience: 1, numEpochs: 6 } },
  "maxIterations within an epoch": { options: { maxIterations: 5 } },
  "no validation images": { model: DEEP, validation: false },
  "float64 images and float32 parameters": {
    input: "float64",
    options: { averageDecay: 0.9 },
  },
  "float64 images and a deeper network": { input: "float64", model: DEEP },
};

describe("Solver.getState() and setState()", () => {
  for (const [name, training] of Object.entries(TRAININGS)) {
    it(`go on bit for bit after any iteration: ${name}`, async () => {
      const whole = await train(training, 1);
      assert(whole.end !== undefined);
      const length = whole.end.lossHistory.length;
      const pauses = fc.uniqueArray(fc.integer({ min: 0, max: length - 1 }), {
        minLength: 1,
        maxLength: 3,
      });
      await fc.assert(
        fc.asyncProperty(pauses, async (points) => {
          let state: SolverState | undefined;
          for (const point of [...points].sort((a, b) => a - b)) {
            // Only the first solver begins with the same seed.
            const seed = state === undefined ? 1 : 100 + point;
            state = (await train(training, seed, state, point)).state;
          }
          const { state: last, end } = await train(training, 99, state);
          assertEquals(end, whole.end);
          assertEquals(bytesOf(last), bytesOf(whole.state));
        }),
        { numRuns: 4, seed: 5, examples: [[[0]], [[length - 1]]] },
      );
    });
  }

  it("give the end, once it is reached", async () => {
    const whole = await train(TRAININGS.adam!, 1);
    const again = await train(TRAININGS.adam!, 2, stored(whole.state));
    assertEquals(again.end, whole.end);
  });

  it("stop early only where the whole training does", async () => {
    const { end } = await train(TRAININGS["early stopping"]!, 1);
    assert(end!.stoppedEarly && end!.lossHistory.length < 18);
  });

  it("copy: what training does later is not in a state, nor the other way round", () => {
    const { solver } = solverOf(TRAININGS["an average of weights"]!, 1);
    solver.step();
    const state = solver.getState();
    const before = bytesOf(state);
    solver.step();
    assertEquals(bytesOf(state), before);
    const other = solverOf(TRAININGS["an average of weights"]!, 2).solver;
    other.setState(state);
    other.step();
    assertEquals(bytesOf(state), before);
  });

  it("go back as well as forth", () => {
    const { solver } = solverOf({ model: DEEP }, 1);
    const start = solver.getState();
    const losses = [solver.step(), solver.step(), solver.step()];
    solver.setState(start);
    assertEquals(solver.iteration, 0);
    assertEquals([solver.step(), solver.step(), solver.step()], losses);
  });
});

describe("Solver.setState() with a state that does not fit", () => {
  const three: Training = { options: { averageDecay: 0.9 } };
  /** A state after an iteration. */
  const stateOf = (training: Training) => {
    const { solver } = solverOf(training, 1);
    solver.step();
    return solver.getState();
  };
  const changed = (change: Record<string, unknown>): SolverState => {
    const { tensors, state } = stateOf(three);
    return { tensors, state: { ...state, ...change } };
  };
  const without = (pattern: RegExp): SolverState => {
    const { tensors, state } = stateOf(three);
    const left = Object.entries(tensors).filter(([n]) => !pattern.test(n));
    return { tensors: Object.fromEntries(left), state };
  };
  const withOptions = (options: SolverOptions) =>
    stateOf({ options: { ...three.options, ...options } });

  const cases: Record<string, readonly [SolverState, string]> = {
    "another network": [
      stateOf({ ...three, model: "fc3" }),
      "expected parameters W1 (2, 1, 3, 3), W2 (32, 6), W3 (6, 3), b1 (2,), b2 (6,), b3 (3,) but found fc1.bias (3,), fc1.weight (64, 3)",
    ],
    "a missing parameter": [without(/^params.b3/), "expected parameters W1"],
    "running statistics": [
      {
        ...stateOf(three),
        tensors: {
          ...stateOf(three).tensors,
          "buffers.bn1.running_mean": images.toTensor("float32"),
        },
      },
      "expected no running statistics but found bn1.running_mean (40, 1, 8, 8)",
    ],
    "another update rule": [
      withOptions({ updateRule: "sgd_momentum" }),
      "expected a state with updateRule adam but found one with updateRule sgd_momentum",
    ],
    "another batch size": [
      withOptions({ batchSize: 5 }),
      "expected a state with batchSize 10 but found one with batchSize 5",
    ],
    "another way of sampling": [
      withOptions({ sampling: "shuffle" }),
      "expected a state with sampling replacement but found one with sampling shuffle",
    ],
    "no average": [
      stateOf({}),
      "expected a state with averageDecay 0.9 but found one without averageDecay",
    ],
    "early stopping": [
      withOptions({ patience: 2 }),
      "expected a state without patience but found one with patience 2",
    ],
    "float64 images": [
      stateOf({ ...three, input: "float64" }),
      "expected a state with dtype float32 but found one with dtype float64",
    ],
    "a missing average": [without(/^average.b3/), "expected b3 of shape (3,)"],
    "an average of a negative number of steps": [
      changed({ averageCount: -1 }),
      "expected count to be a non-negative integer but found -1",
    ],
    "the generator of another kind": [
      changed({ batches: { length: 30, position: 0, epochStart: null } }),
      "expected random to be the state of a generator",
    ],
    "another number of images": [
      changed({
        batches: {
          ...(stateOf(three).state.batches as Record<string, unknown>),
          length: 31,
        },
      }),
      "expected a state of 30 images but found one of 31",
    ],
    "numbers of an update rule that are out of range": [
      changed({ optim: { W1: { config: { beta1: 2 }, steps: 1 } } }),
      "expected beta1 to be at least 0 and less than 1 but found 2",
    ],
    "an update rule's numbers that are missing": [
      changed({ optim: {} }),
      "expected the numbers of the update rule for W1 but found none",
    ],
    "nothing in it": [
      { tensors: {}, state: {} },
      "expected the state of a Solver but found one of nothing",
    ],
  };
  for (const [name, [state, message]] of Object.entries(cases)) {
    it(`says so on one line, and leaves the solver as it was: ${name}`, () => {
      const { solver } = solverOf(three, 7);
      solver.step();
      solver.step();
      const before = bytesOf(solver.getState());
      const error = assertThrows(
        () => solver.setState(state),
        Error,
        message,
      );
      assert(error instanceof TypeError || error instanceof RangeError);
      assert(/^Cannot [^\n]*$/.test(error.message), error.message);
      assertEquals(bytesOf(solver.getState()), before);
    });
  }
});
