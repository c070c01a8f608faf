// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ImageSet } from "../../data/image_set.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import { accuracy } from "../../training/batches.ts";
import { Solver } from "../../training/solver.ts";
import type { Model, SolverOptions } from "../../training/solver_options.ts";

const source = new RandomState(12);
const bytes = Uint8Array.from(source.randint(0, 256, 40 * 64));
const labels = source.randint(0, 3, 40);
const images = new ImageSet({ bytes, labels, imageShape: [1, 8, 8] });
const x = images.toTensor("float32");

/** A solver of a small network on 40 images, 30 of them for training. */
function solverOf(options: SolverOptions = {}, useSets = false, seed = 5) {
  const random = new RandomState(seed);
  const model = new ThreeLayerConvNet({
    inputDim: [1, 8, 8],
    numFilters: 4,
    filterSize: 3,
    hiddenDim: 10,
    numClasses: 3,
    weightScale: 1e-2,
    random,
  });
  const data = useSets
    ? { xTrain: images.slice(0, 30), xVal: images.slice(30, 40) }
    : { xTrain: x.slice(0, 30), xVal: x.slice(30, 40) };
  const lines: string[] = [];
  const solver = new Solver(model, {
    ...data,
    yTrain: labels.subarray(0, 30),
    yVal: labels.subarray(30),
  }, {
    updateRule: "adam",
    batchSize: 10,
    numEpochs: 2,
    random,
    log: (line) => lines.push(line),
    ...options,
  });
  return { model, solver, lines };
}

/** A model with one parameter, whose loss and scores the test sees. */
class Probe implements Model {
  params: Record<string, Tensor> = { w: tensor([0]) };
  /** Validation accuracy as a function of w: images are right as long as w > -3.5. */
  loss(): { loss: number; grads: Record<string, Tensor> } {
    return { loss: 1, grads: { w: tensor([1]) } };
  }
  scores(x: Tensor): Tensor {
    const w = this.params.w!.at(0);
    const scores = zeros([x.shape[0]!, 2]);
    for (let i = 0; i < x.shape[0]!; i++) {
      scores.data[2 * i + (w > -3.5 ? 1 : 0)] = 1;
    }
    return scores;
  }
}

