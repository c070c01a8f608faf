// Copyright 2026 the Convlab authors. MIT license.

/** The document's training for an epoch, as far as it prints it. */

import { assertAlmostEquals, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { afterOverfitting } from "../../cli/document/history.ts";
import { loadCifar10 } from "../../data/cifar10.ts";
import fixture from "../../fixtures/cell18_epoch.json" with { type: "json" };
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { Solver } from "../../training/solver.ts";
import { itWithCifar10 } from "../data/find_cifar10.ts";

describe("cell 18", () => {
  it("draws NumPy's batches, and its images of the first check", () => {
    const random = afterOverfitting();
    new ThreeLayerConvNet({ hiddenDim: 500, random });
    const { first_batch_mask, train_mask_1000, second_batch_mask } = fixture;
    assertEquals([...random.choice(49_000, 50)], first_batch_mask);
    assertEquals([...random.choice(49_000, 1000)], train_mask_1000);
    assertEquals([...random.choice(49_000, 50)], second_batch_mask);
  });

  itWithCifar10("prints the document's 8 lines", async (directory) => {
    const { train, validation } = loadCifar10(directory);
    const random = afterOverfitting();
    const model = new ThreeLayerConvNet({
      weightScale: 0.001,
      hiddenDim: 500,
      reg: 0.001,
      random,
    });
    const lines: string[] = [];
    const done = new AbortController();
    const solver = new Solver(model, {
      xTrain: train,
      yTrain: train.labels,
      xVal: validation,
      yVal: validation.labels,
    }, {
      numEpochs: 1,
      batchSize: 50,
      updateRule: "adam",
      optimConfig: { learningRate: 1e-3 },
      printEvery: 20,
      dtype: "float64",
      random,
      log: (line) => lines.push(line),
      // Ends before accuracies that the document does not print.
      signal: done.signal,
      onIterationEnd: (iteration) => iteration === 121 && done.abort(),
    });
    await assertRejects(() => solver.train(), DOMException);
    assertEquals(lines, fixture.lines);
    assertEquals(solver.lossHistory.length, 121);
    solver.lossHistory.forEach((loss, i) =>
      assertAlmostEquals(loss, fixture.loss_history[i]!, 1e-6)
    );
  });
});
