// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import { UsageError } from "../../cli/exit.ts";
import runs from "../../cli/runs.ts";
import { tensor } from "../../numerics/tensor.ts";
import { type Metric, RunFolder } from "../../training/run_folder.ts";
import { describePermitted } from "../permitted.ts";
import { fakeOutput } from "./fake_output.ts";
import { runCli } from "./run_cli.ts";

/** Two epochs of four iterations, with a check after the first and each epoch. */
function metricsOf(
  iterations: number,
  offset: number,
  final?: number,
): Metric[] {
  const metrics: Metric[] = [];
  for (let iteration = 1; iteration <= iterations; iteration++) {
    const loss = 2 / iteration + offset;
    metrics.push({ kind: "iteration", iteration, loss });
    if (iteration > 1 && iteration % 4 > 0) continue;
    metrics.push({
      kind: "check",
      iteration,
      epoch: Math.floor(iteration / 4),
      trainAccuracy: 0.1 * iteration - offset,
      valAccuracy: 0.09 * iteration - offset,
    });
  }
  if (final !== undefined) {
    const accuracies = { trainAccuracy: 0.8, valAccuracy: 0.72 };
    metrics.push({
      ...{ kind: "final", ...accuracies },
      ...{ testAccuracy: final, seconds: 402 },
    });
  }
  return metrics;
}

const recipe = { epochs: 2, batchSize: 25, updateRule: "adam", dropout: null };
const MODEL = "conv32-bn-relu conv32-bn-relu pool gap fc10";

