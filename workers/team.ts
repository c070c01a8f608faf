// Copyright 2026 the Convlab authors. MIT license.

/**
 * A team of Web Workers that runs kernels over one shared memory, fork and
 * join, without a message or a promise in between.
 *
 * A job is a kernel, its arguments, and a range of work items cut into chunks.
 * The caller publishes it by one store to the *ticket* (a sequence number and
 * the number of chunks left) and wakes the workers. Everyone, the caller too,
 * claims chunks by compare-and-swap on the ticket until none is left; the last
 * to finish wakes the caller. Nobody waits for a worker that has claimed
 * nothing, so one that starts late, or sleeps, costs no time.
 *
 * Which thread does a chunk is left to chance; what is in a chunk is not. A
 * kernel must therefore compute the same bytes for the same chunk on any
 * thread.
 *
 * @module
 */

import { Crew, type Job, MAX_ARGUMENTS, MAX_CHUNKS } from "./crew.ts";
import { teamLimitation } from "./environment.ts";
import type { SharedMemory } from "./memory.ts";

/** A kernel as the WebAssembly module exports it. */
type Kernel = (...args: number[]) => void;

/** The most threads in a team. */
export const MAX_THREADS = 256;

/**
 * A team of `threads` threads: the caller's and `threads - 1` workers.
 *
 * Workers start with the first job that is large enough to be shared, and end
 * by themselves when the team has been idle, so a team never keeps a program
 * alive.
 */
export class Team {
  /** Threads that work on a job, the caller's included. */
  readonly threads: number;
  readonly #memory: SharedMemory;
  readonly #modules: readonly WebAssembly.Module[];
  readonly #kernels: Map<string, { index: number; run: Kernel }>;
  #crew: Crew | undefined;
  /** Crews that were told to end; their control blocks are freed once they have. */
  #ending: Crew[] = [];
  #cannotStart: string | undefined;
  #scratch = { address: 0, bytes: 0 };

  /**
   * @param modules The kernels. They import `env.memory` and nothing else.
   * @param memory The memory that they work on.
   * @param threads At least 1. Where no workers can work for this thread it is 1.
   */
  constructor(
    modules: readonly WebAssembly.Module[],
    memory: SharedMemory,
    threads: number,
  ) {
    if (!Number.isInteger(threads) || threads < 1 || threads > MAX_THREADS) {
      throw new RangeError(
        `Cannot make a team: expected 1 to ${MAX_THREADS} threads but found ${threads}`,
      );
    }
    this.#memory = memory;
    this.#cannotStart = threads > 1 ? teamLimitation(memory) : undefined;
    this.threads = this.#cannotStart === undefined ? threads : 1;
    this.#modules = modules;
    const exports = modules.flatMap((module) => {
      const { exports } = new WebAssembly.Instance(module, {
        env: { memory: memory.memory },
      });
      return Object.entries(exports);
    });
    this.#kernels = new Map(
      exports
        .filter(([, value]) => typeof value === "function")
        .map(([name, run], index) => [name, { index, run: run as Kernel }]),
    );
  }

  /** Why workers could not start and all runs on the caller's thread, if that is so. */
  get limitation(): string | undefined {
    return this.#cannotStart;
  }

  /** Whether a kernel of this name exists. */
  has(kernel: string): boolean {
    return this.#kernels.has(kernel);
  }

  /**
   * Runs a job on this thread alone.
   *
   * @throws {RangeError} If there is no such kernel.
   */
  runAlone(job: Job): void {
    const { items, scratchBytes = 0 } = job;
    this.#find(job.kernel).run(
      ...job.args,
      this.#reserveScratch(scratchBytes),
      0,
      items,
    );
  }

  /**
   * Runs a job on all threads and returns when it is done.
   *
   * @throws {WorkerError} If a worker failed, or did not finish its chunk.
   * @throws {RangeError} If there is no such kernel, or too many chunks.
   */
  run(job: Job): void {
    const { items, step, scratchBytes = 0 } = job;
    const chunks = Math.ceil(items / step);
    if (this.threads === 1 || chunks <= 1 || this.#cannotStart !== undefined) {
      return this.runAlone(job);
    }
    if (chunks > MAX_CHUNKS || job.args.length > MAX_ARGUMENTS) {
      throw new RangeError(
        `Cannot run ${job.kernel}: expected at most ${MAX_CHUNKS} chunks and ${MAX_ARGUMENTS} arguments but found ${chunks} and ${job.args.length}`,
      );
    }
    const { index, run } = this.#find(job.kernel);
    const scratchEach = Math.ceil(scratchBytes / 64) * 64 + 64;
    const scratch = this.#reserveScratch(scratchEach * this.threads);
    const crew = this.#crew ??= this.#start();
    if (!crew) return this.runAlone(job);
    crew.publish(job, index, chunks, scratch, scratchEach);
    try {
      for (let chunk; (chunk = crew.claim()) >= 0;) {
        const begin = chunk * step;
        run(...job.args, scratch, begin, Math.min(items, begin + step));
        crew.finishChunk();
      }
      crew.join(job.kernel);
    } catch (error) {
      // Chunks may still be running: nothing of this crew is used again.
      this.#crew = undefined;
      crew.abandon();
      throw error;
    }
  }

  /** Ends the workers. The next job starts new ones. */
  stop(): void {
    if (!this.#crew) return;
    this.#crew.stop();
    this.#ending.push(this.#crew);
    this.#crew = undefined;
  }

  /** Ends the workers and gives back the scratch memory. */
  close(): void {
    this.stop();
    if (this.#scratch.address) this.#memory.free(this.#scratch.address);
    this.#scratch = { address: 0, bytes: 0 };
  }

  #find(kernel: string): { index: number; run: Kernel } {
    const found = this.#kernels.get(kernel);
    if (!found) throw new RangeError(`Cannot run kernel: no ${kernel} exists`);
    return found;
  }

  #reserveScratch(bytes: number): number {
    if (bytes > this.#scratch.bytes) {
      if (this.#scratch.address) this.#memory.free(this.#scratch.address);
      this.#scratch = { address: 0, bytes: 0 };
      this.#scratch = { address: this.#memory.allocate(bytes), bytes };
    }
    return this.#scratch.address;
  }

  #start(): Crew | undefined {
    this.#ending = this.#ending.filter((crew) => !crew.freeIfEnded());
    try {
      return new Crew(
        this.#modules,
        this.#memory,
        [...this.#kernels.keys()],
        this.threads,
        {
          idle: () => this.stop(),
          failed: (message) => {
            this.#cannotStart = message;
            this.stop();
          },
        },
      );
    } catch (error) {
      this.#cannotStart = error instanceof Error
        ? error.message
        : String(error);
      return undefined;
    }
  }
}
