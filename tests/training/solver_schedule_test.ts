// Copyright 2026 the Convlab authors. MIT license.

/** What a Solver does to gradients, rates and parameters besides the update. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ImageSet } from "../../data/image_set.ts";
import { RandomState } from "../../numerics/random.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import { NonFiniteLossError } from "../../training/non_finite_loss.ts";
import { Solver } from "../../training/solver.ts";
import type { Model, SolverOptions } from "../../training/solver_options.ts";
import { sgd, type UpdateRule } from "../../training/update_rules.ts";

/** Weights and a bias whose gradient is always the same, and a running statistic. */
class Probe implements Model {
  params: Record<string, Tensor> = {
    w: tensor([[1, 2]]),
    b: tensor([3]),
  };
  buffers: Record<string, Tensor> = { mean: tensor([0]) };
  /** Classes that scores give, one value for each check. */
  accuracies: number[] = [];
  losses: number[] = [];
  seen: Tensor[] = [];

  loss(x: Tensor): { loss: number; grads: Record<string, Tensor> } {
    this.seen.push(x.clone());
    this.buffers.mean!.data[0]! += 1;
    return {
      loss: this.losses.shift() ?? 1,
      grads: { w: tensor([[3, 0]]), b: tensor([4]) },
    };
  }

  /** Of two examples that are both of class 1, as many right as the test says. */
  scores(x: Tensor): Tensor {
    const right = this.accuracies.shift() ?? 0;
    const scores = zeros([x.shape[0]!, 2]);
    for (let i = 0; i < x.shape[0]!; i++) {
      scores.data[2 * i + (i < right ? 1 : 0)] = 1;
    }
    return scores;
  }
}

function solverOf(options: SolverOptions, model = new Probe()) {
  const x = zeros([2, 1]);
  const data = { xTrain: x, yTrain: [1, 1], xVal: x, yVal: [1, 1] };
  const solver = new Solver(model, data, {
    batchSize: 2,
    verbose: false,
    random: new RandomState(0),
    ...options,
  });
  return { solver, model };
}

/** An update rule that writes down what it is called with, and then does as sgd. */
function spy() {
  const calls: { dw: number[]; learningRate: number; decay: number }[] = [];
  const rule: UpdateRule = (w, dw, state) => {
    const { learningRate = NaN, weightDecay = NaN } = state.config;
    calls.push({ dw: [...dw.data], learningRate, decay: weightDecay });
    return sgd(w, dw, { ...state, config: { learningRate } });
  };
  return { calls, rule };
}

