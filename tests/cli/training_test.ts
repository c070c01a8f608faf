// Copyright 2026 the Convlab authors. MIT license.

/** `train`, `overfit`, `visualize` and `bench` as processes. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { join } from "@std/path";
import { TextLineStream, toText } from "@std/streams";
import { afterAll, beforeAll, it } from "@std/testing/bdd";
import { decodeImage } from "../../data/decode_image.ts";
import { decodeSafetensors } from "../../training/safetensors.ts";
import { cliCommand, noData, runCli, trainingPermissions } from "./run_cli.ts";
import { describePermitted } from "../permitted.ts";

let folder = "";
let runs = "";
let permissions: string[] = [];
let env: Record<string, string> = {};

/** A small part of the built-in sample. */
const FEW = [
  ...["--num-training", "500", "--num-validation", "100"],
  ...["--num-test", "100"],
];
/** A small three-layer network. */
const SMALL = ["--num-filters", "4", "--hidden-dim", "20"];

/** A short training on the built-in sample. */
function train(name: string, ...more: string[]) {
  const size = [...SMALL, "--max-iterations", "3"];
  return runCli(
    ["train", "--runs-dir", runs, "--name", name, ...size, ...more],
    permissions,
    env,
  );
}

function read(name: string, file: string): Uint8Array {
  return Deno.readFileSync(join(runs, name, file));
}

