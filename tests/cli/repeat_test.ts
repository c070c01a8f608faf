// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { afterAll, describe, it } from "@std/testing/bdd";
import { commandLine, repetitionOf } from "../../cli/repeat.ts";
import { resumedConfiguration } from "../../cli/run_configuration.ts";
import { completeRecipe, type Recipe } from "../../training/recipe.ts";
import { type Metric, RunFolder } from "../../training/run_folder.ts";
import { describePermitted, permitted } from "../permitted.ts";

const folder = permitted ? Deno.makeTempDirSync() : "";
let runs = 0;

/** A run of ten iterations an epoch. */
function runOf(
  recipe: Recipe,
  { metrics = [], ...config }: {
    metrics?: readonly Metric[];
    [name: string]: unknown;
  } = {},
): RunFolder {
  const run = RunFolder.create(folder, `run-${runs++}`);
  run.writeConfig({
    ...{ command: "train", trainingImages: 500 },
    recipe: completeRecipe({ dataset: "cifar10", ...recipe }),
    ...config,
  });
  for (const metric of metrics) run.metric(metric);
  return run;
}

/** An iteration of some learning rate. */
function iteration(iteration: number, learningRate: number): Metric {
  return { kind: "iteration", iteration, loss: 1, learningRate };
}

describePermitted("repetitionOf()", () => {
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("names what is not as it would be by itself, and what decides", () => {
    const { words, notes } = repetitionOf(
      runOf({
        ...{ model: "conv4 gap fc10", reg: 0.5, flip: true, grayscale: false },
        ...{ normalize: "channels", sampling: "replacement", lrDecay: 1 },
        ...{ init: "other", dataDir: "my data/cifar" },
      }),
    );
    assertEquals(
      commandLine(words.slice(0, -2)),
      "deno task train --dataset cifar10 --data-dir 'my data/cifar' --flip --model 'conv4 gap fc10' --init other --epochs 1 --batch-size 50 --sampling replacement --learning-rate 0.001 --reg 0.5 --seed 231",
    );
    assertEquals(words.slice(-2), ["--runs-dir", folder]);
    assertEquals(notes, [
      'It begins with the weights of run "other", which has to be there',
    ]);
  });

  it("tells of the document's training by its name", () => {
    const run = runOf({ dtype: "float64", maxIterations: 5 }, {
      asDocumented: true,
    });
    assertEquals(
      commandLine(repetitionOf(run).words),
      "deno task train --as-documented --max-iterations 5",
    );
  });

  it("finds a learning rate that was changed by hand, and no other", () => {
    const recipe: Recipe = {
      ...{ learningRate: 0.1, lrDecay: 0.5, epochs: 3 },
      schedule: "step:every=5,factor=0.1",
    };
    const rates = [
      iteration(1, 0.1),
      iteration(6, 0.1 * 0.1),
      iteration(11, 0.1 * 0.1 ** 2 * 0.5),
    ];
    assertEquals(repetitionOf(runOf(recipe, { metrics: rates })).notes, []);
    const changed = [...rates, iteration(12, 0.3), iteration(13, 0.3)];
    assertEquals(repetitionOf(runOf(recipe, { metrics: changed })).notes, [
      "Its learning rate was changed by hand, first at iteration 12, which no command repeats",
    ]);
  });

  it("tells of a run that was made longer within an epoch how to do that", () => {
    const at = (iteration: number) =>
      repetitionOf(
        runOf({ epochs: 4 }, { resumed: [{ iteration, epochsBefore: 1 }] }),
      ).notes;
    assertEquals(at(10), []);
    assertEquals(at(13), [
      "It was made longer after iteration 13, within an epoch: for the same bytes give this command --max-iterations 13, and go on by --resume",
    ]);
  });

  it("has no command for weights from elsewhere, and for runs without a recipe", () => {
    assertEquals(repetitionOf(runOf({}, { command: "import" })), {
      words: [],
      notes: ["Its weights were trained elsewhere and imported"],
    });
    const old = RunFolder.create(folder, "old");
    old.writeConfig({ command: "train", epochs: 3 });
    assertEquals(repetitionOf(old).words, []);
  });
});

describe("resumedConfiguration()", () => {
  const machine = { cores: 2, target: "x", deno: "2", v8: "1" };
  const config = { command: "train", machine, threads: 2 };

  it("is the same where nothing has changed", () => {
    const same = resumedConfiguration(config, {
      ...{ iteration: 5, machine, threads: 2 },
    });
    assertEquals(same === config, true);
  });

  it("tells of other machines, and of what did not happen no more", () => {
    const other = { ...machine, cores: 8 };
    const first = resumedConfiguration(config, {
      ...{ iteration: 5, machine: other, threads: 8 },
    });
    assertEquals(first.resumed, [{ iteration: 5, machine: other, threads: 8 }]);
    // Killed, and gone on with from an earlier checkpoint where it began.
    const back = resumedConfiguration(first, {
      ...{ iteration: 3, machine, threads: 2 },
    });
    assertEquals(back.resumed ?? [], []);
    const longer = resumedConfiguration(first, {
      ...{ iteration: 9, machine: other, threads: 8, epochsBefore: 1 },
    });
    assertEquals(longer.resumed, [
      { iteration: 5, machine: other, threads: 8 },
      { iteration: 9, epochsBefore: 1 },
    ]);
    // Killed at once, and gone on with from where it was made longer.
    const again = resumedConfiguration(longer, {
      ...{ iteration: 9, machine: other, threads: 8 },
    });
    assertEquals(again, longer);
  });
});