describe("Solver", () => {
  it("multiplies the learning rate by the schedule's factor and by lrDecay's powers", () => {
    const { calls, rule } = spy();
    const { solver } = solverOf({
      updateRule: rule,
      optimConfig: { learningRate: 8 },
      schedule: (iteration) => 1 / (1 + iteration),
      lrDecay: 0.5,
    });
    assertEquals(solver.learningRate, 8);
    for (let i = 0; i < 4; i++) solver.step();
    // One iteration is an epoch here.
    const rates = calls.filter((_, i) => i % 2 === 0)
      .map(({ learningRate }) => learningRate);
    assertEquals(rates, [8, 8 / 2 / 2, 8 / 3 / 4, 8 / 4 / 8]);
  });

  it("decays weights but not biases", () => {
    const { calls, rule } = spy();
    const { solver } = solverOf({
      updateRule: rule,
      optimConfig: { weightDecay: 0.25 },
    });
    solver.step();
    assertEquals(calls.map(({ decay }) => decay), [0.25, 0]);
  });

  it("decays what the model says", () => {
    const { calls, rule } = spy();
    const model: Model = Object.assign(new Probe(), {
      decays: (name: string) => name === "b",
    });
    const { solver } = solverOf({
      updateRule: rule,
      optimConfig: { weightDecay: 0.25 },
    }, model as Probe);
    solver.step();
    assertEquals(calls.map(({ decay }) => decay), [0, 0.25]);
  });

  it("clips the norm of all gradients together", () => {
    const { calls, rule } = spy();
    const { solver } = solverOf({ updateRule: rule, maxGradNorm: 2.5 });
    solver.step();
    // Their norm is 5.
    const found = calls.flatMap(({ dw }) => dw);
    for (const [i, want] of [1.5, 0, 2].entries()) {
      assertAlmostEquals(found[i]!, want, 1e-6);
    }
  });

  it("checks and keeps the average of the parameters", async () => {
    const { solver, model } = solverOf({
      optimConfig: { learningRate: 1 },
      averageDecay: 0.5,
      numEpochs: 2,
      keep: "last",
    });
    await solver.train();
    // w goes from 1 to -2 and -5; of the average first a tenth stays and then 2 of 11.
    const first = 0.1 * 1 + 0.9 * -2;
    const second = 2 / 11 * first + 9 / 11 * -5;
    assertAlmostEquals(model.params.w!.at(0, 0), second, 1e-12);
  });

  it("ends with the last parameters where it is told to, and else with the best and their running statistics", async () => {
    const run = async (keep: "best" | "last") => {
      const model = new Probe();
      // Training and validation at the first iteration and after each of three epochs.
      model.accuracies = [0, 0, 0, 2, 0, 1];
      const { solver } = solverOf({
        ...{ optimConfig: { learningRate: 1 }, numEpochs: 3, keep },
      }, model);
      await solver.train();
      return [model.params.b!.at(0), model.buffers.mean!.at(0)];
    };
    assertEquals(await run("best"), [3 - 2 * 4, 2]);
    assertEquals(await run("last"), [3 - 3 * 4, 3]);
  });

  it("stops after as many epochs without a better accuracy as it has patience", async () => {
    const model = new Probe();
    model.accuracies = [0, 1, 0, 2, 0, 1, 0, 2, 0, 2];
    const lines: string[] = [];
    const { solver } = solverOf({
      ...{ numEpochs: 9, patience: 2, verbose: true },
      log: (line) => lines.push(line),
    }, model);
    await solver.train();
    assertEquals([solver.epoch, solver.stoppedEarly], [4, true]);
    assertEquals(
      lines.at(-1),
      "(Epoch 4 / 9) stopped: no better val_acc in 2 epochs",
    );
  });

  it("ends on a loss that is not finite, before it touches a parameter", async () => {
    for (const loss of [NaN, Infinity]) {
      const model = new Probe();
      model.losses = [1, loss];
      const { solver } = solverOf({ optimConfig: { learningRate: 1 } }, model);
      const error = await assertRejects(
        () => solver.train(),
        NonFiniteLossError,
        `Loss is ${loss} at iteration 2`,
      );
      assertEquals(error.iteration, 2);
      assertEquals(model.params.b!.at(0), 3 - 4);
      assertEquals(solver.iteration, 1);
    }
  });

  it("takes each image once an epoch, changed as it is told, when it shuffles", () => {
    const images = new ImageSet({
      bytes: Uint8Array.from({ length: 4 * 4 }, (_, i) => i),
      labels: new Int32Array(4),
      imageShape: [1, 2, 2],
    });
    const model = new Probe();
    const solver = new Solver(model, {
      ...{ xTrain: images, yTrain: images.labels },
      ...{ xVal: images, yVal: images.labels },
    }, {
      ...{ batchSize: 2, sampling: "shuffle", augmentation: { flip: true } },
      ...{ random: new RandomState(1), dtype: "float64", verbose: false },
    });
    for (let i = 0; i < 10; i++) solver.step();
    let flipped = 0;
    for (let epoch = 0; epoch < 5; epoch++) {
      const rows = model.seen.slice(2 * epoch, 2 * epoch + 2).flatMap((x) => [
        [...x.data.subarray(0, 4)],
        [...x.data.subarray(4)],
      ]);
      flipped += rows.filter(([a, b]) => a! > b!).length;
      const once = rows.map((row) => row.sort((a, b) => a - b)[0]!).sort((
        a,
        b,
      ) => a - b);
      assertEquals(once, [0, 4, 8, 12]);
    }
    assert(flipped > 0 && flipped < 20);
  });

  it("augments images only", () => {
    assertThrows(
      () => solverOf({ augmentation: { flip: true } }),
      TypeError,
      "expected an ImageSet to augment but found a tensor",
    );
  });
});