describePermitted("the subcommands that train and draw", () => {
  beforeAll(() => {
    folder = Deno.makeTempDirSync();
    runs = join(folder, "runs");
    permissions = trainingPermissions(folder);
    env = noData(folder);
  });
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  it("train leaves a run folder, and says which data it took", async () => {
    const { code, stdout, stderr } = await train("first", "--print-every", "2");
    assertEquals(code, 0, stderr);
    assertMatch(
      stderr,
      /^Data: the built-in Fashion-MNIST sample.*; for CIFAR-10 run /,
    );
    const lines = stdout.trimEnd().split("\n");
    assertMatch(lines[0]!, /^\(Iteration 1 \/ 200\) loss: 2\.30\d{4}$/);
    assertMatch(
      lines[1]!,
      /^\(Epoch 0 \/ 1\) train acc: 0\.\d{6}; val_acc: 0\.\d{6}$/,
    );
    assertMatch(
      lines.at(-1)!,
      /^parameters kept, of iteration \d: training accuracy .* test /,
    );
    assertMatch(
      stdout,
      /^Fashion-MNIST sample, 3 of 200 iterations, 16,110 parameters, /m,
    );
    assertEquals(
      [...Deno.readDirSync(join(runs, "first"))].map((f) => f.name).sort(),
      [
        "checkpoints",
        "config.json",
        "data.json",
        "final.safetensors",
        "log.txt",
        "metrics.jsonl",
      ],
    );
    const text = (file: string) =>
      new TextDecoder().decode(read("first", file));
    assertEquals(text("log.txt"), stdout);
    const { recipe } = JSON.parse(text("config.json"));
    assertEquals([
      recipe.dataset,
      recipe.seed,
      recipe.dtype,
      recipe.hiddenDim,
    ], ["fashion-mnist", 231, "float32", 20]);
    const metrics = text("metrics.jsonl").trimEnd().split("\n").map((line) =>
      JSON.parse(line)
    );
    assertEquals(metrics.map(({ kind }) => kind), [
      ...["gradients", "iteration", "check", "gradients", "iteration"],
      ...["gradients", "iteration", "check", "final"],
    ]);
    const { tensors, metadata } = decodeSafetensors(
      read("first", "final.safetensors"),
    );
    assertEquals(Object.keys(tensors).sort(), [
      "W1",
      "W2",
      "W3",
      "b1",
      "b2",
      "b3",
    ]);
    assertEquals(tensors.W1!.shape, [4, 1, 7, 7]);
    assertEquals(metadata.dataset, "fashion-mnist");
  });

  it("train gives the same bytes for the same seed, on one thread and on two", async () => {
    await train("one", ...FEW, "--threads", "1");
    await train("two", ...FEW, "--threads", "2");
    await train("other", ...FEW, "--seed", "7");
    const file = "final.safetensors";
    assertEquals(read("one", file), read("two", file));
    assert(
      read("other", file).some((byte, i) => byte !== read("one", file)[i]),
    );
  });

  it("train names a run that is there, data that is missing, and a divergence", async () => {
    const again = await train("first");
    assertEquals(again.code, 1);
    assertStringIncludes(again.stderr, "is there already; choose another name");
    // Also before it looks for data that are not there.
    const early = await train("first", "--dataset", "cifar10");
    assertStringIncludes(early.stderr, "is there already; choose another name");
    const missing = await train("missing", "--dataset", "cifar10");
    assertEquals([missing.code, missing.stdout], [1, ""]);
    assertStringIncludes(missing.stderr, "Cannot find CIFAR-10");
    const wrong = await train("wrong", "--data-dir", join(folder, "none"));
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.stderr, "expected a folder but found none");
    const wild = await train(
      "wild",
      "--learning-rate",
      "1e30",
      "--update-rule",
      "sgd",
    );
    assertEquals(wild.code, 1);
    assertMatch(
      wild.stderr,
      /Loss is (NaN|Infinity) at iteration \d+: training has diverged/,
    );
  });

  it("train ends with exit code 130 on Ctrl-C", async () => {
    const args = [
      "train",
      "--runs-dir",
      runs,
      "--name",
      "stopped",
      "--epochs",
      "100",
      ...SMALL,
    ];
    const child = cliCommand(args, permissions, env).spawn();
    const lines = child.stdout.pipeThrough(new TextDecoderStream()).pipeThrough(
      new TextLineStream(),
    );
    const seen: string[] = [];
    for await (const line of lines) {
      seen.push(line);
      if (seen.length === 3) child.kill("SIGINT");
    }
    const stderr = await toText(child.stderr);
    const { code } = await child.status;
    assertEquals(code, 130);
    assertMatch(
      stderr,
      /Interrupted after iteration \d+ of 20000; go on with: deno task train --resume \S+\Wstopped\n$/,
    );
    assert(seen.length < 100);
  });

  it("train begins with the weights of another run, as far as they fit", async () => {
    const trainOn = (name: string, model: string, ...more: string[]) =>
      runCli(
        [
          ...["train", "--runs-dir", runs, "--name", name, "--model", model],
          ...["--max-iterations", "2", ...FEW, ...more],
        ],
        permissions,
        env,
      );
    const model = "conv4-relu gap fc10";
    await trainOn("learned", model);
    const { code, stderr } = await trainOn(
      ...[
        "tuned",
        "conv4-relu gap fc5-relu fc10",
        "--init",
        "learned",
      ] as const,
    );
    assertEquals(code, 0, stderr);
    assertStringIncludes(
      stderr,
      "Begins with 2 tensors of learned, and anew with fc1.weight, fc1.bias, fc2.weight, fc2.bias\n",
    );
    const missing = await trainOn("no", model, "--init", "nobody");
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.stderr, 'Cannot find run "nobody"');
  });

  it("overfit learns a few images by heart and draws its curves", async () => {
    const figure = join(folder, "overfit.svg");
    const args = [
      "overfit",
      "--runs-dir",
      runs,
      "--name",
      "few",
      "--num-training",
      "10",
      "--num-validation",
      "100",
      "--epochs",
      "8",
      "-o",
      figure,
    ];
    const { code, stdout, stderr } = await runCli(args, permissions, env);
    assertEquals(code, 0, stderr);
    assertMatch(stdout, /\(Epoch 8 \/ 8\) train acc: 1\.000000/);
    const svg = Deno.readTextFileSync(figure);
    assertMatch(svg, /^<svg /);
    for (
      const text of [
        "iteration",
        "epoch",
        "Fashion-MNIST sample, 10 training images",
      ]
    ) {
      assertStringIncludes(svg, text);
    }
  });

  it("visualize draws filters and curves into the run's folder", async () => {
    for (const kind of ["filters", "curves"]) {
      const { code, stdout, stderr } = await runCli([
        "visualize",
        kind,
        "first",
        "--runs-dir",
        runs,
        "--width",
        "500",
      ], permissions);
      assertEquals([code, stderr], [0, ""]);
      const path = join(runs, "first", `${kind}.png`);
      assertEquals(stdout, `${path}\n`);
      assertEquals(decodeImage(Deno.readFileSync(path)).width, 500);
    }
  });

  it("visualize convolve draws two photos, its own or given ones", async () => {
    const png = join(folder, "convolve.png");
    const { code, stderr } = await runCli([
      "visualize",
      "convolve",
      "-o",
      png,
      "--theme",
      "dark",
    ], permissions);
    assertEquals([code, stderr], [0, ""]);
    const { width, height } = decodeImage(Deno.readFileSync(png));
    assertEquals(width, 1440);
    assert(height > 900 && height < 1200);
    const svg = join(folder, "own.svg");
    const photos = [
      "fixtures/photos/coffee-200.png",
      "fixtures/photos/chelsea-200.png",
    ];
    assertEquals(
      (await runCli(
        ["visualize", "convolve", "--images", ...photos, "-o", svg],
        permissions,
      )).code,
      0,
    );
    const text = Deno.readTextFileSync(svg);
    for (const title of ["Original image", "Grayscale", "Edges"]) {
      assertStringIncludes(text, title);
    }
    const bad = join(folder, "bad.png");
    Deno.writeTextFileSync(bad, "no picture");
    const wrong = await runCli(
      ["visualize", "convolve", "--images", bad, bad, "-o", png],
      permissions,
    );
    assertEquals(wrong.code, 1);
    assertStringIncludes(wrong.stderr, "bad.png: expected a PNG or JPEG file");
  });

  it("visualize and evaluate take a run that has not ended as it is so far", async () => {
    const draw = (kind: string, run: string) =>
      runCli(["visualize", kind, run, "--runs-dir", runs], permissions);
    assertStringIncludes(
      (await draw("curves", "nobody")).stderr,
      'Cannot find run "nobody"',
    );
    const { code, stderr } = await draw("filters", "stopped");
    assertEquals(code, 0, stderr);
    const evaluated = await runCli(
      ["evaluate", "stopped", "--runs-dir", runs, "--json"],
      permissions,
      env,
    );
    assertEquals(evaluated.code, 0, evaluated.stderr);
    assertMatch(
      evaluated.stderr,
      /Run stopped has not ended: these are its parameters after iteration \d+\n/,
    );
  });

  it("bench compares, measures, and prints JSON", async () => {
    const { code, stdout } = await runCli([
      "bench",
      "--json",
      "--threads",
      "2",
      "--dtype",
      "float32",
    ]);
    assertEquals(code, 0);
    const { dtype, threads, benchmarks } = JSON.parse(stdout);
    assertEquals([dtype, threads], ["float32", 2]);
    assertEquals(benchmarks.map((b: { cell: number }) => b.cell), [8, 9]);
    for (const { passes } of benchmarks) {
      assertEquals(passes.map((p: { name: string }) => p.name), [
        "forward",
        "backward",
      ]);
      for (const { agrees, naive, fast, speedup, kernels } of passes) {
        assert(agrees && naive > 0 && fast > 0);
        assertEquals(speedup, naive / fast);
        assertMatch(kernels[0], /^f32_\w+_(relaxed|strict)$/);
      }
    }
  });

  it("a program that used the workers ends by itself", async () => {
    const script = `
      import { convForwardFast, RandomState, setThreads } from "${new URL(
      "../../mod.ts",
      import.meta.url,
    )}";
      setThreads(3);
      const random = new RandomState(0);
      const { out } = convForwardFast(random.randn([20, 3, 32, 32]), random.randn([16, 3, 5, 5]), random.randn([16]));
      console.log(out.shape.join());`;
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", script],
      cwd: new URL("../..", import.meta.url),
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const { code, stdout } = await child.output();
    clearTimeout(timer);
    assertEquals([code, new TextDecoder().decode(stdout)], [
      0,
      "20,16,28,28\n",
    ]);
  });
});
