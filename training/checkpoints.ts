// Copyright 2026 the Convlab authors. MIT license.

/**
 * The checkpoints of a run: written whole or not at all, the last few and the
 * best one kept, and none trusted without its digest.
 *
 * @module
 */

import { join } from "@std/path";
import { removeTemporaryFiles, writeFileAtomically } from "./atomic_file.ts";
import {
  type Checkpoint,
  decodeCheckpoint,
  type DecodedCheckpoint,
  encodeCheckpoint,
} from "./checkpoint_format.ts";

export type { Checkpoint };

/** Options of CheckpointStore. */
export interface CheckpointStoreOptions {
  /** How many of the newest checkpoints are kept, besides the best; 2 by default. */
  readonly keep?: number;
}

/** A checkpoint's file. */
export interface CheckpointFile {
  /** Iterations that were finished when it was written. */
  readonly iteration: number;
  /** Where it is. */
  readonly path: string;
}

/** A checkpoint that cannot be used. */
export interface SkippedCheckpoint extends CheckpointFile {
  /** What is wrong with it. */
  readonly reason: string;
}

/** The newest checkpoint that is whole. */
export interface LatestCheckpoint {
  /** The checkpoint; `undefined` if there is none, or none that is whole. */
  readonly checkpoint: Checkpoint | undefined;
  /** Newer ones that are damaged, the newest first. */
  readonly skipped: readonly SkippedCheckpoint[];
}

/** What there is in a store. */
export interface CheckpointReport {
  /** Iteration of the checkpoint that is marked as the best, if one is. */
  readonly best: number | undefined;
  /** All files, the newest last; `problem` tells what is wrong with a damaged one. */
  readonly files: readonly (CheckpointFile & { readonly problem?: string })[];
}

/** Digits of a file's name, so that names sort as iterations do. */
const DIGITS = 8;
const FILE_NAME = /^(\d{8,})\.safetensors$/;

/**
 * The checkpoints in one folder, `ITERATION.safetensors` each.
 *
 * Making a store touches nothing; reading needs permission to read. Writing is
 * for one process at a time (see `RunFolder.lock`).
 *
 * @example Write two checkpoints, and find the newest
 * ```ts
 * import { CheckpointStore, tensor } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * const folder = Deno.makeTempDirSync();
 * const store = new CheckpointStore(folder);
 * store.write({ iteration: 10, tensors: { W1: tensor([1]) }, state: { epoch: 0 } });
 * store.write({ iteration: 20, tensors: { W1: tensor([2]) }, state: { epoch: 1 } });
 *
 * const { checkpoint, skipped } = store.latest();
 * assertEquals(checkpoint?.iteration, 20);
 * assertEquals(checkpoint?.state, { epoch: 1 });
 * assertEquals(skipped, []);
 * Deno.removeSync(folder, { recursive: true });
 * ```
 */
export class CheckpointStore {
  /** Where the checkpoints are. */
  readonly folder: string;
  /** How many of the newest are kept, besides the best. */
  readonly keep: number;
  /** The best one so far, once something was written. */
  #best: number | undefined;
  #hasWritten = false;

  /**
   * A store in `folder`, which is made at the first writing.
   *
   * @throws {RangeError} If `keep` is no positive integer.
   */
  constructor(folder: string, { keep = 2 }: CheckpointStoreOptions = {}) {
    if (!Number.isSafeInteger(keep) || keep < 1) {
      throw new RangeError(
        `Cannot keep checkpoints: expected keep to be a positive integer but found ${keep}`,
      );
    }
    this.folder = folder;
    this.keep = keep;
  }

