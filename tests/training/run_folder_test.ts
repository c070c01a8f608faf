// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { tensor } from "../../numerics/tensor.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";

describePermitted("RunFolder", () => {
  const runs = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(runs, { recursive: true }));

  it("reads what was written, by name and by path", () => {
    const run = RunFolder.create(join(runs, "new"), "a-1");
    run.writeConfig({ seed: 1 });
    run.log("first");
    run.log("second");
    run.metric({ kind: "iteration", iteration: 1, loss: 2 });
    run.writeParameters({ W1: tensor([1, 2], [1, 2], "float32") });
    assertEquals(
      Deno.readTextFileSync(join(run.path, "log.txt")),
      "first\nsecond\n",
    );
    for (
      const again of [
        RunFolder.open("a-1", join(runs, "new")),
        RunFolder.open(run.path, "elsewhere"),
      ]
    ) {
      assertEquals(again.name, "a-1");
      assertEquals(again.readConfig(), { seed: 1 });
      assertEquals(again.readMetrics(), [{
        kind: "iteration",
        iteration: 1,
        loss: 2,
      }]);
      assertEquals([...again.readParameters().W1!.data], [1, 2]);
    }
  });

  it("create() refuses a name that is taken or no name", () => {
    RunFolder.create(runs, "taken");
    assertThrows(
      () => RunFolder.create(runs, "taken"),
      Error,
      "is there already",
    );
    for (const name of ["", "a/b", "..", "a b", "x\0"]) {
      assertThrows(
        () => RunFolder.create(runs, name),
        RangeError,
        "Cannot create run",
      );
    }
  });

  it("create() refuses a file in the place of the folder of all runs", () => {
    const file = join(runs, "file");
    Deno.writeTextFileSync(file, "");
    for (const runsDir of [file, join(file, "below")]) {
      const error = assertThrows(() => RunFolder.create(runsDir, "a"), Error);
      assertEquals(
        error.message,
        `Cannot create run: expected ${runsDir} to be a folder, or room for one, but found a file`,
      );
    }
  });

  it("open() lists the runs that there are", () => {
    const folder = join(runs, "list");
    assertThrows(() => RunFolder.open("x", folder), Error, "which holds none");
    RunFolder.create(folder, "b").writeConfig({});
    RunFolder.create(folder, "a").writeConfig({});
    assertThrows(
      () => RunFolder.open("x", folder),
      Error,
      `Cannot find run "x": expected a run's folder, or the name of one in ${folder} (a, b)`,
    );
  });

  it("leaves out a last line of metrics that is cut off, and names a damaged one", () => {
    const run = RunFolder.create(runs, "metrics");
    assertEquals(run.readMetrics(), []);
    run.metric({ kind: "iteration", iteration: 1, loss: 2 });
    const file = join(run.path, "metrics.jsonl");
    Deno.writeTextFileSync(file, '{"kind":"itera', { append: true });
    assertEquals(run.readMetrics().length, 1);
    Deno.writeTextFileSync(file, "\n", { append: true });
    assertThrows(
      () => run.readMetrics(),
      Error,
      "metrics.jsonl: expected JSON",
    );
  });

  it("readParameters() names a run that did not end and a damaged file", () => {
    const run = RunFolder.create(runs, "params");
    assertThrows(() => run.readParameters(), Error, "it did not end");
    run.writeParameters({ W1: tensor([1, 2, 3]) });
    const file = join(run.path, "final.safetensors");
    Deno.writeFileSync(file, Deno.readFileSync(file).subarray(0, -1));
    assertThrows(() => run.readParameters(), Error, "final.safetensors");
  });
});