describePermitted("runs", () => {
  const folder = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(folder, { recursive: true }));

  const create = (
    name: string,
    { day, metrics, config = {} }: {
      day: number;
      metrics: readonly Metric[];
      config?: Record<string, unknown>;
    },
  ) => {
    const run = RunFolder.create(folder, name);
    run.writeConfig({
      ...{ command: "train", dataset: "cifar10", trainingImages: 100 },
      recipe,
      ...config,
      started: `2026-11-0${day}T10:00:00.000Z`,
    });
    metrics.forEach((metric) => run.metric(metric));
    return run;
  };
  const checkpoint = (iteration: number) => ({
    ...{ iteration, state: {} },
    tensors: { w: tensor([iteration]) },
  });

  create("finished", {
    day: 1,
    metrics: metricsOf(8, 0, 0.7),
    config: { recipe: { ...recipe, model: MODEL, seed: 1 } },
  }).writeParameters({ W1: tensor([1]) });
  const stopped = create("stopped", { day: 2, metrics: metricsOf(6, 0.01) });
  const store = stopped.checkpoints({ keep: 3 });
  store.write(checkpoint(3), { best: true });
  store.write(checkpoint(4));
  Deno.writeTextFileSync(store.write(checkpoint(6)).path, "damaged");
  create("hopeless", {
    day: 3,
    metrics: [
      ...metricsOf(1, 0.02),
      { kind: "iteration", iteration: 2, loss: NaN },
    ],
  });
  create("empty", { day: 4, metrics: [] });
  create("other", {
    day: 5,
    metrics: metricsOf(3, 0),
    config: { command: "overfit", recipe: undefined, epochs: 1 },
  });
  const damaged = create("damaged", { day: 6, metrics: [] });
  Deno.writeTextFileSync(join(damaged.path, "metrics.jsonl"), "x\n");
  Deno.mkdirSync(join(folder, "photos"));
  Deno.writeTextFileSync(join(folder, "notes.txt"), "");

  const call = async (...args: string[]) => {
    const stdout = fakeOutput();
    const stderr = fakeOutput();
    const code = await runs.run([...args, "--runs-dir", folder], {
      stdout,
      stderr,
    });
    assertEquals(code, 0);
    const text = (output: { text: string }) =>
      output.text.replaceAll(folder, "RUNS");
    return { stdout: text(stdout), stderr: text(stderr) };
  };

  it("list shows each run on a line, and names what is none", async () => {
    const lock = RunFolder.open("empty", folder).lock();
    const { stdout, stderr } = await call("list");
    lock[Symbol.dispose]();
    assertEquals(
      stdout,
      `\
name      command  model                     data     progress    val     test    status                                        started
other     overfit  three-layer               cifar10  0/1 epoch   9.0 %   –       stopped at iteration 3, not resumable         2026-11-05 10:00 UTC
empty     train    three-layer               cifar10  0/2 epochs  –       –       running, at iteration 0                       2026-11-04 10:00 UTC
hopeless  train    three-layer               cifar10  0/2 epochs  7.0 %   –       stopped at iteration 2, loss not finite at 2  2026-11-03 10:00 UTC
stopped   train    three-layer               cifar10  1/2 epochs  35.0 %  –       stopped at iteration 6, resumable             2026-11-02 10:00 UTC
finished  train    conv32-bn-relu conv32-b…  cifar10  2/2 epochs  72.0 %  70.0 %  finished                                      2026-11-01 10:00 UTC
`,
    );
    assertEquals(
      stderr,
      `\
RUNS/photos is left out: it has no config.json, so it is no run
RUNS/damaged is left out: Cannot read RUNS/damaged/metrics.jsonl: expected JSON but found "x"
`,
    );
  });

  it("list leaves columns out where the terminal is narrow", async () => {
    for (
      const [columns, head] of [
        [200, "name command model data progress val test status started"],
        [120, "name model data progress val test status"],
        [80, "name val test status"],
      ] as const
    ) {
      const stdout = fakeOutput({ isTerminal: true, columns });
      const args = ["list", "--runs-dir", folder];
      await runs.run(args, { stdout, stderr: fakeOutput() });
      const lines = stdout.text.trimEnd().split("\n");
      assertEquals(lines[0]!.split(/ +/).join(" "), head);
      assert(lines.every((line) => line.length <= columns));
    }
  });

  it("list --json gives the same as data", async () => {
    const { stdout, stderr } = await call("list", "--json");
    assertEquals(stderr, "");
    const { runs, problems } = JSON.parse(stdout);
    assertEquals(runs.map((run: { name: string }) => run.name), [
      ...["other", "empty", "hopeless", "stopped", "finished"],
    ]);
    assertEquals(runs[3], {
      name: "stopped",
      path: "RUNS/stopped",
      status: "stopped",
      command: "train",
      model: null,
      data: "cifar10",
      iteration: 6,
      iterations: 8,
      epoch: 1,
      epochs: 2,
      divergedAt: null,
      resumableFrom: 4,
      valAccuracy: 0.36 - 0.01,
      bestValAccuracy: 0.36 - 0.01,
      testAccuracy: null,
      started: "2026-11-02T10:00:00.000Z",
      seconds: null,
    });
    assertEquals(problems.length, 2);
  });

  it("show tells of a run that stopped how to go on", async () => {
    const { stdout } = await call("show", "sto");
    assertEquals(
      stdout,
      `\
RUNS/stopped: stopped at iteration 6, resumable
6 of 8 iterations, 1/2 epochs, started 2026-11-02 10:00 UTC

Configuration:
  command         train
  dataset         cifar10
  trainingImages  100
  epochs          2
  batchSize       25
  updateRule      adam
  dropout         null
  started         2026-11-02T10:00:00.000Z

History:
  iteration  epoch  mean loss  train   val
  1          0      2.0100     9.0 %   8.0 %
  4          1      0.7322     39.0 %  35.0 %  best

Files:
  RUNS/stopped/config.json                       218 B
  RUNS/stopped/metrics.jsonl                     502 B
  RUNS/stopped/checkpoints/00000003.safetensors  240 B  the best so far
  RUNS/stopped/checkpoints/00000004.safetensors  240 B
  RUNS/stopped/checkpoints/00000006.safetensors  7 B    damaged: Cannot decode checkpoint: expected the beginning of a checkpoint but found something else

Next:
  deno task train --resume RUNS/stopped    Go on from iteration 4
  deno task visualize curves RUNS/stopped  Draw loss and accuracies
`,
    );
  });

  it("show tells of a run without a checkpoint to begin again", async () => {
    const begins = /train --resume RUNS\/empty +Begin again/;
    assertMatch((await call("show", "empty")).stdout, begins);
    for (const name of ["other", "hopeless"]) {
      const { stdout } = await call("show", name);
      assertEquals(stdout.includes("--resume"), false);
    }
  });

  it("show tells of a finished run what came of it", async () => {
    const { stdout } = await call("show", "finished");
    assertMatch(stdout, /8 of 8 iterations, .*, trained for 6 min 42 s\n/);
    assertMatch(stdout, /\n {2}model +conv32-bn-relu .* fc10\n/);
    assertMatch(stdout, /\nKept parameters:\n.*\n.*\n {2}test +70\.0 %\n/);
    assertMatch(stdout, /visualize filters RUNS\/finished +Draw/);
    const { stdout: json } = await call("show", "finished", "--json");
    const { config, checks, final, files, next } = JSON.parse(json);
    assertEquals(config["recipe.seed"], 1);
    assertEquals(checks.length, 3);
    assertEquals(final.testAccuracy, 0.7);
    assertEquals(files[1].path, "RUNS/finished/final.safetensors");
    assertEquals(next[0].command, "deno task report RUNS/finished");
  });

  it("compare shows what differs, and the runs at equal iterations", async () => {
    const { stdout } = await call("compare", "finished", "stopped");
    assertEquals(
      stdout,
      `\
A  finished  finished
B  stopped   stopped at iteration 6, resumable

Settings that differ (7 are the same):
  setting  A                                            B
  model    conv32-bn-relu conv32-bn-relu pool gap fc10  –
  seed     1                                            –

At equal iterations (mean loss since the row above):
  iteration  loss A  loss B  val A   val B
  1          2.0000  2.0100  9.0 %   8.0 %
  2          1.0000  1.0100  9.0 %   8.0 %
  3          0.6667  0.6767  9.0 %   8.0 %
  4          0.5000  0.5100  36.0 %  35.0 %
  5          0.4000  0.4100  36.0 %  35.0 %
  6          0.3333  0.3433  36.0 %  35.0 %

At the end:
                    A           B
  progress          2/2 epochs  1/2 epochs
  iterations        8           6
  last loss         0.2500      0.3433
  best validation   72.0 %      35.0 %
  kept: training    80.0 %      –
  kept: validation  72.0 %      –
  kept: test        70.0 %      –
  time              6 min 42 s  –
`,
    );
  });

  it("compare takes several runs, also without metrics, and gives JSON", async () => {
    const args = ["compare", "finished", "stopped", "other"];
    const { stdout } = await call(...args, "--json");
    const { runs, differences, atEqualIterations } = JSON.parse(stdout);
    assertEquals(runs.length, 3);
    assertEquals(differences.command, ["train", "train", "overfit"]);
    assertEquals(differences["recipe.model"], [MODEL, null, null]);
    assertEquals(
      atEqualIterations.map((row: { iteration: number }) => row.iteration),
      [1, 2, 3],
    );
    const { stdout: text } = await call("compare", "empty", "other", "other");
    assertMatch(text, /^A {2}empty .*\nB {2}other .*\nC {2}other /);
    assertMatch(text, /\nAt the end:\n/);
  });

  it("takes imported weights for a run that is ready to be used", async () => {
    const runsDir = join(folder, "photos", "runs");
    const run = RunFolder.create(runsDir, "torch");
    run.writeParameters({ w: tensor([1]) });
    run.writeConfig({ command: "import", recipe: { model: "conv8 gap fc2" } });
    const show = async (...args: string[]) => {
      const stdout = fakeOutput();
      const stderr = fakeOutput();
      await runs.run([...args, "--runs-dir", runsDir], { stdout, stderr });
      return stdout.text;
    };
    assertMatch(await show("list"), /^torch .* – +– +– +imported /m);
    const text = await show("show", "torch");
    assertMatch(text, /torch: imported\n\n/);
    assertMatch(
      text,
      /Next:\n {2}deno task report .*\n {2}deno task visualize filters/,
    );
    Deno.removeSync(runsDir, { recursive: true });
  });

  it("refuses wrong numbers of runs", async () => {
    for (
      const [args, message] of [
        [["list", "a"], "Expected no run after list but found 1"],
        [["show"], "Expected one run after show but found none"],
        [["show", "a", "b"], "Expected one run after show but found 2"],
        [["compare", "a"], "Expected two or more runs after compare"],
      ] as const
    ) await assertRejects(() => call(...args), UsageError, message);
    await assertRejects(() => call("show", "x"), Error, 'Cannot find run "x"');
  });

  it("needs permission to read and nothing else", async () => {
    const args = ["runs", "list", "--runs-dir", join(folder, "none")];
    assertEquals(await runCli(args, ["--allow-read"]), {
      code: 0,
      stdout: "",
      stderr: `There are no runs in ${
        join(folder, "none")
      }: "deno task train" makes one\n`,
    });
    const { code } = await runCli(
      ["runs", "show", "stopped", "--runs-dir", folder],
      ["--allow-read"],
    );
    assertEquals(code, 0);
  });
});
