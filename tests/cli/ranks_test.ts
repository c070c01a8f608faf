// Copyright 2026 the Convlab authors. MIT license.

/** `train` under a launcher, as it is typed. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { fromFileUrl, join } from "@std/path";
import { afterAll, it } from "@std/testing/bdd";
import config from "../../deno.json" with { type: "json" };
import { RunFolder } from "../../training/run_folder.ts";
import { denoDir } from "../deno_dir.ts";
import { describeMpi, mpirun, startMpirun } from "../distributed/mpirun.ts";
import { runCli, trainingPermissions } from "./run_cli.ts";

const MAIN = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));
/** Without mpirun's own words on jobs that fail. */
const QUIET = { mpirunArgs: ["-q"], env: { DENO_DIR: denoDir() } };
const SMALL = [
  ...["--dataset", "fashion-mnist", "--num-training", "80", "--dtype"],
  ...["float64", "--num-validation", "40", "--num-test", "40"],
  ...["--batch-size", "10", "--print-every", "1", "--threads", "1", "--model"],
  ...["conv4-bn-relu pool dropout0.2 fc10", "--sync-batchnorm"],
];

/** What a task runs, in the folder of the tests, which it may write to. */
function trainArgs(task: "train" | "train:mpi", folder: string): string[] {
  return config.tasks[task].command.split(" ").slice(1)
    .map((word) => word === "cli/main.ts" ? MAIN : word)
    .map((word) =>
      word === "--allow-write=." ? `--allow-write=${folder}` : word
    );
}

