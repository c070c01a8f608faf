// Copyright 2026 the Convlab authors. MIT license.

/** Ranks on two hosts, between which everything takes a cable that can be slow, or cut. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { it } from "@std/testing/bdd";
import config from "../../deno.json" with { type: "json" };
import { RunFolder } from "../../training/run_folder.ts";
import { runCli, trainingPermissions } from "../cli/run_cli.ts";
import { denoDir } from "../deno_dir.ts";
import {
  distance,
  FIRST_SEED,
  trainCase,
  type Trained,
  TRAINING_CASES,
} from "../training/train_case.ts";
import { describeTwoHosts, whatIsMissing } from "./describe_two_hosts.ts";
import { type Job, mpirun, startMpirun } from "./mpirun.ts";
import { TwoHosts } from "./namespaces.ts";

const SUMS = new URL("./programs/sums.ts", import.meta.url);
const TRAINER = new URL("./programs/trainer.ts", import.meta.url);
const TRAIN = new URL("./train_ranks.ts", import.meta.url);
const MAIN = fromFileUrl(new URL("../../cli/main.ts", import.meta.url));
/** Bytes that each rank of two has to send to add all numbers of the program up. */
const SUMMED_BYTES = 12 * (65_536 + 70_001) + 8 * 70_001;
/** What the end of a job may take, in milliseconds. */
const IN_TIME = 10_000;

/** A job of a rank on each host. */
function across(hosts: TwoHosts, job: Omit<Job, "ranks">): Job {
  return {
    ...{ ...job, ranks: 2, on: hosts.on("a") },
    mpirunArgs: ["-q", ...hosts.mpirunArgs()],
    env: { DENO_DIR: denoDir() },
  };
}

const missing = await whatIsMissing(1);
const itDelayed = missing === undefined
  ? it
  : (name: string, body: () => Promise<void>) =>
    it.skip(`${name} (skipped: needs netem, or Python: ${missing})`, body);

await describeTwoHosts("Ranks on two hosts", () => {
  it("add up right, over the cable", async () => {
    using hosts = await TwoHosts.make();
    const outcome = await mpirun(across(hosts, { program: SUMS }));
    assertEquals([outcome.code, outcome.stderr], [0, ""]);
    assertMatch(outcome.stdout, /^2 ranks of Open MPI \S+, hosts: 2$/m);
    const [a, b] = [hosts.bytes("a"), hosts.bytes("b")];
    assert(a.sent > SUMMED_BYTES && b.sent > SUMMED_BYTES, `${a.sent}`);
    assertEquals([a.sent, b.sent], [b.received, a.received]);
  });

  it("end where one process does, over a cable that is fast or slow", async () => {
    using fast = await TwoHosts.make();
    using slow = await TwoHosts.make();
    slow.limit(5e6);
    await Promise.all([trainsAsAlone(fast), trainsAsAlone(slow)]);
  });

  itDelayed(
    "end where one process does, over a cable that is long",
    async () => {
      using long = await TwoHosts.make(5);
      await trainsAsAlone(long);
    },
  );

  it("end with one line when one is killed, or the cable is cut or pulled out, and one goes on alone", async () => {
    const runs = Deno.makeTempDirSync();
    try {
      await Promise.all([
        ...[0, 1].map(endsAfterKilling),
        ...(["cut", "unplug"] as const).map((harm) =>
          harmAndResume(harm, runs)
        ),
      ]);
    } finally {
      Deno.removeSync(runs, { recursive: true });
    }
  });
});

/** Checks that ranks end where one process does. */
async function trainsAsAlone(hosts: TwoHosts): Promise<void> {
  const { code, stdout, stderr } = await mpirun(
    across(hosts, { program: TRAIN, args: ["1"] }),
  );
  assertEquals([code, stderr], [0, ""]);
  const { tensors, ...rest }: Trained = JSON.parse(stdout);
  const alone = await trainCase(TRAINING_CASES[0]!, FIRST_SEED);
  assertEquals(rest.valAccuracies, alone.valAccuracies);
  for (const [key, values] of Object.entries(alone.tensors)) {
    const d = distance(values, Float64Array.from(tensors[key]!));
    assert(d < 1e-10, `${key}: ${d}`);
  }
}

/** Checks what is said of a rank that is killed. */
async function endsAfterKilling(rank: number): Promise<void> {
  using hosts = await TwoHosts.make();
  const { code, stderr } = await mpirun(
    across(hosts, { program: TRAINER, args: ["kill", `${rank}`] }),
  );
  assert(code !== 0);
  const lines = stderr.match(/^error: .*$/gm) ?? [];
  assertEquals(lines.length, 1, stderr);
  const start = `error: rank ${rank} on host ${"ab"[rank]} was lost: `;
  assert(lines[0]!.startsWith(start), lines[0]);
}

/** Trains until the cable is harmed, and on from there on a single rank. */
async function harmAndResume(
  harm: "cut" | "unplug",
  runs: string,
): Promise<void> {
  using hosts = await TwoHosts.make();
  const job = startMpirun(across(hosts, {
    program: taskArgs(runs),
    args: [
      ...["--dataset", "fashion-mnist", "--num-training", "80"],
      ...["--num-validation", "40", "--num-test", "40", "--threads", "1"],
      ...["--batch-size", "10", "--model", "conv4-relu-pool fc10"],
      ...["--print-every", "1", "--checkpoint-every", "10", "--epochs", "5000"],
      ...["--name", harm, "--runs-dir", runs],
    ],
  }));
  let ended = false;
  job.outcome.then(() => ended = true);
  while (!ended && !job.printed.stdout.includes("(Iteration 20 ")) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  hosts[harm]();
  const begin = performance.now();
  const { code, stderr } = await job.outcome;
  const ms = performance.now() - begin;
  assert(code !== 0);
  assertEquals(stderr.match(/^error: .*$/gm)?.length, 1, stderr);
  assertMatch(
    stderr,
    /^error: rank 1 on host b was lost: nothing was heard from it for \d s$/m,
  );
  assert(ms < IN_TIME, `The job ended after ${ms} ms`);
  const resumed = await runCli(
    [
      ...["train", "--resume", harm, "--max-iterations"],
      ...["40", "--runs-dir", runs],
    ],
    trainingPermissions(runs),
  );
  assertEquals(resumed.code, 0, resumed.stderr);
  const metrics = RunFolder.open(harm, runs).readMetrics();
  assertEquals(metrics.filter(({ kind }) => kind === "iteration").length, 40);
}

/** What the task runs, with a folder to write to. */
function taskArgs(folder: string): string[] {
  return config.tasks["train:mpi"].command.split(" ").slice(1).map((word) => {
    if (word === "cli/main.ts") return MAIN;
    return word === "--allow-write=." ? `--allow-write=${folder}` : word;
  });
}
