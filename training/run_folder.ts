// Copyright 2026 the Convlab authors. MIT license.

/**
 * The folder of one training run: what was asked for, what happened, and what
 * was learnt.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import type { Tensor } from "../numerics/tensor.ts";
import type { GradientSummary } from "./gradient_summary.ts";
import { removeTemporaryFiles, writeFileAtomically } from "./atomic_file.ts";
import { CheckpointStore, type CheckpointStoreOptions } from "./checkpoints.ts";
import { findRun, isFile, runNames } from "./find_run.ts";
import { decodeRunData, encodeRunData, type RunData } from "./run_data.ts";
import {
  appendLine,
  endOfIteration,
  readIfThere,
  settledLength,
  truncateLines,
} from "./run_lines.ts";
import { isFolderLocked, lockFolder } from "./run_lock.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** One line of `metrics.jsonl`. */
export type Metric =
  | {
    /** A training iteration, counted from 1. */
    readonly kind: "iteration";
    readonly iteration: number;
    /** The loss on the batch, before the update. */
    readonly loss: number;
    /** The learning rate, where it is not the same throughout. */
    readonly learningRate?: number;
  }
  | {
    /** The learning rate was changed by hand, after this iteration. */
    readonly kind: "learningRate";
    readonly iteration: number;
    readonly learningRate: number;
  }
  | {
    /** The gradients of an iteration, of 64 or so of a training. */
    readonly kind: "gradients";
    readonly iteration: number;
    /** By the parameters' names. */
    readonly parameters: Readonly<Record<string, GradientSummary>>;
  }
  | {
    /** A check of the accuracies, each from 0 to 1. */
    readonly kind: "check";
    readonly iteration: number;
    readonly epoch: number;
    readonly trainAccuracy: number;
    readonly valAccuracy: number;
  }
  | {
    /** The end, with the accuracies of the parameters that were kept. */
    readonly kind: "final";
    readonly trainAccuracy: number;
    readonly valAccuracy: number;
    readonly testAccuracy: number;
    /** Duration of the training, accuracy checks included. */
    readonly seconds: number;
    /** Threads that it had at its end. */
    readonly threads?: number;
    /** `turbo` where the engine's wide vectors were in effect at its end, else `default`. */
    readonly mode?: string;
  };

/** How far a run's log and metrics have grown, in bytes. */
export interface RunLengths {
  /** Bytes of `log.txt`. */
  readonly log: number;
  /** Bytes of `metrics.jsonl`. */
  readonly metrics: number;
}

export type { RunData };

const CONFIG = "config.json";
const DATA = "data.json";
const CHECKPOINTS = "checkpoints";
const LOG = "log.txt";
const METRICS = "metrics.jsonl";
const PARAMETERS = "final.safetensors";

/**
 * A run's folder: `config.json`, `log.txt` and `metrics.jsonl`, which grow
 * while it trains, and `final.safetensors` with the parameters alone.
 *
 * @example Write a run and read it again
 * ```ts
 * import { RunFolder, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const runs = Deno.makeTempDirSync();
 * const run = RunFolder.create(runs, "first");
 * run.writeConfig({ seed: 231 });
 * run.metric({ kind: "iteration", iteration: 1, loss: 2.3 });
 * run.writeParameters({ W1: tensor([1, 2]) });
 *
 * const again = RunFolder.open("first", runs);
 * assertEquals(again.readConfig(), { seed: 231 });
 * assertEquals(again.readMetrics().length, 1);
 * assertEquals(again.readParameters().W1?.at(1), 2);
 * Deno.removeSync(runs, { recursive: true });
 * ```
 */
export class RunFolder {
  /** Where it is. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** The run's name. */
  get name(): string {
    return basename(resolve(this.path));
  }

  /**
   * Makes the folder of a new run.
   *
   * @param runsDir The folder of all runs; made if it is missing.
   * @param name The run's name.
   * @throws {Error} If there is a run of that name, or the folder cannot be made.
   */
  static create(runsDir: string, name: string): RunFolder {
    const path = newPath(runsDir, name);
    makeFolder(
      runsDir,
      { recursive: true },
      `Cannot create run: expected ${runsDir} to be a folder, or room for one, but found a file`,
    );
    // A process that was killed before it wrote the configuration left no run.
    if (!isAbandoned(path)) makeFolder(path, {}, taken(path));
    return new RunFolder(path);
  }