describeMpi("train under mpirun", () => {
  const runs = Deno.makeTempDirSync();
  afterAll(() => Deno.removeSync(runs, { recursive: true }));
  const train = (ranks: number, ...args: string[]) =>
    mpirun({
      ranks,
      program: trainArgs("train:mpi", runs),
      args: [...args, "--runs-dir", runs],
      ...QUIET,
    });
  const metricsOf = (name: string) => RunFolder.open(name, runs).readMetrics();
  const lossesOf = (name: string) =>
    metricsOf(name).flatMap((m) => m.kind === "iteration" ? [m.loss] : []);
  const bytesOf = (name: string) =>
    Deno.readFileSync(join(runs, name, "final.safetensors"));

  const start = async (ranks: number, name: string, ...more: string[]) => {
    const outcome = ranks === 1
      ? await alone(...SMALL, "--epochs", "2", "--name", name, ...more)
      : await train(
        ...[ranks, ...SMALL, "--epochs", "2", "--name", name, ...more] as const,
      );
    assertEquals([outcome.code, outcome.stderr.includes("error")], [0, false]);
    return outcome;
  };
  const alone = (...args: string[]) =>
    runCli(
      ["train", ...args, "--runs-dir", runs],
      trainingPermissions(runs),
    );

  it("gives the losses and the accuracies of one process, for any number of ranks", async () => {
    await start(1, "one");
    for (const ranks of [2, 4]) {
      const { stdout } = await start(ranks, `ranks${ranks}`);
      assertStringIncludes(stdout, `on ${ranks} ranks of 1 thread`);
      // One line an iteration: other ranks print nothing.
      assertEquals(stdout.match(/\(Iteration /g)?.length, 16);
      const expected = lossesOf("one");
      const losses = lossesOf(`ranks${ranks}`);
      assertEquals(losses.length, expected.length);
      for (const [i, loss] of losses.entries()) {
        assert(Math.abs(loss - expected[i]!) < 1e-10 * expected[i]!);
      }
      const checks = (name: string) =>
        metricsOf(name).filter(({ kind }) => kind === "check");
      assertEquals(checks(`ranks${ranks}`), checks("one"));
    }
  });

  it("gives the same bytes again, and goes on from a checkpoint on any number of ranks", async () => {
    await start(2, "again");
    assertEquals(bytesOf("again"), bytesOf("ranks2"));
    await start(2, "stopped", "--max-iterations", "5");
    const { code } = await train(
      ...[4, "--resume", "stopped", "--max-iterations", "11"] as const,
    );
    assertEquals(code, 0);
    const end = await alone("--resume", "stopped", "--max-iterations", "16");
    assertEquals(end.code, 0, end.stderr);
    const expected = lossesOf("one");
    for (const [i, loss] of lossesOf("stopped").entries()) {
      assert(Math.abs(loss - expected[i]!) < 1e-10 * expected[i]!);
    }
    const { resumed, machine } = RunFolder.open("stopped", runs).readConfig();
    assertEquals((machine as { hosts: string[] }).hosts.length, 2);
    assertEquals(
      (resumed as { iteration: number; machine: { hosts?: string[] } }[])
        .map(({ iteration, machine }) => [iteration, machine.hosts?.length]),
      [[5, 4], [11, undefined]],
    );
  });

  it("ends with one line when a rank is killed, and the run goes on alone", async () => {
    const job = startMpirun({
      ranks: 2,
      program: trainArgs("train:mpi", runs),
      args: [
        ...[...SMALL, "--name", "killed", "--runs-dir", runs],
        ...["--epochs", "5000", "--checkpoint-every", "10"],
      ],
      ...QUIET,
    });
    let ended = false;
    job.outcome.then(() => ended = true);
    while (!ended && !job.printed.stdout.includes("(Iteration 20 ")) {
      await pause();
    }
    const begin = performance.now();
    try {
      Deno.kill(childOf(job.process.pid), "SIGKILL");
    } catch (error) {
      job.process.kill();
      throw error;
    }
    const { code, stderr } = await job.outcome;
    assert(performance.now() - begin < 10_000);
    assert(code !== 0);
    assertEquals(stderr.match(/^error: .*$/gm)?.length, 1, stderr);
    assertMatch(
      stderr,
      /^error: rank [01] on .* was lost: its process .* gone$/m,
    );
    const { code: end, stderr: why } = await alone(
      ...["--resume", "killed", "--max-iterations", "40"],
    );
    assertEquals(end, 0, why);
    assertEquals(lossesOf("killed").length, 40);
  });

  it("says once what all ranks find wrong, and which rank it is that finds something alone", async () => {
    const usage = await train(2, ...SMALL, "--bathc-size", "3");
    assertEquals(usage.code, 2);
    assertEquals(
      usage.stderr.match(/Unknown option "--bathc-size"/g)?.length,
      1,
    );
    const batch = await train(2, ...changed(SMALL, "--batch-size", "1"));
    assertStringIncludes(
      batch.stderr,
      "error: Expected --batch-size of at least 2, an image for each rank, but found 1",
    );
    const program = trainArgs("train:mpi", runs);
    const differs = await mpirun({
      ranks: 1,
      program,
      args: [
        ...[...SMALL, "--runs-dir", runs, ":", "-n", "1", Deno.execPath()],
        ...[...program, ...changed(SMALL, "--num-training", "90")],
      ],
      ...QUIET,
    });
    assertEquals(differs.code, 1);
    assertMatch(
      differs.stderr,
      /^error: rank 1 on host .*: Cannot train together: expected numTraining to be 80, as for the first rank, but found 90$/m,
    );
  });

  it("names the task to use where it may not call MPI, and asks for nothing", async () => {
    const { code, stderr } = await mpirun({
      ranks: 2,
      program: trainArgs("train", runs),
      args: SMALL,
      ...QUIET,
    });
    assertEquals(code, 1);
    assertMatch(stderr, /^error: .*use "deno task train:mpi"$/m);
  });
});

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

/** A process that another one started. Deno itself may not look there. */
function childOf(parent: number): number {
  const { stdout } = new Deno.Command("sh", {
    args: ["-c", `grep -sl "^PPid:.${parent}$" /proc/[0-9]*/status`],
  }).outputSync();
  const [pid] = /\d+/.exec(new TextDecoder().decode(stdout)) ?? [];
  // Zero would be this process's whole group.
  assert(pid !== undefined, `Process ${parent} has no child`);
  return Number(pid);
}

/** The words with another one behind this one. */
function changed(words: readonly string[], name: string, value: string) {
  return words.map((word, i) => words[i - 1] === name ? value : word);
}
