// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import { tensor } from "../../numerics/tensor.ts";
import { learnedParameters } from "../../training/learned_parameters.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";

let folder = "";

/** A run with a checkpoint of these tensors, one number each. */
function runOf(keep: string, tensors: Record<string, number>): RunFolder {
  const run = RunFolder.create(folder, keep);
  run.writeConfig({ recipe: { keep } });
  run.checkpoints().write({
    iteration: 7,
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, x]) => [name, tensor([x])]),
    ),
    state: {},
  });
  return run;
}

function numbersOf(run: RunFolder): Record<string, number> {
  return Object.fromEntries(
    Object.entries(learnedParameters(run).tensors)
      .map(([name, t]) => [name, t.at(0)]),
  );
}

const CHECKPOINT = {
  ...{ "params.w": 1, "average.w": 2, "best.w": 3, "optim.w.velocity": 4 },
  ...{ "buffers.mean": 5, "best_buffers.mean": 6 },
};

describePermitted("learnedParameters()", () => {
  beforeEach(() => {
    folder = Deno.makeTempDirSync();
  });
  afterEach(() => Deno.removeSync(folder, { recursive: true }));

  it("takes the best so far where the best are kept", () => {
    const run = runOf("best", CHECKPOINT);
    assertEquals(numbersOf(run), { w: 3, mean: 6 });
    assertEquals(learnedParameters(run).iteration, 7);
  });

  it("takes the average, or else the last, where the last are kept", () => {
    assertEquals(numbersOf(runOf("last", CHECKPOINT)), { w: 2, mean: 5 });
  });

  it("takes the last before anything was checked", () => {
    const tensors = { "params.w": 1, "buffers.mean": 5 };
    assertEquals(numbersOf(runOf("best", tensors)), { w: 1, mean: 5 });
  });

  it("takes what the run ended with before any checkpoint", () => {
    const run = runOf("best", CHECKPOINT);
    run.writeParameters({ w: tensor([9]) });
    assertEquals(numbersOf(run), { w: 9 });
    assertEquals(learnedParameters(run).iteration, undefined);
  });

  it("refuses a run that has neither", () => {
    const run = RunFolder.create(folder, "new");
    assertThrows(() => learnedParameters(run), Error, "did not end");
  });
});
