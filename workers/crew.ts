// Copyright 2026 the Convlab authors. MIT license.

/**
 * The workers of a team, from their start to their end, and the block of shared
 * memory through which they are told what to do (`team.ts` describes how).
 *
 * @module
 */

import type { SharedMemory } from "./memory.ts";
import workerSource from "./worker.js" with { type: "text" };

/** What a team is asked to run. */
export interface Job {
  /** Name of an exported kernel, whose last parameters are scratch, begin, end. */
  readonly kernel: string;
  /** The kernel's arguments before those. */
  readonly args: readonly number[];
  /** Number of work items. */
  readonly items: number;
  /** Work items in one chunk; at most {@linkcode MAX_CHUNKS} chunks. */
  readonly step: number;
  /** Scratch memory that one thread needs, in bytes. */
  readonly scratchBytes?: number;
}

/** The most chunks that one job may have. */
export const MAX_CHUNKS = 4095;

/** The most arguments of a kernel. */
export const MAX_ARGUMENTS = 32;

/** The places of the control block: words of 32 bits, then the message. */
const LAYOUT = {
  ticket: 0,
  kernel: 1,
  argumentCount: 2,
  items: 3,
  step: 4,
  scratch: 5,
  scratchBytes: 6,
  // Written by several threads, so on a cache line of its own.
  pending: 16,
  failed: 17,
  messageLength: 18,
  stop: 19,
  ended: 20,
  // By thread: the chunk it works on, counted from 1.
  owners: 32,
  words: 32 + 256,
  message: 4 * (32 + 256),
  messageBytes: 512,
  maxArguments: MAX_ARGUMENTS,
  indexMask: MAX_CHUNKS,
} as const;

const CONTROL_BYTES = LAYOUT.message + LAYOUT.messageBytes;

/**
 * Turns of a busy loop before a thread sleeps, about 20 µs: as long as the gap
 * between two layers, and short where the cores are busy with other things.
 */
const SPINS = 2000;

/** Sleeps without any chunk done after which a worker counts as lost. */
const LOST_AFTER = 20;
const SLEEP_MS = 250;

/** How long a team may be idle before its workers end, in milliseconds. */
const IDLE_MS = 50;

/** A worker failed, died or hung. The next call starts a new team. */
export class WorkerError extends Error {
  override name = "WorkerError";
}

/** What a crew tells its team, between two jobs. */
export interface CrewEvents {
  /** Nothing has been asked of the crew for a while. */
  idle(): void;
  /** A worker could not start, such as one that a page's policy forbids. */
  failed(message: string): void;
}

