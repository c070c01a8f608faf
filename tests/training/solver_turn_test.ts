// Copyright 2026 the Convlab authors. MIT license.

/** A training that is watched and steered while it goes on. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { assertRejects, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { Solver } from "../../training/solver.ts";
import type { SolverOptions } from "../../training/solver_options.ts";

const EXAMPLES = 20;
const x = new RandomState(1).randn([EXAMPLES, 1, 8, 8]);
const y = new RandomState(2).randint(0, 3, EXAMPLES);

function solver(options: SolverOptions = {}) {
  const random = new RandomState(3);
  const model = new ConvNet({
    model: "conv4-bn-relu pool dropout0.3 fc3",
    inputDim: [1, 8, 8],
    dtype: "float64",
    random,
  });
  const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
  const made = new Solver(model, data, {
    ...{ batchSize: 5, numEpochs: 3, verbose: false, random, keep: "last" },
    ...options,
  });
  return { model, solver: made };
}

/** How far a step moves a weight of the last layer. */
function move({ model, solver }: ReturnType<typeof solverAt>): Float64Array {
  const before = model.params["fc1.weight"]!.clone().data;
  solver.step();
  const after = model.params["fc1.weight"]!.data;
  return Float64Array.from(before, (value, i) => after[i]! - value);
}

function solverAt(iteration: number, options: SolverOptions = {}) {
  const made = solver(options);
  while (made.solver.iteration < iteration) made.solver.step();
  return made;
}

describe("Solver.learningRate", () => {
  it("moves parameters in proportion from the next iteration on", () => {
    const plain = move(solverAt(3));
    const other = solverAt(3);
    other.solver.learningRate *= 8;
    move(other).forEach((value, i) =>
      assertAlmostEquals(value, 8 * plain[i]!, 1e-15)
    );
  });

  it("leaves the schedule and the decay their shape", () => {
    const schedule = (iteration: number) => 1 / (1 + iteration);
    const options = {
      ...{ schedule, lrDecay: 0.5, optimConfig: { learningRate: 0.1 } },
    };
    const plain = solverAt(2, options).solver;
    const other = solverAt(2, options).solver;
    other.learningRate = plain.learningRate / 10;
    for (let i = 0; i < 8; i++) {
      assertAlmostEquals(other.learningRate * 10, plain.learningRate, 1e-15);
      plain.step();
      other.step();
    }
  });

  it("is part of the state", () => {
    const first = solverAt(5);
    first.solver.learningRate = 0.003;
    const second = solver();
    second.solver.setState(first.solver.getState());
    assertEquals(second.solver.learningRate, 0.003);
    assertEquals(move(second), move(first));
  });

  it("refuses what is no learning rate", () => {
    for (const value of [0, -1, NaN, Infinity]) {
      assertThrows(
        () => solver().solver.learningRate = value,
        RangeError,
        `expected a positive number but found ${value}`,
      );
    }
    assertThrows(
      () => solver({ schedule: () => 0 }).solver.learningRate = 0.1,
      RangeError,
      "positive factor after iteration 0 but found 0",
    );
  });
});

describe("Solver.scores()", () => {
  for (const averageDecay of [undefined, 0.9]) {
    const kept = averageDecay === undefined ? "last" : "average";
    it(`changes nothing in training, and takes the ${kept} parameters`, () => {
      const plain = solverAt(6, { averageDecay });
      const watched = solver({ averageDecay });
      while (watched.solver.iteration < 6) {
        watched.solver.step();
        watched.solver.scores(x);
      }
      assertEquals(watched.solver.getState(), plain.solver.getState());
      const scores = watched.solver.scores(x);
      let right = 0;
      for (let n = 0; n < EXAMPLES; n++) {
        const row = [...scores.data.subarray(3 * n, 3 * n + 3)];
        if (row.indexOf(Math.max(...row)) === y[n]) right++;
      }
      assertEquals(
        right / EXAMPLES,
        watched.solver.check().valAccuracy,
      );
    });
  }
});

describe("Solver.train() with onTurn", () => {
  it("waits for what onTurn gives", async () => {
    let go = () => {};
    let waiting = false;
    const stop = new AbortController();
    const { solver: paused } = solver({
      numEpochs: 10_000,
      onTurn() {
        waiting = true;
        return new Promise((resolve) => go = resolve);
      },
      signal: stop.signal,
    });
    const ended = paused.train();
    while (!waiting) await new Promise((resolve) => setTimeout(resolve, 5));
    const { iteration } = paused;
    assert(iteration > 0);
    for (let i = 0; i < 5; i++) await new Promise((r) => setTimeout(r, 1));
    assertEquals(paused.iteration, iteration);
    waiting = false;
    go();
    while (!waiting) await new Promise((resolve) => setTimeout(resolve, 5));
    assert(paused.iteration > iteration);
    stop.abort(new Error("enough"));
    go();
    await assertRejects(() => ended, Error, "enough");
  });

  it("ends with what onTurn throws", async () => {
    const { solver: failing } = solver({
      numEpochs: 10_000,
      onTurn: () => Promise.reject(new Error("enough")),
    });
    await assertRejects(() => failing.train(), Error, "enough");
  });
});
