// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import fc from "fast-check";
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

  it("create() takes a folder that was left before its run was written down", () => {
    const { path } = RunFolder.create(runs, "left");
    Deno.writeTextFileSync(`${path}/.lock`, "12");
    Deno.writeTextFileSync(`${path}/data.json`, "{}");
    Deno.writeTextFileSync(`${path}/.config.json.x.tmp`, "{");
    const run = RunFolder.create(runs, "left");
    {
      using _lock = run.lock();
      assertThrows(
        () => RunFolder.create(runs, "left"),
        Error,
        "is there already",
      );
    }
    Deno.writeTextFileSync(`${path}/.lock`, "12");
    for (const name of ["notes.txt", "config.json", ".git"]) {
      Deno.writeTextFileSync(`${path}/${name}`, "");
      assertThrows(
        () => RunFolder.create(runs, "left"),
        Error,
        "is there already",
      );
      Deno.removeSync(`${path}/${name}`);
    }
  });

  it("checkNew() says what create() would, and makes nothing", () => {
    RunFolder.create(runs, "there").writeConfig({});
    const check = (name: string) => () => RunFolder.checkNew(runs, name);
    assertThrows(check("there"), Error, "is there already");
    assertThrows(check("a/b"), RangeError, "Cannot create run");
    const before = [...Deno.readDirSync(runs)].length;
    RunFolder.checkNew(runs, "free");
    RunFolder.checkNew(`${runs}/none`, "free");
    assertEquals([...Deno.readDirSync(runs)].length, before);
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
    for (let i = 0; i < 10; i++) {
      RunFolder.create(folder, `c${i}`).writeConfig({});
    }
    assertThrows(
      () => RunFolder.open("x", folder),
      Error,
      "(a, b, c0, c1, c2, c3, c4, c5 and 4 more)",
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

  it("open() finds a run by the beginning of its name, if no other has it", () => {
    const folder = join(runs, "beginnings");
    for (const name of ["train-1", "train-10", "other"]) {
      RunFolder.create(folder, name).writeConfig({});
    }
    const open = (run: string) => RunFolder.open(run, folder);
    assertEquals(open("o").name, "other");
    assertEquals(open("train-1").name, "train-1");
    assertEquals(open("train-10").name, "train-10");
    assertThrows(
      () => open("tr"),
      Error,
      'Cannot tell which run "tr" is: expected the beginning of one name but found that of 2 (train-1, train-10)',
    );
    assertThrows(() => open(""), Error, 'Cannot find run ""');
  });

  it("list() gives the runs, and names folders that are none", () => {
    const folder = join(runs, "listed");
    assertEquals(RunFolder.list(folder), { runs: [], others: [] });
    for (const name of ["b", "a"]) {
      RunFolder.create(folder, name).writeConfig({});
    }
    RunFolder.create(folder, "killed-early");
    Deno.mkdirSync(join(folder, ".git"));
    Deno.writeTextFileSync(join(folder, "notes.txt"), "");
    const { runs: listed, others } = RunFolder.list(folder);
    assertEquals(listed.map(({ name }) => name), ["a", "b"]);
    assertEquals(others, ["killed-early"]);
  });

  it("refuses a configuration and metrics that are no objects", () => {
    const run = RunFolder.create(runs, "no-objects");
    for (const text of ["null", "[]", "5"]) {
      Deno.writeTextFileSync(join(run.path, "config.json"), text);
      Deno.writeTextFileSync(join(run.path, "metrics.jsonl"), `${text}\n`);
      const message = "expected an object in JSON but found";
      assertThrows(() => run.readConfig(), Error, message);
      assertThrows(() => run.readMetrics(), Error, message);
    }
  });
});

describePermitted("RunFolder.readData()", () => {
  const runs = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(runs, { recursive: true }));
  const data = {
    title: "Größen",
    classNames: ["klein", "groß"],
    imageShape: [1, 2, 2],
    mean: Float64Array.of(0.1, 1 / 3, 5e-324, -1e300),
    std: undefined,
  } as const;

  it("gives back what was written, each number to the last bit", () => {
    const run = RunFolder.create(runs, "data");
    run.writeData(data);
    assertEquals(run.readData(), data);
    const divided = { ...data, std: Float64Array.of(1, 2, 3, 4) };
    run.writeData(divided);
    assertEquals(run.readData(), divided);
  });

  it("names what is missing or damaged", () => {
    const run = RunFolder.create(runs, "damaged");
    assertThrows(() => run.readData(), Error, 'run "damaged" has no data.json');
    const fine = { title: "x", classNames: [], imageShape: [1, 1, 1] };
    for (
      const [value, message] of [
        ["{", "JSON"],
        ["null", "an object"],
        [{ ...fine, title: 1 }, "title to be a text"],
        [{ ...fine, classNames: [1] }, "classNames to be a list of texts"],
        [{ ...fine, imageShape: [1, 1] }, "imageShape to be three lengths"],
        [{ ...fine, imageShape: [0, 1, 1] }, "imageShape to be three lengths"],
        [{ ...fine, mean: [1, 2] }, "mean to be null or 1 numbers"],
        [{ ...fine, mean: ["1"] }, "mean to be null or 1 numbers"],
        [{ ...fine, std: [0] }, "std to be null or 1 positive numbers"],
      ] as const
    ) {
      const text = typeof value === "string" ? value : JSON.stringify(value);
      Deno.writeTextFileSync(join(run.path, "data.json"), text);
      assertThrows(
        () => run.readData(),
        Error,
        `data.json: Cannot decode data.json: expected ${message}`,
      );
    }
  });
});