/** The workers of a team from their start to their end, and their control block. */
export class Crew {
  readonly #workers: Worker[] = [];
  readonly #state: Int32Array;
  readonly #args: Float64Array;
  readonly #control: number;
  readonly #memory: SharedMemory;
  readonly #release: () => void;
  #jobs = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    modules: readonly WebAssembly.Module[],
    memory: SharedMemory,
    kernels: readonly string[],
    threads: number,
    on: CrewEvents,
  ) {
    this.#memory = memory;
    this.#control = memory.allocate(CONTROL_BYTES + 8 * LAYOUT.maxArguments);
    const args = this.#control + CONTROL_BYTES;
    this.#state = new Int32Array(memory.buffer, this.#control, LAYOUT.words);
    this.#state.fill(0);
    this.#args = new Float64Array(memory.buffer, args, LAYOUT.maxArguments);
    const url = URL.createObjectURL(
      new Blob([workerSource], { type: "text/javascript" }),
    );
    this.#release = () => URL.revokeObjectURL(url);
    try {
      for (let thread = 1; thread < threads; thread++) {
        const worker = new Worker(url, {
          type: "module",
          name: `convlab worker ${thread}`,
        });
        worker.onerror = (event) => {
          // Else it would end the program.
          event.preventDefault();
          on.failed(event.message ?? "a worker could not be loaded");
        };
        worker.postMessage({
          modules,
          memory: memory.memory,
          control: this.#control,
          args,
          thread,
          kernels,
          layout: LAYOUT,
          spins: SPINS,
        });
        this.#workers.push(worker);
      }
    } catch (error) {
      this.abandon();
      throw error;
    }
    this.#watchIdle(on.idle);
  }

  publish(
    job: Job,
    kernel: number,
    chunks: number,
    scratch: number,
    scratchBytes: number,
  ): void {
    const state = this.#state;
    this.#args.set(job.args);
    state[LAYOUT.kernel] = kernel;
    state[LAYOUT.argumentCount] = job.args.length;
    state[LAYOUT.items] = job.items;
    state[LAYOUT.step] = job.step;
    state[LAYOUT.scratch] = scratch;
    state[LAYOUT.scratchBytes] = scratchBytes;
    Atomics.store(state, LAYOUT.pending, chunks);
    const sequence = (++this.#jobs) << 12;
    Atomics.store(state, LAYOUT.ticket, sequence | chunks);
    Atomics.notify(state, LAYOUT.ticket);
  }

  /** The number of a chunk that is now the caller's to do, or -1 if none is left. */
  claim(): number {
    const state = this.#state;
    while (true) {
      const ticket = Atomics.load(state, LAYOUT.ticket);
      const left = ticket & LAYOUT.indexMask;
      if (left === 0) return -1;
      if (
        Atomics.compareExchange(state, LAYOUT.ticket, ticket, ticket - 1) ===
          ticket
      ) return left - 1;
    }
  }

  finishChunk(): void {
    Atomics.sub(this.#state, LAYOUT.pending, 1);
  }

  /** Waits until every claimed chunk is done. */
  join(kernel: string): void {
    const state = this.#state;
    let idle = 0;
    for (let sleeps = 0, before = -1;;) {
      const pending = Atomics.load(state, LAYOUT.pending);
      if (pending === 0) break;
      if (++idle <= SPINS) continue;
      if (pending !== before) sleeps = 0;
      before = pending;
      const outcome = Atomics.wait(state, LAYOUT.pending, pending, SLEEP_MS);
      if (outcome === "timed-out" && ++sleeps >= LOST_AFTER) {
        const thread = state.subarray(LAYOUT.owners).findIndex((c) => c > 0);
        throw new WorkerError(
          `Worker ${thread} of ${this.#workers.length} did not finish ${kernel} within ${
            LOST_AFTER * SLEEP_MS / 1000
          } s; it was ended, and the next call starts a new team`,
        );
      }
    }
    const thread = Atomics.load(state, LAYOUT.failed);
    if (thread > 0) {
      const text = new Uint8Array(
        this.#memory.buffer,
        this.#control + LAYOUT.message,
        state[LAYOUT.messageLength],
      );
      throw new WorkerError(
        `Worker ${thread} of ${this.#workers.length} failed in ${kernel}: ${
          new TextDecoder().decode(text.slice())
        }`,
      );
    }
  }

  /** Tells the workers to end, each by itself, after the chunk it is in. */
  stop(): void {
    clearTimeout(this.#timer);
    Atomics.store(this.#state, LAYOUT.stop, 1);
    // Another ticket, so that one about to sleep on this one does not.
    Atomics.store(this.#state, LAYOUT.ticket, ++this.#jobs << 12);
    Atomics.notify(this.#state, LAYOUT.ticket);
    this.#release();
  }

  /**
   * Ends the workers at once. They are told first, since ending a worker that
   * sleeps can hang the process. The control block stays allocated: one that
   * was lost may still write to it.
   */
  abandon(): void {
    this.stop();
    for (const worker of this.#workers) worker.terminate();
  }

  /** Frees the control block if all workers have ended; whether it did. */
  freeIfEnded(): boolean {
    const ended = Atomics.load(this.#state, LAYOUT.ended);
    if (ended < this.#workers.length) return false;
    this.#memory.free(this.#control);
    return true;
  }

  #watchIdle(onIdle: () => void): void {
    let seen = this.#jobs;
    const look = () => {
      if (this.#jobs === seen) return onIdle();
      seen = this.#jobs;
      this.#timer = setTimeout(look, IDLE_MS);
    };
    this.#timer = setTimeout(look, IDLE_MS);
  }
}
