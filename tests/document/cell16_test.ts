// Copyright 2026 the Convlab authors. MIT license.

/** Cell 16 of the document: overfitting a hundred images. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { afterOverfitting } from "../../cli/document/history.ts";
import { loadCifar10 } from "../../data/cifar10.ts";
import fixture from "../../fixtures/cell16_overfit.json" with { type: "json" };
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { Solver } from "../../training/solver.ts";
import { itWithCifar10 } from "../data/find_cifar10.ts";

/** Asserts that a generator is where NumPy's is after the cell. */
function assertAfterCell(random: RandomState): void {
  const { key, pos, has_gauss, cached } = fixture.rng_state_after;
  const state = random.getState();
  assertEquals([...state.key], key);
  assertEquals([state.position, state.hasGauss], [pos, has_gauss === 1]);
  assertEquals(state.cachedGauss, cached);
}

describe("cell 16", () => {
  it("draws NumPy's batches", () => {
    const random = new RandomState(231);
    new ThreeLayerConvNet({ random });
    for (const batch of fixture.batch_masks) {
      assertEquals([...random.choice(100, 50)], batch);
    }
    assertAfterCell(random);
  });

  it("afterOverfitting() leaves the generator as the cell does", () => {
    assertAfterCell(afterOverfitting());
  });

  itWithCifar10("prints the document's 46 lines", async (directory) => {
    const { train, validation } = loadCifar10(directory);
    const small = train.slice(0, 100);
    const random = new RandomState(231);
    const model = new ThreeLayerConvNet({ weightScale: 1e-2, random });
    const lines: string[] = [];
    const solver = new Solver(model, {
      xTrain: small,
      yTrain: small.labels,
      xVal: validation,
      yVal: validation.labels,
    }, {
      numEpochs: 15,
      batchSize: 50,
      updateRule: "adam",
      optimConfig: { learningRate: 1e-3 },
      printEvery: 1,
      dtype: "float64",
      random,
      log: (line) => lines.push(line),
    });
    await solver.train();
    assertEquals(lines, fixture.lines);
    assertAfterCell(random);
    // Rounding noise grows by a factor of two or so an iteration.
    solver.lossHistory.forEach((loss, i) =>
      assertAlmostEquals(loss, fixture.loss_history[i]!, 1e-8)
    );
    assert(solver.trainAccHistory.at(-1) === 1);
  });
});