describePermitted("RunFolder.truncate()", () => {
  const runs = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(runs, { recursive: true }));
  let count = 0;
  /** A run with a few lines, and one that is cut off. */
  const newRun = (metrics: string[], end = "") => {
    const run = RunFolder.create(runs, `run-${count++}`);
    const text = metrics.map((line) => `${line}\n`).join("") + end;
    Deno.writeTextFileSync(join(run.path, "metrics.jsonl"), text);
    return run;
  };
  const textOf = (run: RunFolder, name = "metrics.jsonl") =>
    Deno.readTextFileSync(join(run.path, name));
  const line = (iteration: number) =>
    `{"kind":"iteration","iteration":${iteration},"loss":"ß"}`;

  it("takes back what was added to log and metrics", () => {
    const run = newRun([]);
    assertEquals(run.lengths(), { log: 0, metrics: 0 });
    run.log("größer");
    run.metric({ kind: "iteration", iteration: 1, loss: 2 });
    const before = [textOf(run), textOf(run, "log.txt")];
    const lengths = run.lengths();
    assertEquals(lengths.log, 9);
    run.truncate(lengths);
    assertEquals([textOf(run), textOf(run, "log.txt")], before);
    run.log("lost");
    run.metric({ kind: "iteration", iteration: 2, loss: 1 });
    Deno.writeTextFileSync(join(run.path, "log.txt"), "cut o", {
      append: true,
    });
    run.truncate(lengths);
    assertEquals([textOf(run), textOf(run, "log.txt")], before);
  });

  it("keeps whole lines, whatever the length", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string().map((text) => text.replaceAll("\n", "")), {
          maxLength: 4,
        }),
        fc.string(),
        fc.nat(60),
        (lines, end, metrics) => {
          const run = newRun(lines, end);
          const text = new TextEncoder().encode(textOf(run));
          run.truncate({ log: 0, metrics });
          const cut = new TextEncoder().encode(textOf(run));
          assertEquals(cut, text.subarray(0, cut.length));
          assert(cut.length <= metrics);
          assert(cut.length === 0 || cut.at(-1) === 10);
          const next = text.indexOf(10, cut.length);
          assert(next < 0 || next >= metrics);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("truncateMetrics() takes out what came after an iteration", () => {
    const check = '{"kind":"check","iteration":2}';
    const epoch = '{"kind":"epoch","epoch":1}';
    const final = '{"kind":"final","seconds":1}';
    const all = [line(1), line(2), check, epoch, line(3), final];
    for (
      const [iteration, lines] of [[0, 0], [1, 1], [2, 4], [3, 5], [
        9,
        5,
      ]] as const
    ) {
      const run = newRun(all, '{"kind":"iter');
      run.truncateMetrics(iteration);
      assertEquals(
        textOf(run),
        all.slice(0, lines).map((line) => `${line}\n`).join(""),
      );
    }
    const none = RunFolder.create(runs, "none");
    none.truncateMetrics(1);
    assertEquals(none.readMetrics(), []);
  });

  it("truncateMetrics() takes out damaged lines at the end", () => {
    const run = newRun([line(1), "\0\0\0", "{", line(5)]);
    run.truncateMetrics(4);
    assertEquals(textOf(run), `${line(1)}\n`);
  });
});
