// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { renderFigure } from "../../figures/figure.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { Solver } from "../../training/solver.ts";
import { historyOf } from "../../views/history.ts";

function solverOf(maxIterations?: number): Solver {
  const random = new RandomState(3);
  const x = random.randn([12, 1, 8, 8]);
  const y = random.randint(0, 10, 12);
  const model = new ThreeLayerConvNet({ inputDim: [1, 8, 8], random });
  return new Solver(model, { xTrain: x, yTrain: y, xVal: x, yVal: y }, {
    ...{ batchSize: 4, numEpochs: 3, maxIterations, verbose: false, random },
  });
}

describe("historyOf()", () => {
  it("describes what a solver kept, with each check where it was made", async () => {
    const solver = solverOf();
    await solver.train();
    const { title, panels: [loss, accuracy] } = historyOf(solver, {
      title: "A network",
    });
    assertEquals(title, "A network");
    assertEquals(loss?.series[0]?.y, solver.lossHistory);
    assertEquals(accuracy?.series.map(({ label }) => label), ["train", "val"]);
    assertEquals(accuracy?.series[0]?.x, [1 / 3, 1, 2, 3]);
    assertEquals(
      accuracy?.series[1]?.y,
      solver.valAccHistory.map((share) => 100 * share),
    );
  });

  it("describes a training that was cut, and one that is not at its end", async () => {
    const cut = solverOf(5);
    await cut.train();
    assertEquals(historyOf(cut).panels[1]?.series[0]?.x, [1 / 3, 1, 5 / 3]);
    const solver = solverOf();
    solver.step();
    solver.check();
    solver.step();
    assertEquals(historyOf(solver).panels[1]?.series[0]?.x, [1 / 3]);
  });

  it("counts the checks where there were others", () => {
    const solver = solverOf();
    solver.step();
    for (let i = 0; i < 3; i++) solver.check();
    const [, accuracy] = historyOf(solver).panels;
    assertEquals(accuracy?.x.title, "check");
    assertEquals(accuracy?.series[0]?.x, [1, 2, 3]);
  });

  it("leaves out validation where there was none, and can be drawn", async () => {
    const chart = historyOf({
      lossHistory: [2, 1],
      trainAccHistory: [0.5, 1],
      valAccHistory: [NaN, NaN],
      iterationsPerEpoch: 2,
    });
    assertEquals(chart.panels[1]?.series.length, 1);
    await renderFigure(chart, { format: "svg" });
  });

  it("throws if there was no iteration", () => {
    assertThrows(
      () => historyOf(solverOf()),
      RangeError,
      "expected at least one iteration but found none",
    );
  });
});
