// Copyright 2026 the Convlab authors. MIT license.

/** Files of a run that grow, and are cut back. */

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { afterEach, beforeEach, it } from "@std/testing/bdd";
import fc from "fast-check";
import { GrowingFile } from "../../live/growing_file.ts";
import { RunHistory } from "../../live/page/run_history.js";
import { RunFiles } from "../../live/run_files.ts";
import { RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";

let folder = "";

describePermitted("GrowingFile", () => {
  beforeEach(() => {
    folder = Deno.makeTempDirSync();
  });
  afterEach(() => Deno.removeSync(folder, { recursive: true }));

  it("gives each line once, however the file grows", () => {
    let n = 0;
    fc.assert(
      fc.property(
        fc.array(fc.stringMatching(/^[a-zé\n]{0,40}$/), { maxLength: 12 }),
        (parts) => {
          const path = join(folder, `${n++}.txt`);
          const file = new GrowingFile(path);
          assertEquals(file.read(), { isAnew: false, lines: [] });
          const found: string[] = [];
          for (const part of parts) {
            Deno.writeTextFileSync(path, part, { append: true });
            found.push(...file.read().lines);
          }
          assertEquals(found, parts.join("").split("\n").slice(0, -1));
        },
      ),
      { numRuns: 50 },
    );
  });

  it("reads files that are longer than what is read at once", () => {
    const path = join(folder, "long.txt");
    const lines = Array.from({ length: 60_000 }, (_, i) => `line ${i} of many`);
    Deno.writeTextFileSync(path, lines.join("\n") + "\nhalf");
    const file = new GrowingFile(path);
    assertEquals(file.read().lines, lines);
    Deno.writeTextFileSync(path, " a line\n", { append: true });
    assertEquals(file.read().lines, ["half a line"]);
  });

  it("sees that a file was cut back, also if it has grown past that since", () => {
    const path = join(folder, "cut.txt");
    const file = new GrowingFile(path);
    Deno.writeTextFileSync(path, "one\ntwo\nthree\n");
    file.read();
    Deno.writeTextFileSync(path, "one\n");
    assertEquals(file.read(), { isAnew: true, lines: ["one"] });
    Deno.writeTextFileSync(path, "one\ntwo\n");
    assertEquals(file.read(), { isAnew: false, lines: ["two"] });
    Deno.writeTextFileSync(path, "one\nTWO\nthree\n");
    assertEquals(file.read(), { isAnew: true, lines: ["one", "TWO", "three"] });
    Deno.removeSync(path);
    assertEquals(file.read(), { isAnew: true, lines: [] });
  });
});

describePermitted("RunFiles", () => {
  beforeEach(() => {
    folder = Deno.makeTempDirSync();
  });
  afterEach(() => Deno.removeSync(folder, { recursive: true }));

  it("tells what a run's files do, and all anew after a checkpoint was gone back to", () => {
    const run = RunFolder.create(folder, "first");
    const files = new RunFiles(run.path);
    const history = new RunHistory();
    const read = () => {
      for (const event of files.read()) history.apply(event);
    };
    read();
    run.log("begins");
    run.metric({ kind: "iteration", iteration: 1, loss: 2, learningRate: 0.1 });
    const accuracies = { trainAccuracy: 0.5, valAccuracy: NaN };
    run.metric({ kind: "check", iteration: 1, epoch: 0, ...accuracies });
    const lengths = run.lengths();
    run.metric({ kind: "iteration", iteration: 2, loss: 1.5 });
    run.metric({ kind: "learningRate", iteration: 2, learningRate: 0.05 });
    run.log("goes on");
    read();
    assertEquals(history.losses.last, 2);
    assertEquals(history.facts.rates, [{ iteration: 2, learningRate: 0.05 }]);
    assertEquals(history.facts.lines, ["begins", "goes on"]);

    run.truncate(lengths);
    run.metric({ kind: "iteration", iteration: 2, loss: 1.4 });
    run.metric({ kind: "iteration", iteration: 3, loss: NaN });
    read();
    assertEquals(history.losses.buckets.sum, [2, 1.4]);
    assertEquals(history.losses.buckets.learningRate, [0.1, null]);
    assertEquals(history.facts.rates, []);
    assertEquals(history.facts.lines, ["begins"]);
    assertEquals(history.facts.divergedAt, 3);
    assertEquals(history.facts.checks, [
      { iteration: 1, epoch: 0, trainAccuracy: 0.5, valAccuracy: null },
    ]);
  });

  it("leaves out what it cannot read", () => {
    Deno.writeTextFileSync(
      join(folder, "metrics.jsonl"),
      '{"kind":"iteration","iteration":1,"loss":2}\nnonsense\nnull\n[]\n{"kind":"of tomorrow"}\n{"kind":"iteration","iteration":2,"loss":1}\n',
    );
    const [event, ...more] = new RunFiles(folder).read();
    assertEquals(event, {
      kind: "points",
      points: [[1, 2, null], [2, 1, null]],
    });
    assertEquals(more, []);
  });
});
