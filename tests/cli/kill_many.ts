// Copyright 2026 the Convlab authors. MIT license.

/**
 * Kills training processes at random moments, a hundred by default, and says
 * whether all runs ended with the bytes of those that nobody killed. The tests
 * do the same with a few kills (`resume_test.ts`). It takes some minutes:
 *
 * ```sh
 * deno run -A tests/cli/kill_many.ts            # 100 kills
 * deno run -A tests/cli/kill_many.ts 500 7      # 500 kills, with seed 7
 * ```
 *
 * Processes are killed after a random time, from their start or from their
 * first line; others when a certain file appears, so that kills while a checkpoint or the result is written, or during
 * the final evaluation, are among them. Now and then the newest checkpoint is
 * damaged as well.
 *
 * @module
 */

import { join } from "@std/path";
import { RandomState } from "../../numerics/random.ts";
import {
  assertSameEnd,
  type Moment,
  type Remains,
  trainKilled,
  trainUntil,
} from "./killed_runs.ts";

/** Trainings that have, between them, all that has a state. */
const TRAININGS: Record<string, { model?: string; options: string }> = {
  deep: {
    model: "conv4-bn-relu pool dropout0.3 fc10",
    options:
      "--epochs 4 --batch-size 30 --flip --crop 2 --cutout 4 --average 0.9 --schedule one-cycle --label-smoothing 0.1 --checkpoint-every 3 --num-validation 60",
  },
  large: {
    options:
      "--hidden-dim 100 --epochs 2 --batch-size 50 --checkpoint-every 1 --keep-checkpoints 1 --num-validation 60",
  },
  stopped: {
    options:
      "--num-filters 4 --epochs 9 --max-iterations 70 --patience 2 --keep last --update-rule sgd_nesterov --learning-rate 0.05 --lr-decay 0.8 --clip-norm 1 --batch-size 25 --checkpoint-every 5 --num-validation 60",
  },
  double: {
    model: "conv4-gn2-gelu res[conv4-bn-relu] gap fc10",
    options:
      "--dtype float64 --update-rule adamw --epochs 3 --batch-size 30 --sampling replacement --threads 1 --num-validation 0",
  },
};

/** The options of a training, on a few of the built-in images. */
function optionsOf({ model, options }: { model?: string; options: string }) {
  return [
    ...["--dataset", "fashion-mnist", "--num-training", "300"],
    ...["--num-test", "60", ...options.split(" ")],
    ...(model === undefined ? [] : ["--model", model]),
  ];
}

/** Files that a process is killed at, how often, and within how many milliseconds. */
const FILES = [
  { file: "/.config.json", weight: 1, within: 2 },
  { file: "/checkpoints/.", weight: 6, within: 15 },
  { file: "/checkpoints/0", weight: 3, within: 5 },
  { file: "/.final.safetensors", weight: 2, within: 1 },
  { file: "/final.safetensors", weight: 3, within: 40 },
].flatMap(({ weight, ...file }) => Array.from({ length: weight }, () => file));

function momentOf(random: RandomState, duration: number): Moment {
  const kind = random.random();
  if (kind < 0.2) return { after: random.random() * duration };
  if (kind < 0.6) {
    return { file: "/log.txt", after: random.random() * duration / 2 };
  }
  const { file, within } = FILES[random.randint(0, FILES.length)]!;
  return { file, after: random.random() < 0.3 ? 0 : random.random() * within };
}

/** Cuts off or alters the newest checkpoint of a run, now and then. */
function damageOf(random: RandomState, path: string): string[] {
  const folder = join(path, "checkpoints");
  if (random.random() > 0.15) return [];
  let names: string[];
  try {
    names = [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch {
    return [];
  }
  const newest = names.filter((name) => /^\d/.test(name)).sort().at(-1);
  if (newest === undefined) return [];
  const file = join(folder, newest);
  const bytes = Deno.readFileSync(file);
  const at = random.randint(0, bytes.length);
  if (random.random() < 0.5) Deno.truncateSync(file, at);
  else {
    bytes[at] = bytes[at]! ^ (1 << random.randint(0, 8));
    Deno.writeFileSync(file, bytes);
  }
  return [file];
}

if (import.meta.main) {
  const [kills = 100, seed = 1] = Deno.args.map(Number);
  const random = new RandomState(seed);
  const folder = Deno.makeTempDirSync();
  const runsDir = join(folder, "runs");
  const commands = Object.entries(TRAININGS).map(([name, training]) => ({
    name,
    command: { folder, runsDir, options: optionsOf(training) },
  }));
  const durations: Record<string, number> = {};
  for (const { name, command } of commands) {
    const args = ["--name", name, ...command.options];
    const { code, stderr, took } = await trainUntil(command, args);
    if (code !== 0) throw new Error(stderr);
    durations[name] = took;
    console.log(`${name}: ${(took / 1000).toFixed(1)} s when nobody kills it`);
  }
  const remains: Partial<Record<Remains, number>> = {};
  let [done, runs, damaged, failed] = [0, 0, 0, 0];
  while (done < kills) {
    const { name, command } = commands[runs % commands.length]!;
    const count = Math.min(random.randint(1, 8), kills - done);
    const moments = Array.from(
      { length: count },
      () => momentOf(random, durations[name]!),
    );
    const run = `${name}-${++runs}`;
    try {
      const found = await trainKilled(command, run, moments, (path) => {
        const files = damageOf(random, path);
        damaged += files.length;
        return files;
      });
      for (const what of found) {
        if (what === "nothing to kill") continue;
        done++;
        remains[what] = (remains[what] ?? 0) + 1;
      }
      assertSameEnd(join(runsDir, run), join(runsDir, name));
      console.log(`${run}: ${found.join(", ")}`);
    } catch (error) {
      failed++;
      console.error(
        `${run}: ${error instanceof Error ? error.message : error}`,
      );
      console.error(JSON.stringify(moments), "in", join(runsDir, run));
    }
  }
  console.table(remains);
  console.log(
    `${done} kills in ${runs} runs, ${damaged} checkpoints damaged; ${failed} runs did not end as they had to`,
  );
  if (failed > 0) Deno.exit(1);
  Deno.removeSync(folder, { recursive: true });
}