  /**
   * Checks what {@linkcode RunFolder.create} would say of a name, and makes
   * nothing: for whoever has long work to do before.
   *
   * @throws {Error} If there is a run of that name.
   * @throws {RangeError} If it is no name of a run.
   */
  static checkNew(runsDir: string, name: string): void {
    const path = newPath(runsDir, name);
    if (isThere(path) && !isAbandoned(path)) throw new Error(taken(path));
  }

  /**
   * Opens a run.
   *
   * @param run The run's name, the beginning of it if no other begins so, or its folder.
   * @param runsDir Where runs of that name are looked for.
   * @throws {Error} If there is no such run, or several begin so.
   */
  static open(run: string, runsDir: string): RunFolder {
    return new RunFolder(findRun(run, runsDir));
  }

  /**
   * The runs in a folder, by name.
   *
   * @param runsDir The folder of all runs; if it is not there, it has none.
   * @returns The runs, and the names of folders that are none.
   */
  static list(
    runsDir: string,
  ): { readonly runs: RunFolder[]; readonly others: readonly string[] } {
    const { runs, others } = runNames(runsDir);
    return {
      runs: runs.map((name) => new RunFolder(join(runsDir, name))),
      others,
    };
  }

  /** Writes what the run was asked to do. */
  writeConfig(config: Record<string, unknown>): void {
    const text = JSON.stringify(config, null, 2) + "\n";
    writeFileAtomically(join(this.path, CONFIG), text);
  }

  /** What the run was asked to do. */
  readConfig(): Record<string, unknown> {
    return this.#parse(CONFIG, Deno.readTextFileSync(join(this.path, CONFIG)));
  }

  /** Writes what the run's images and labels are. */
  writeData(data: RunData): void {
    writeFileAtomically(join(this.path, DATA), encodeRunData(data));
  }

  /**
   * What the run's images and labels are.
   *
   * @throws {Error} If the run has no such file, or it is damaged.
   */
  readData(): RunData {
    const path = join(this.path, DATA);
    if (!isFile(path)) {
      throw new Error(
        `Cannot read data: run "${this.name}" has no ${DATA}; an earlier version of Convlab made it, so train it again`,
      );
    }
    return named(path, () => decodeRunData(Deno.readTextFileSync(path)));
  }

  /**
   * The run's checkpoints.
   *
   * @throws {RangeError} If `keep` is no positive integer.
   */
  checkpoints(options: CheckpointStoreOptions = {}): CheckpointStore {
    return new CheckpointStore(join(this.path, CHECKPOINTS), options);
  }

  /**
   * Keeps other processes from training in this run until the result is disposed
   * of or this process ends, be it by SIGKILL. What a killed process left half
   * written is removed. Whoever writes in a run should hold this.
   *
   * @throws {Error} If another process trains in this run.
   *
   * @example One at a time
   * ```ts
   * import { RunFolder } from "@convlab/convlab";
   * import { assert, assertThrows } from "@std/assert";
   *
   * const runs = Deno.makeTempDirSync();
   * const run = RunFolder.create(runs, "first");
   * {
   *   using _lock = run.lock();
   *   assert(run.isLocked());
   *   assertThrows(() => run.lock(), Error, "is training there");
   * }
   * assert(!run.isLocked());
   * Deno.removeSync(runs, { recursive: true });
   * ```
   */
  lock(): Disposable {
    const lock = lockFolder(this.path);
    removeTemporaryFiles(this.path);
    removeTemporaryFiles(join(this.path, CHECKPOINTS));
    return lock;
  }

  /** Whether a process holds the lock of this run. */
  isLocked(): boolean {
    return isFolderLocked(this.path);
  }

  /** Whether training came to its end, so that its parameters can be read. */
  hasParameters(): boolean {
    return isFile(join(this.path, PARAMETERS));
  }

  /** Adds a line to the log. */
  log(line: string): void {
    appendLine(join(this.path, LOG), line);
  }

  /** Adds a line to the metrics. */
  metric(metric: Metric): void {
    appendLine(join(this.path, METRICS), JSON.stringify(metric));
  }