  /**
   * Writes a checkpoint, and then removes those that are not kept: all but the
   * newest few and the best, and also any of a later iteration, which training
   * did not go on from.
   *
   * @param checkpoint The checkpoint. One of the same iteration is replaced.
   * @param options `best`: whether it is the best so far.
   * @returns Its file.
   * @throws {TypeError} If the state holds what JSON does not, such as NaN.
   * @throws {Error} If the file cannot be written; the checkpoints are then as they were.
   */
  write(
    checkpoint: Checkpoint,
    { best = false }: { readonly best?: boolean } = {},
  ): CheckpointFile {
    const { iteration } = checkpoint;
    if (!this.#hasWritten) {
      Deno.mkdirSync(this.folder, { recursive: true });
      removeTemporaryFiles(this.folder);
      this.#best = this.#newest(iteration - 1).decoded?.best;
    }
    const marked = best ? iteration : this.#best;
    const path = this.#pathOf(iteration);
    writeFileAtomically(path, encodeCheckpoint(checkpoint, marked));
    this.#best = marked;
    this.#hasWritten = true;
    this.#prune(iteration);
    return { iteration, path };
  }

  /** The checkpoints' files, the newest last; whether they are whole is not looked at. */
  list(): CheckpointFile[] {
    return namesIn(this.folder).flatMap((name) => {
      const digits = name.match(FILE_NAME)?.[1];
      if (digits === undefined) return [];
      return [{ iteration: Number(digits), path: join(this.folder, name) }];
    }).sort((a, b) => a.iteration - b.iteration);
  }

  /** The newest checkpoint that is whole, and the newer ones that are not. */
  latest(): LatestCheckpoint {
    const { decoded, skipped } = this.#newest(Infinity);
    return { checkpoint: decoded?.checkpoint, skipped };
  }

  /** The checkpoint that was marked as the best, if it is there. */
  best(): Checkpoint | undefined {
    const { decoded } = this.#newest(Infinity);
    const best = decoded?.best;
    if (best === decoded?.checkpoint.iteration) return decoded?.checkpoint;
    const file = this.list().find(({ iteration }) => iteration === best);
    return file && this.read(file.iteration);
  }

  /** Reads all checkpoints, to tell which are damaged and which is the best. */
  inspect(): CheckpointReport {
    let best: number | undefined;
    const files = this.list().flatMap((file) => {
      try {
        best = readFile(file).best;
        return [file];
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        if (error instanceof Deno.errors.NotFound) return []; // just removed
        return [{ ...file, problem: reasonOf(error) }];
      }
    });
    return { best, files };
  }

  /**
   * Reads one checkpoint.
   *
   * @throws {Error} If there is no such checkpoint, or it is damaged.
   */
  read(iteration: number): Checkpoint {
    const path = this.#pathOf(iteration);
    try {
      return readFile({ iteration, path }).checkpoint;
    } catch (cause) {
      throw new Error(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
    }
  }

  /** The newest whole checkpoint up to an iteration. */
  #newest(
    end: number,
  ): { decoded: DecodedCheckpoint | undefined; skipped: SkippedCheckpoint[] } {
    const skipped: SkippedCheckpoint[] = [];
    const files = this.list().filter(({ iteration }) => iteration <= end);
    for (const file of files.reverse()) {
      try {
        return { decoded: readFile(file), skipped };
      } catch (error) {
        if (error instanceof Deno.errors.NotCapable) throw error;
        if (error instanceof Deno.errors.NotFound) continue; // just removed
        skipped.push({ ...file, reason: reasonOf(error) });
      }
    }
    return { decoded: undefined, skipped };
  }

  #prune(newest: number): void {
    const files = this.list();
    const earlier = files.filter(({ iteration }) => iteration <= newest);
    const kept = new Set(earlier.slice(-this.keep));
    for (const file of files) {
      if (kept.has(file) || file.iteration === this.#best) continue;
      Deno.removeSync(file.path);
    }
  }

  #pathOf(iteration: number): string {
    const name = String(iteration).padStart(DIGITS, "0");
    return join(this.folder, `${name}.safetensors`);
  }
}

function readFile({ iteration, path }: CheckpointFile): DecodedCheckpoint {
  const decoded = decodeCheckpoint(Deno.readFileSync(path));
  const found = decoded.checkpoint.iteration;
  if (found !== iteration) {
    throw new SyntaxError(
      `Cannot decode checkpoint: expected iteration ${iteration}, as the file's name says, but found ${found}`,
    );
  }
  return decoded;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function namesIn(folder: string): string[] {
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}