describe("Solver", () => {
  it("train() keeps a history, and checks accuracies at the first iteration, each epoch's end and the last", async () => {
    const { solver, lines } = solverOf({ printEvery: 2 });
    assertEquals([solver.iterationsPerEpoch, solver.numIterations], [3, 6]);
    await solver.train();
    assertEquals(solver.lossHistory.length, 6);
    assertEquals([solver.epoch, solver.iteration], [2, 6]);
    assertEquals(lines.map((line) => line.replace(/[\d.]+(?=;|$)/g, "#")), [
      "(Iteration 1 / 6) loss: #",
      "(Epoch 0 / 2) train acc: #; val_acc: #",
      "(Iteration 3 / 6) loss: #",
      "(Epoch 1 / 2) train acc: #; val_acc: #",
      "(Iteration 5 / 6) loss: #",
      "(Epoch 2 / 2) train acc: #; val_acc: #",
    ]);
    assertEquals([solver.trainAccHistory.length, solver.valAccHistory.length], [
      3,
      3,
    ]);
    assertEquals(
      lines[0],
      `(Iteration 1 / 6) loss: ${solver.lossHistory[0]!.toFixed(6)}`,
    );
  });

  it("check() logs accuracies as Python prints them, ties to even", () => {
    const lines: string[] = [];
    const data = {
      xTrain: zeros([128, 1]),
      yTrain: Int32Array.from({ length: 128 }, (_, i) => i === 5 ? 1 : 0),
      xVal: zeros([1, 1]),
      yVal: [1],
    };
    const solver = new Solver(new Probe(), data, {
      log: (line) => lines.push(line),
    });
    solver.check();
    // 1 / 128 is 0.0078125.
    assertEquals(lines, [
      "(Epoch 0 / 10) train acc: 0.007812; val_acc: 1.000000",
    ]);
  });

  it("train() gives the same run for the same seed, and for tensors and sets of images", async () => {
    const runs = [];
    for (const sets of [false, false, true]) {
      const { solver, model } = solverOf({ dtype: "float32" }, sets);
      await solver.train();
      runs.push([solver.lossHistory, solver.valAccHistory, [
        ...model.params.W2!.data,
      ]]);
    }
    assertEquals(runs[1], runs[0]);
    assertEquals(runs[2], runs[0]);
    const { solver } = solverOf({}, false, 6);
    await solver.train();
    assert(solver.lossHistory[0] !== (runs[0]![0] as number[])[0]);
  });

  it("step() takes one iteration, and train() goes on from there", async () => {
    const whole = solverOf().solver;
    await whole.train();
    const { solver } = solverOf({ verbose: false });
    const first = solver.step();
    assertEquals(first, solver.lossHistory[0]);
    await solver.train();
    assertEquals(solver.iteration, 6);
  });

  it("train() restores the parameters with the best validation accuracy, as ordinary tensors", async () => {
    const model = new Probe();
    const data = {
      xTrain: zeros([4, 1]),
      yTrain: [1, 1, 1, 1],
      xVal: zeros([2, 1]),
      yVal: [1, 1],
    };
    const solver = new Solver(model, data, {
      updateRule: "sgd",
      optimConfig: { learningRate: 1 },
      batchSize: 4,
      numEpochs: 6,
      verbose: false,
    });
    await solver.train();
    // Right at first (w = -1), and wrong from the fourth step on (w = -4).
    assertEquals(solver.valAccHistory, [1, 1, 1, 0, 0, 0]);
    assertEquals([solver.bestValAcc, model.params.w!.at(0)], [1, -1]);
    assert(model.params.w!.data.buffer instanceof ArrayBuffer);
  });

  it("train() multiplies the learning rate by lrDecay after each epoch", async () => {
    const { solver } = solverOf({
      lrDecay: 0.5,
      optimConfig: { learningRate: 0.01 },
    });
    await solver.train();
    for (const { config } of Object.values(solver.optimStates)) {
      assertAlmostEquals(config.learningRate!, 0.0025, 1e-15);
    }
  });

  it("train() ends after maxIterations, with a last check", async () => {
    const { solver, lines } = solverOf({ maxIterations: 2 });
    await solver.train();
    assertEquals(
      [solver.iteration, solver.lastIteration, solver.numIterations],
      [2, 2, 6],
    );
    assert(lines[0]!.startsWith("(Iteration 1 / 6)"));
    assertEquals(solver.valAccHistory.length, 2);
  });

  it("train() stops with the reason of its signal", async () => {
    const controller = new AbortController();
    const { solver } = solverOf({
      signal: controller.signal,
      onIteration: (t) => t === 3 && controller.abort(new Error("enough")),
    });
    await assertRejects(() => solver.train(), Error, "enough");
    assertEquals(solver.iteration, 3);
  });

  it("train() does nothing if it is stopped before", async () => {
    const { solver, lines } = solverOf({
      signal: AbortSignal.abort(new Error("never mind")),
    });
    await assertRejects(() => solver.train(), Error, "never mind");
    assertEquals([solver.iteration, lines], [0, []]);
  });

  it("check() draws numTrainSamples and then numValSamples, where there are more", () => {
    for (
      const [options, draws] of [
        [{ numTrainSamples: 7, numValSamples: 4 }, [[30, 7], [10, 4]]],
        [{ numTrainSamples: 29 }, [[30, 29]]],
        [{ numTrainSamples: 30, numValSamples: 10 }, []],
      ] as const
    ) {
      const random = new RandomState(8);
      const { solver, model } = solverOf({
        ...options,
        verbose: false,
        random,
      });
      const { trainAccuracy, valAccuracy } = solver.check();
      const expected = new RandomState(8);
      const drawn = draws.map(([n, size]) => expected.choice(n, size));
      assertEquals(random.getState(), expected.getState());
      const accuracyOf = (from: number, to: number, indices?: Int32Array) => {
        const all = x.slice(from, to);
        const y = labels.subarray(from, to);
        const chosen = indices ?? Int32Array.from(y.keys());
        return accuracy(model, all, y, chosen, "float32");
      };
      assertEquals(trainAccuracy, accuracyOf(0, 30, drawn[0]));
      assertEquals(valAccuracy, accuracyOf(30, 40, drawn[1]));
    }
  });

  it("calls onIteration before the check of the same iteration", async () => {
    const calls: string[] = [];
    const { solver } = solverOf({
      numEpochs: 1,
      onIteration: (t) => calls.push(`iteration ${t}`),
      onCheck: ({ iteration, epoch }) =>
        calls.push(`check ${iteration}, epoch ${epoch}`),
    });
    await solver.train();
    assertEquals(calls, [
      "iteration 1",
      "check 1, epoch 0",
      "iteration 2",
      "iteration 3",
      "check 3, epoch 1",
    ]);
  });

  it("accuracy() draws samples only where there are more, and is NaN of nothing", () => {
    const { solver } = solverOf();
    assertEquals(solver.accuracy(x, labels, 1000), solver.accuracy(x, labels));
    assert(solver.accuracy(x, labels, 7) * 7 % 1 < 1e-9);
    assert(Number.isNaN(solver.accuracy(x.slice(0, 0), [])));
  });

  it("names the option or the data that is wrong", () => {
    assertThrows(
      () => solverOf({ batchSize: 0 }),
      RangeError,
      "expected batchSize",
    );
    assertThrows(
      () => solverOf({ numEpochs: 1.5 }),
      RangeError,
      "expected numEpochs",
    );
    assertThrows(
      () => solverOf({ printEvery: -1 }),
      RangeError,
      "expected printEvery",
    );
    assertThrows(
      () => solverOf({ maxIterations: 0 }),
      RangeError,
      "expected maxIterations",
    );
    assertThrows(
      () => solverOf({ numTrainSamples: 0 }),
      RangeError,
      "expected numTrainSamples",
    );
    assertThrows(
      () => solverOf({ numValSamples: 2.5 }),
      RangeError,
      "expected numValSamples",
    );
    for (const learningRate of [0, -1, NaN, Infinity]) {
      assertThrows(
        () => solverOf({ optimConfig: { learningRate } }),
        RangeError,
        "expected learningRate",
      );
    }
    assertThrows(
      () => solverOf({ lrDecay: 0 }),
      RangeError,
      "expected lrDecay",
    );
    assertThrows(
      () => solverOf({ updateRule: "adagrad" as "adam" }),
      TypeError,
      "expected an update rule",
    );
    assertThrows(
      () => solverOf({ dtype: "float16" as "float32" }),
      TypeError,
      "Cannot use dtype",
    );
    const model = new Probe();
    const data = {
      xTrain: zeros([2, 1]),
      yTrain: [0],
      xVal: zeros([0, 1]),
      yVal: [],
    };
    assertThrows(
      () => new Solver(model, data),
      TypeError,
      "expected yTrain to have 2 labels",
    );
    const none = { ...data, xTrain: zeros([0, 1]), yTrain: [] };
    assertThrows(
      () => new Solver(model, none),
      RangeError,
      "at least one training example",
    );
  });
});