  /**
   * The metrics so far; a last line that is cut off, as in a run that was killed,
   * is left out. There may be lines of other kinds than today's.
   *
   * @throws {Error} If another line is damaged.
   */
  readMetrics(): Metric[] {
    const lines = new TextDecoder().decode(
      readIfThere(join(this.path, METRICS)),
    ).split("\n");
    return lines.slice(0, -1).map((line) => this.#parse(METRICS, line));
  }

  /**
   * How far log and metrics have grown, for a checkpoint to remember. They are
   * on the disk when this returns, so no checkpoint tells of lines that are not.
   */
  lengths(): RunLengths {
    return {
      log: settledLength(join(this.path, LOG)),
      metrics: settledLength(join(this.path, METRICS)),
    };
  }

  /**
   * Takes back what was added to log and metrics since they had these lengths.
   *
   * @example Go on from a checkpoint as if nothing had been done after it
   * ```ts
   * import { RunFolder, tensor } from "@convlab/convlab";
   * import { assertEquals } from "@std/assert";
   *
   * const runs = Deno.makeTempDirSync();
   * const run = RunFolder.create(runs, "first");
   * run.log("before");
   * const state = { lengths: run.lengths() };
   * run.checkpoints().write({ iteration: 1, tensors: { w: tensor([1]) }, state });
   * run.log("after");
   *
   * const { checkpoint } = run.checkpoints().latest();
   * assertEquals(checkpoint?.state, state);
   * run.truncate(state.lengths);
   * assertEquals(Deno.readTextFileSync(`${run.path}/log.txt`), "before\n");
   * Deno.removeSync(runs, { recursive: true });
   * ```
   */
  truncate({ log, metrics }: RunLengths): void {
    truncateLines(join(this.path, LOG), log);
    truncateLines(join(this.path, METRICS), metrics);
  }

  /**
   * Takes every line of a later iteration than this one out of the metrics, the
   * final accuracies, and a last line that is cut off.
   */
  truncateMetrics(iteration: number): void {
    const path = join(this.path, METRICS);
    truncateLines(path, endOfIteration(readIfThere(path), iteration));
  }

  /** Writes the parameters, whole or not at all. */
  writeParameters(
    params: Readonly<Record<string, Tensor>>,
    metadata: Record<string, string> = {},
  ): void {
    const bytes = encodeSafetensors(params, metadata);
    writeFileAtomically(join(this.path, PARAMETERS), bytes);
  }

  /** Removes the parameters, of a run that is to be trained for longer. */
  removeParameters(): void {
    try {
      Deno.removeSync(join(this.path, PARAMETERS));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }

  /**
   * The parameters that the run ended with.
   *
   * @throws {Error} If the run has not ended, or the file is damaged.
   */
  readParameters(): Record<string, Tensor> {
    const path = join(this.path, PARAMETERS);
    if (!isFile(path)) {
      throw new Error(
        `Cannot read parameters: run "${this.name}" has no ${PARAMETERS}, so it did not end`,
      );
    }
    return named(
      path,
      () => decodeSafetensors(Deno.readFileSync(path)).tensors,
    );
  }

  #parse<T extends object>(file: string, text: string): T {
    let value: T | undefined;
    let cause: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      cause = error;
    }
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return value;
    }
    throw new Error(
      `Cannot read ${join(this.path, file)}: expected ${
        cause === undefined ? "an object in JSON" : "JSON"
      } but found ${JSON.stringify(text.slice(0, 40))}`,
      { cause },
    );
  }
}

/** What `read` gives; where it cannot make sense of the file, the error names it. */
function named<R>(path: string, read: () => R): R {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Error(`${path}: ${error.message}`, { cause: error });
  }
}

/** Where a new run is to be. */
function newPath(runsDir: string, name: string): string {
  if (/^[\w.+-]+$/.test(name) && !/^\.+$/.test(name)) {
    return join(runsDir, name);
  }
  throw new RangeError(
    `Cannot create run: expected a name of letters, digits, ".", "-", "_" and "+" but found ${
      JSON.stringify(name)
    }`,
  );
}

function taken(path: string): string {
  return `Cannot create run: ${path} is there already; choose another name`;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Whether a folder holds nothing but what comes before a run's configuration. */
function isAbandoned(path: string): boolean {
  try {
    const names = [...Deno.readDirSync(path)].map(({ name }) => name);
    return names.length > 0 &&
      names.every((n) => /^\.lock$|^\..*\.tmp$/.test(n) || n === DATA) &&
      !isFolderLocked(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

/** Makes a folder; `taken` tells what is wrong where something else is in its place. */
function makeFolder(
  path: string,
  options: Deno.MkdirOptions,
  taken: string,
): void {
  try {
    Deno.mkdirSync(path, options);
  } catch (cause) {
    if (
      cause instanceof Deno.errors.AlreadyExists ||
      cause instanceof Deno.errors.NotADirectory
    ) throw new Error(taken, { cause });
    throw cause;
  }
}
