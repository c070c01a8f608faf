// Copyright 2026 the Convlab authors. MIT license.

/**
 * The folder of one training run: what was asked for, what happened, and what
 * was learnt.
 *
 * @module
 */

import { basename, join, resolve } from "@std/path";
import type { Tensor } from "../numerics/tensor.ts";
import { writeFileAtomically } from "./atomic_file.ts";
import { decodeSafetensors, encodeSafetensors } from "./safetensors.ts";

/** One line of `metrics.jsonl`. */
export type Metric =
  | {
    /** A training iteration, counted from 1. */
    readonly kind: "iteration";
    readonly iteration: number;
    /** The loss on the batch, before the update. */
    readonly loss: number;
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
  };

const CONFIG = "config.json";
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
    if (!/^[\w.+-]+$/.test(name) || /^\.+$/.test(name)) {
      throw new RangeError(
        `Cannot create run: expected a name of letters, digits, ".", "-", "_" and "+" but found ${
          JSON.stringify(name)
        }`,
      );
    }
    const path = join(runsDir, name);
    makeFolder(
      runsDir,
      { recursive: true },
      `Cannot create run: expected ${runsDir} to be a folder, or room for one, but found a file`,
    );
    makeFolder(
      path,
      {},
      `Cannot create run: ${path} is there already; choose another name`,
    );
    return new RunFolder(path);
  }

  /**
   * Opens a run.
   *
   * @param run The run's name or its folder.
   * @param runsDir Where runs of that name are looked for.
   * @throws {Error} If there is no such run.
   */
  static open(run: string, runsDir: string): RunFolder {
    for (const path of [join(runsDir, run), run]) {
      if (isFile(join(path, CONFIG))) return new RunFolder(path);
    }
    const names = runNames(runsDir);
    throw new Error(
      `Cannot find run "${run}": expected a run's folder, or the name of one in ${runsDir} (${
        names.length > 0 ? names.join(", ") : "which holds none"
      })`,
    );
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

  /** Adds a line to the log. */
  log(line: string): void {
    this.#append(LOG, line);
  }

  /** Adds a line to the metrics. */
  metric(metric: Metric): void {
    this.#append(METRICS, JSON.stringify(metric));
  }

  /** The metrics so far; a last line that is cut off, as in a run that was killed, is left out. */
  readMetrics(): Metric[] {
    const lines = this.#read(METRICS).split("\n");
    return lines.slice(0, -1).map((line) => this.#parse(METRICS, line));
  }

  /** Writes the parameters, whole or not at all. */
  writeParameters(
    params: Readonly<Record<string, Tensor>>,
    metadata: Record<string, string> = {},
  ): void {
    const bytes = encodeSafetensors(params, metadata);
    writeFileAtomically(join(this.path, PARAMETERS), bytes);
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
    try {
      return decodeSafetensors(Deno.readFileSync(path)).tensors;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      throw new Error(`${path}: ${error.message}`, { cause: error });
    }
  }

  #append(file: string, line: string): void {
    const path = join(this.path, file);
    Deno.writeTextFileSync(path, `${line}\n`, { append: true });
  }

  #read(file: string): string {
    const path = join(this.path, file);
    return isFile(path) ? Deno.readTextFileSync(path) : "";
  }

  #parse<T>(file: string, text: string): T {
    try {
      return JSON.parse(text);
    } catch (error) {
      throw new Error(
        `Cannot read ${join(this.path, file)}: expected JSON but found ${
          JSON.stringify(text.slice(0, 40))
        }`,
        { cause: error },
      );
    }
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

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    return false;
  }
}

function runNames(runsDir: string): string[] {
  try {
    return [...Deno.readDirSync(runsDir)]
      .filter(({ name }) => isFile(join(runsDir, name, CONFIG)))
      .map(({ name }) => name)
      .sort();
  } catch {
    return [];
  }
}
