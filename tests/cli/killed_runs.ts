// Copyright 2026 the Convlab authors. MIT license.

/**
 * Trains, kills the process at some moment, and goes on, until a run is
 * finished; and says whether it ended as one that nobody killed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { CheckpointStore } from "../../training/checkpoints.ts";
import { cliCommand, noData, trainingPermissions } from "./run_cli.ts";

/** When a process is killed: after a time, or once a file appears. */
export interface Moment {
  /** Part of a file's path below the run's folder, such as `/checkpoints/.`. */
  readonly file?: string;
  /** Milliseconds after that, or after the start. */
  readonly after: number;
}

/** What is trained, and where. */
export interface TrainingCommand {
  /** The folder of all runs, below `folder`. */
  readonly runsDir: string;
  /** A folder to write to. */
  readonly folder: string;
  /** Options of `train`. */
  readonly options: readonly string[];
}

/** How a process ended. */
export interface Outcome {
  readonly code: number;
  readonly signal: Deno.Signal | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds that it took. */
  readonly took: number;
}

/** Starts or resumes training; the process is killed at `moment`, unless it ends before. */
export async function trainUntil(
  { folder, runsDir }: TrainingCommand,
  args: readonly string[],
  moment?: Moment,
  signal: Deno.Signal = "SIGKILL",
): Promise<Outcome> {
  Deno.mkdirSync(runsDir, { recursive: true });
  const watcher = moment?.file === undefined
    ? undefined
    : Deno.watchFs(runsDir, { recursive: true });
  const start = performance.now();
  const process = cliCommand(
    ["train", "--runs-dir", runsDir, ...args],
    trainingPermissions(folder),
    noData(folder),
  ).spawn();
  let ended = false;
  const kill = () => {
    if (!ended) process.kill(signal);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const waiting = watcher === undefined
    ? undefined
    : killOnFile(watcher, moment!, kill);
  if (moment && watcher === undefined) timer = setTimeout(kill, moment.after);
  const [status, stdout, stderr] = await Promise.all([
    process.status.finally(() => ended = true),
    new Response(process.stdout).text(),
    new Response(process.stderr).text(),
  ]);
  clearTimeout(timer);
  watcher?.close();
  await waiting;
  const took = performance.now() - start;
  return { code: status.code, signal: status.signal, stdout, stderr, took };
}

async function killOnFile(
  watcher: Deno.FsWatcher,
  { file, after }: Moment,
  kill: () => void,
): Promise<void> {
  for await (const { paths } of watcher) {
    if (!paths.some((path) => path.includes(file!))) continue;
    if (after > 0) await new Promise((done) => setTimeout(done, after));
    kill();
    return;
  }
}

/** What a killed process left behind. */
export type Remains =
  | "no run"
  | "no checkpoint"
  | "a checkpoint that is being written"
  | "checkpoints"
  | "parameters that are being written"
  | "parameters but no end"
  | "all"
  | "nothing to kill";

/** Looks at a run's folder, in which all that has its final name must be whole, but for files that a test has damaged. */
export function remainsOf(
  path: string,
  damaged: ReadonlySet<string> = new Set(),
): Remains {
  const names = namesIn(path);
  if (!names.includes("config.json")) return "no run";
  JSON.parse(Deno.readTextFileSync(join(path, "config.json")));
  JSON.parse(Deno.readTextFileSync(join(path, "data.json")));
  const store = new CheckpointStore(join(path, "checkpoints"));
  const { files } = store.inspect();
  const broken = files.filter(({ problem, path }) =>
    problem !== undefined && !damaged.has(path)
  );
  assertEquals(broken, []);
  const isHalf = (name: string) => /^\..*\.tmp$/.test(name);
  if (names.includes("final.safetensors")) {
    const last = metricsOf(path).at(-1);
    return last?.includes('"final"') ? "all" : "parameters but no end";
  }
  if (names.some(isHalf)) return "parameters that are being written";
  if (namesIn(store.folder).some(isHalf)) {
    return "a checkpoint that is being written";
  }
  return files.length === 0 ? "no checkpoint" : "checkpoints";
}

/**
 * Trains, with a process killed at each of the moments, and goes on until the
 * run is finished.
 *
 * @param damage What else is done to the run after each kill; returns the files that it damaged.
 * @returns What each of the killed left behind.
 */
export async function trainKilled(
  command: TrainingCommand,
  name: string,
  moments: readonly Moment[],
  damage: (path: string) => string[] = () => [],
): Promise<Remains[]> {
  const path = join(command.runsDir, name);
  const damaged = new Set<string>();
  const found: Remains[] = [];
  for (const moment of [...moments, undefined]) {
    const isRun = found.length > 0 && found.at(-1) !== "no run";
    const args = isRun
      ? ["--resume", name]
      : ["--name", name, ...command.options];
    const outcome = await trainUntil(command, args, moment);
    if (found.at(-1) === "all") {
      assertEquals(outcome.code, 1);
      assert(outcome.stderr.includes("it is finished"), outcome.stderr);
      return found;
    }
    if (outcome.signal === null) {
      assertEquals(outcome.code, 0, outcome.stderr);
      if (moment !== undefined) found.push("nothing to kill");
      return found;
    }
    assertEquals(outcome.signal, "SIGKILL");
    found.push(remainsOf(path, damaged));
    for (const file of damage(path)) damaged.add(file);
  }
  return found;
}

/** Asserts that a run ended as another did, but for the time it took. */
export function assertSameEnd(path: string, expected: string): void {
  const bytes = (folder: string) =>
    Deno.readFileSync(join(folder, "final.safetensors"));
  assertEquals(bytes(path), bytes(expected));
  assertEquals(metricsOf(path), metricsOf(expected));
  assertEquals(logOf(path), logOf(expected));
  const last = (folder: string) => {
    const store = new CheckpointStore(join(folder, "checkpoints"));
    const { checkpoint } = store.latest();
    const { seconds: _, ...state } = checkpoint!.state;
    return { ...checkpoint!, state, best: store.best()?.iteration };
  };
  assertEquals(last(path), last(expected));
  const files = (folder: string) => namesIn(folder).sort();
  assertEquals(files(path), files(expected));
  assert(namesIn(join(path, "checkpoints")).every((f) => !f.startsWith(".")));
}

/** The lines of a run's metrics, without what depends on the time and on the threads. */
export function metricsOf(path: string): string[] {
  return Deno.readTextFileSync(join(path, "metrics.jsonl"))
    .replace(/"seconds":[\d.e+-]+,"threads":\d+/, '"seconds":0').split("\n")
    .slice(0, -1);
}

/** A run's log, without what depends on the time and on the threads. */
export function logOf(path: string): string {
  return Deno.readTextFileSync(join(path, "log.txt"))
    .replace(/[\d.]+ s on \d+ threads?/, "0 s");
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
