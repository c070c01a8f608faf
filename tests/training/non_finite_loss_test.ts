// Copyright 2026 the Convlab authors. MIT license.

/** A loss that is NaN or infinite: where it came from, and what stays as it was. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConvNet } from "../../models/conv_net.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { type Tensor, tensor } from "../../numerics/tensor.ts";
import { NonFiniteLossError } from "../../training/non_finite_loss.ts";
import { Solver } from "../../training/solver.ts";
import type { Model, SolverOptions } from "../../training/solver_options.ts";

const MODELS: Record<string, (random: RandomState) => Model> = {
  ThreeLayerConvNet: (random) =>
    new ThreeLayerConvNet({
      ...{ inputDim: [1, 6, 6], numFilters: 3, filterSize: 3, hiddenDim: 5 },
      ...{ numClasses: 3, weightScale: 1, random },
    }),
  ConvNet: (random) =>
    new ConvNet({
      ...{ model: "conv3-bn-relu pool conv3 fc3", inputDim: [1, 6, 6], random },
    }),
};

/** A solver that takes its images as they are. */
function solverOf(
  make: (random: RandomState) => Model,
  change: (x: Tensor) => void = () => {},
  options: SolverOptions = {},
) {
  const random = new RandomState(4);
  const model = make(random);
  const x = random.randn([20, 1, 6, 6]).astype("float32");
  change(x);
  const y = random.randint(0, 3, 20);
  const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
  return {
    model,
    solver: new Solver(model, data, {
      ...{ random, verbose: false, batchSize: 20, sampling: "shuffle" },
      ...options,
    }),
  };
}

/** Copies of all numbers of a model. */
function numbersOf({ params, buffers = {} }: Model) {
  return Object.entries({ ...params, ...buffers }).map(([name, t]) =>
    [name, t.clone()] as const
  );
}

/** Takes steps until one fails, and sees that the model is as before that one. */
function failureOf({ model, solver }: ReturnType<typeof solverOf>) {
  for (;;) {
    const before = numbersOf(model);
    const { iteration } = solver;
    assert(iteration < 20, "it does not diverge");
    try {
      solver.step();
    } catch (error) {
      assert(error instanceof NonFiniteLossError);
      assertEquals(error.iteration, iteration + 1);
      assertEquals(numbersOf(model), before);
      assertEquals(solver.iteration, iteration);
      return error.message;
    }
  }
}

describe("a loss that is not finite", () => {
  for (const [name, make] of Object.entries(MODELS)) {
    it(`is told with the iteration, the layer and what to try: ${name}`, () => {
      const message = failureOf(solverOf(make, undefined, {
        optimConfig: { learningRate: 1e25 },
      }));
      assert(
        /^Loss is (NaN|Infinity|-Infinity) at iteration [2-9]: training has diverged; (it came up first in what (conv1|conv2|bn1|relu1|relu2|pool1|fc1|fc2) gave|the update before made \w+(\.\w+)? infinite or NaN); try a smaller learning rate, a warm-up or clipped gradients$/
          .test(message),
        message,
      );
    });

    it(`is told of images that are NaN, and leaves all as it was: ${name}`, () => {
      for (const value of [NaN, Infinity]) {
        const message = failureOf(solverOf(make, (x) => x.data[17] = value));
        assertEquals(
          message.replace(/^Loss is \S+ /, ""),
          "at iteration 1: a number in the batch itself is infinite or NaN; check the examples and how they are normalised",
        );
      }
    });

    it(`names a parameter that is broken: ${name}`, () => {
      const setting = solverOf(make);
      setting.solver.step();
      const [first] = Object.keys(setting.model.params);
      setting.model.params[first!]!.data[0] = NaN;
      const message = failureOf(setting);
      assert(message.includes(`the update before made ${first} infinite`));
    });

    it(`says to look at the beginning where there was no update: ${name}`, () => {
      const message = failureOf(
        solverOf(make, (x) => x.data.forEach((_, i) => x.data[i] = 3e38)),
      );
      assert(
        /^Loss is NaN at iteration 1: before any update, it came up first in what conv1 gave; try smaller initial weights, or images that are normalised$/
          .test(message),
        message,
      );
    });
  }

  it("is told of a model that does not tell what its layers give", () => {
    const model: Model = {
      params: { w: tensor([1]) },
      loss: () => ({ loss: Infinity, grads: { w: tensor([0]) } }),
      scores: (x) => x,
    };
    const { solver } = solverOf(() => model);
    assertThrows(
      () => solver.step(),
      NonFiniteLossError,
      "Loss is Infinity at iteration 1: before any update, the model does not tell in which layer;",
    );
  });
});
