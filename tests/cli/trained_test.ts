// Copyright 2026 the Convlab authors. MIT license.

/** `predict`, `evaluate`, `export` and `import`, on runs that `train` makes. */

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { runCommandLine } from "../../cli/command_line.ts";
import config from "../../deno.json" with { type: "json" };
import { decodeImage } from "../../data/decode_image.ts";
import { decodeNpz } from "../../data/npz.ts";
import { loadRun } from "../../training/load_run.ts";
import { decodeSafetensors } from "../../training/safetensors.ts";
import { makeImageFolder } from "../data/make_image_folder.ts";
import { type OnnxRuntime, startOnnxRuntime } from "../exchange/run_onnx.ts";
import { describePermitted } from "../permitted.ts";
import { fakeOutput } from "./fake_output.ts";
import { type Ended, runCli } from "./run_cli.ts";

const TORCH = new URL("../../fixtures/torch_models/", import.meta.url).pathname;
const CLASSES = { red: 30, green: 30, blue: 30 };

let folder = "";
let runs = "";
let pictures = "";
let runtime: OnnxRuntime;

/** Runs a subcommand on the runs of these tests. */
async function run(...args: string[]): Promise<Ended> {
  const [stdout, stderr] = [fakeOutput(), fakeOutput()];
  const words = [...args, "--runs-dir", runs];
  const code = await runCommandLine(words, { stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** The same, and it has to succeed. */
async function succeed(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(...args);
  assertEquals(code, 0, stderr);
  return stdout;
}

function first(name: keyof typeof CLASSES, i = 0): string {
  return join(pictures, name, `${i}.png`);
}

describePermitted("the subcommands that use what was trained", () => {
  beforeAll(async () => {
    runtime = startOnnxRuntime();
    folder = Deno.makeTempDirSync();
    runs = join(folder, "runs");
    pictures = join(folder, "colours");
    makeImageFolder(pictures, CLASSES);
    const data = ["--dataset", pictures, "--image-size", "8"];
    const model = ["--model", "conv6-bn-relu gap fc3", "--epochs", "9"];
    const steps = ["--batch-size", "8", "--learning-rate", "0.01"];
    await succeed("train", ...data, ...model, ...steps, "--name", "deep");
    const small = ["--num-filters", "2", "--hidden-dim", "5", "--dtype"];
    await succeed("train", ...data, ...small, "float64", "--name", "three");
  });
  afterAll(async () => {
    Deno.removeSync(folder, { recursive: true });
    await runtime.stop();
  });

  it("predict tells the classes of pictures, and names those that it cannot read", async () => {
    const text = await succeed("predict", "deep", first("red"), first("blue"));
    const [red, blue, ...others] = text.trimEnd().split("\n");
    assertMatch(red!, /0\.png: red [\d.]+ %, (green|blue) [\d.]+ %, /);
    assertMatch(blue!, /0\.png: blue [\d.]+ %, /);
    assertEquals(others, []);

    const notes = join(folder, "notes.txt");
    Deno.writeTextFileSync(notes, "no picture");
    const missing = join(folder, "none.png");
    const { code, stdout, stderr } = await run(
      ...["predict", "deep", notes, join(pictures, "green"), missing],
      ...["--top", "1"],
    );
    assertEquals(code, 1);
    const lines = stdout.trimEnd().split("\n");
    assertEquals(lines.length, 30);
    for (const line of lines) assertMatch(line, /\.png: green [\d.]+ %$/);
    const errors = stderr.trimEnd().split("\n");
    assertEquals(errors.length, 2);
    assertStringIncludes(errors[0]!, "notes.txt: expected a PNG or JPEG file");
    assertStringIncludes(
      errors[1]!,
      "none.png: expected a file but found none",
    );
  });

  it("predict gives in JSON what the library gives", async () => {
    const file = first("green", 3);
    for (const name of ["deep", "three"]) {
      const json = await succeed("predict", name, file, "--json");
      const { run, predictions } = JSON.parse(json);
      assertEquals(run, name);
      const expected = loadRun(name, runs)
        .classify(decodeImage(Deno.readFileSync(file)))
        .map(({ name, probability }) => ({ name, probability }));
      assertEquals(predictions, [{ file, classes: expected }]);
    }
  });

  it("evaluate counts what the test images of training are taken for", async () => {
    const text = await succeed("evaluate", "deep");
    assertMatch(
      text,
      /^deep on colours: accuracy 100\.0 % of 9 test images\n\n/,
    );
    assertMatch(text, /\n0 blue +3 +100\.0 % +3 +\. +\.\n/);
    const { config, final } = {
      config: JSON.parse(
        Deno.readTextFileSync(join(runs, "three/config.json")),
      ),
      final: Deno.readTextFileSync(join(runs, "three/metrics.jsonl"))
        .trimEnd().split("\n").map((line) => JSON.parse(line)).at(-1),
    };
    assertEquals(config.recipe.model, undefined);
    for (const [split, key] of [["test", "test"], ["validation", "val"]]) {
      const json = await succeed(
        "evaluate",
        "three",
        "--split",
        split!,
        "--json",
      );
      const report = JSON.parse(json);
      assertEquals(report.accuracy, final[`${key}Accuracy`]);
      assertEquals(report.images, 9);
      assertEquals(
        report.classes.map((c: { name: string }) => c.name),
        ["blue", "green", "red"],
      );
      assertEquals(
        report.confusion.flat().reduce((a: number, b: number) => a + b),
        9,
      );
    }
  });

  it("evaluate takes another folder, and matches classes by name", async () => {
    const other = join(folder, "other");
    makeImageFolder(other, { red: 12, green: 12 });
    const json = await succeed(
      ...["evaluate", "deep", "--dataset", other, "--split", "all", "--json"],
    );
    const { images, accuracy, confusion } = JSON.parse(json);
    assertEquals([images, accuracy], [24, 1]);
    assertEquals(confusion, [[0, 0, 0], [0, 12, 0], [0, 0, 12]]);
  });

  it("evaluate refuses classes and images that are others", async () => {
    const other = join(folder, "animals");
    makeImageFolder(other, { cat: 12, dog: 12 });
    const classes = await run("evaluate", "deep", "--dataset", other);
    assertEquals([classes.code, classes.stdout], [1, ""]);
    assertStringIncludes(
      classes.stderr,
      'Cannot evaluate: expected the 3 classes of run "deep" (blue, green, red) but found 2 in animals, among them "cat"; choose the --dataset that it was trained on',
    );
    const shape = await run("evaluate", "deep", "--dataset", "fashion-mnist");
    assertEquals([shape.code, shape.stdout], [1, ""]);
    assertStringIncludes(
      shape.stderr,
      'expected images of 3 x 8 x 8, as run "deep" takes them, but found 1 x 28 x 28',
    );
  });

  it("export writes an ONNX file that gives the same probabilities", async () => {
    for (const name of ["deep", "three"]) {
      const { code, stdout, stderr } = await run("export", name);
      assertEquals([code, stdout], [0, `${join(runs, name, "model.onnx")}\n`]);
      assertEquals(
        stderr,
        name === "deep"
          ? ""
          : "Precision: three is in float64; its ONNX file is in float32\n",
      );
      const trained = loadRun(name, runs);
      const image = decodeImage(Deno.readFileSync(first("red", 5)));
      const bytes = Deno.readFileSync(stdout.trim());
      const x = trained.preprocess(image);
      const { probabilities } = await runtime.run(bytes, x);
      for (const [i, p] of trained.probabilities(x).data.entries()) {
        assertAlmostEquals(probabilities!.data[i]!, p, 1e-6);
      }
    }
  });

  it("export writes weights that import reads, for the same accuracy", async () => {
    for (
      const [name, model] of [
        ["deep", "conv6-bn-relu gap fc3"],
        ["three", "conv2k7-relu pool fc5-relu fc3"],
      ] as const
    ) {
      for (const format of ["npz", "safetensors"]) {
        for (const layout of ["pytorch", "convlab"]) {
          const file = join(folder, `${name}-${layout}.${format}`);
          await succeed("export", name, "-o", file, "--layout", layout);
          const again = `${name}-${layout}-${format}`;
          await succeed(
            ...["import", file, "--model", model, "--input-dim", "3,8,8"],
            ...["--layout", layout, "--name", again, "--dtype", "float64"],
          );
          const [before, after] = [name, again].map((run) =>
            loadRun(run, runs)
          );
          for (const [key, value] of Object.entries(before!.network.params)) {
            assertEquals(
              after!.network.params[key]!.data,
              Float64Array.from(value.data),
            );
          }
        }
      }
    }
    const { tensors, metadata } = decodeSafetensors(
      Deno.readFileSync(join(folder, "three-pytorch.safetensors")),
    );
    assertEquals(tensors["fc2.weight"]?.shape, [3, 5]);
    assertEquals(metadata["convlab.class_names"], '["blue","green","red"]');
    assertEquals(metadata["convlab.layout"], "pytorch");
    const arrays = decodeNpz(
      Deno.readFileSync(join(folder, "deep-convlab.npz")),
    );
    assertEquals(arrays["fc1.weight"]?.shape, [6, 3]);
    assert("bn1.running_var" in arrays);
  });

  it("import takes a network of PyTorch, its classes and its normalisation", async () => {
    const text = await succeed(
      ...["import", join(TORCH, "without.npz"), "--name", "torch"],
      ...["--model", "conv5 bn relu pool3s2 fc4", "--input-dim", "1,9,9"],
      ...["--classes", "ant,bee,cat,dog", "--mean", "0.5", "--std", "0.25"],
    );
    assertEquals(text.trimEnd().split("\n"), [
      "layer  from",
      "conv1  0",
      "bn1    1     no weight in the file, no bias in the file",
      "fc1    5     no bias in the file",
    ]);
    const { classNames, mean, std } = loadRun("torch", runs);
    assertEquals(classNames, ["ant", "bee", "cat", "dog"]);
    assertEquals(mean, new Float64Array(81).fill(127.5));
    assertEquals(std, new Float64Array(81).fill(63.75));
    const lines = await succeed("predict", "torch", first("red"), "--top", "4");
    for (const name of classNames) assertStringIncludes(lines, name);
    assertStringIncludes(await succeed("runs", "list"), "torch");
  });

  it("import says what does not fit, and leaves nothing behind", async () => {
    const file = join(TORCH, "without.npz");
    const model = ["--model", "conv5 bn relu pool3s2 fc4"];
    const shape = ["--input-dim", "1,9,9"];
    for (
      const [args, code, message] of [
        [[file, ...shape], 2, "Expected --model"],
        [[file, ...model], 2, "Expected --input-dim"],
        [[file, ...model, "--input-dim", "9,9"], 2, 'but found "9,9"'],
        [[file, "--model", "conv5 fd4", ...shape], 2, 'found "fd4"'],
        [[file, ...model, ...shape, "--classes", "a,b"], 2, "4 words"],
        [[file, ...model, ...shape, "--std", "0"], 2, "above 0"],
        [[file, ...model, ...shape, "--mean", "1,2"], 2, "1 numbers"],
        [
          [file, "--model", "conv5 relu fc4", ...shape],
          1,
          "expected no batch normalisation but found 1 batch normalisation (1) in the file",
        ],
        [[join(folder, "none.npz"), ...model, ...shape], 1, "none.npz"],
        [[first("red"), ...model, ...shape], 1, "0.png: Cannot decode"],
      ] as const
    ) {
      const ended = await run("import", ...args, "--name", "wrong");
      assertEquals([ended.code, ended.stdout], [code, ""], ended.stderr);
      assertStringIncludes(ended.stderr, message);
      assertEquals(ended.stderr.trimEnd().split("\n").length, 1);
    }
    assert(![...Deno.readDirSync(runs)].some(({ name }) => name === "wrong"));
  });

  it("all of them name a run that has not ended or is from before", async () => {
    const old = join(runs, "old");
    Deno.mkdirSync(old);
    Deno.writeTextFileSync(join(old, "config.json"), "{}");
    for (
      const args of [
        ["predict", "old", first("red")],
        ["evaluate", "old"],
        ["export", "old"],
      ]
    ) {
      const { code, stderr } = await run(...args);
      assertEquals(code, 1);
      assertStringIncludes(stderr, "so it did not end");
    }
    Deno.copyFileSync(
      join(runs, "three/final.safetensors"),
      join(old, "final.safetensors"),
    );
    const { code, stderr } = await run("predict", "old", first("red"));
    assertEquals(code, 1);
    assertStringIncludes(stderr, "has no data.json");
    Deno.removeSync(old, { recursive: true });
  });

  it("all of them need no more permissions than their tasks grant", async () => {
    for (
      const args of [
        ["predict", "deep", first("red")],
        ["evaluate", "deep"],
        ["export", "deep", "--format", "npz"],
        ["import", join(TORCH, "without.npz"), "--name", "process"],
      ]
    ) {
      const name = args[0] as "predict" | "evaluate" | "export" | "import";
      const flags = config.tasks[name].command.split(" ")
        .filter((word) => word.startsWith("--allow-"))
        .map((flag) => flag.replace("write=.", `write=${folder}`));
      const more = name === "import"
        ? ["--model", "conv5-bn pool3s2 fc4", "--input-dim", "1,9,9"]
        : [];
      const words = [...args, ...more, "--runs-dir", runs];
      const { code, stderr } = await runCli(words, flags);
      assertEquals(code, 0, stderr);
    }
  });

  it("refuses wrong usage", async () => {
    for (
      const [args, message] of [
        [["predict", "deep"], "Expected pictures after the run"],
        [["predict", "deep", runs], "Expected PNG or JPEG files in the folder"],
        [["export", "deep", "-o", "a.pt"], ".onnx, .safetensors or .npz"],
        [["export", "deep", "--layout", "pytorch"], "Expected no --layout"],
        [
          ["export", "deep", "--format", "npz", "--input", "pixels"],
          "Expected no --input",
        ],
        [
          ["export", "deep", "--format", "npz", "-o", "a.onnx"],
          "Expected a.onnx to end in .npz",
        ],
        [["evaluate", "deep", "--split", "tests"], "--split"],
      ] as const
    ) {
      const { code, stdout, stderr } = await run(...args);
      assertEquals([code, stdout], [2, ""], stderr);
      assertStringIncludes(stderr, message);
    }
  });
});
