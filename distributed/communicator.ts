// Copyright 2026 the Convlab authors. MIT license.

/**
 * A rank's connection to all others of its job. A thread of its own speaks MPI;
 * here requests are put to it and waited for, so that sums go on while this
 * thread computes.
 *
 * All ranks must call the same methods, in the same order, with as many numbers:
 * `startSum`, `sum`, `broadcast`, `broadcastText`, `gatherText`, `barrier`,
 * `leave`. They wait without a promise, all but `join` and `leave`.
 *
 * @module
 */

import type { Start, Told } from "./communication_thread.ts";
import type { Joined } from "./join_job.ts";
import type { Launch } from "./launch.ts";
import {
  ControlBlock,
  OPERATION,
  type Operation,
  type Phase,
} from "./thread_protocol.ts";

/** A request that was begun. */
export type Ticket = number;

/** Bytes of what is copied to where MPI can work on it, in one go. */
const PIECE_BYTES = 1 << 18;

/** From one sign of life of this thread's timers to the next, in milliseconds. */
const TURN_MS = 500;

/** How long the communication thread may take to end all ranks, in milliseconds. */
const ABORT_MS = 4000;

/** A rank's connection to all others. */
export class Communicator {
  /** This rank's number, from 0. */
  readonly rank: number;
  /** How many ranks there are. */
  readonly size: number;
  /** This rank's number among those on its host, from 0. */
  readonly localRank: number;
  /** How many ranks are on this host. */
  readonly localSize: number;
  /** How many of those, this one included, may run on the same cores as this one. */
  readonly sharing: number;
  /** The host of each rank. */
  readonly hosts: readonly string[];
  /** The MPI library and its version. */
  readonly library: string;
  readonly #block: ControlBlock;
  readonly #left: Promise<void>;
  /** What requests work on, so that it stays where it is until they are done. */
  readonly #held = new Map<Ticket, ArrayBufferView>();
  /** Where data is copied that is not in shared memory. */
  readonly #piece = new Uint8Array(new SharedArrayBuffer(PIECE_BYTES));
  readonly #addresses = new WeakMap<SharedArrayBuffer, bigint>();
  readonly #turns: ReturnType<typeof setInterval>;
  #secondsWaiting = 0;
  #hasLeft = false;

  private constructor(
    block: ControlBlock,
    joined: Joined,
    left: Promise<void>,
  ) {
    this.#block = block;
    this.#left = left;
    this.rank = joined.rank;
    this.size = joined.size;
    this.localRank = joined.local.indexOf(joined.rank);
    this.localSize = joined.local.length;
    this.sharing = joined.sharing;
    this.hosts = joined.hosts;
    this.library = joined.library;
    this.#turns = setInterval(() => block.turn(), TURN_MS);
    Deno.unrefTimer(this.#turns);
  }

  /**
   * Joins the job that a launcher started. Needs the permissions to use foreign
   * functions and to read this module's folder.
   *
   * @throws {Error} If there is no MPI library that belongs to the launcher, it
   * sees other ranks than the launcher started, or it fails.
   */
  static async join(launch: Launch): Promise<Communicator> {
    const block = new ControlBlock();
    const worker = new Worker(
      new URL("./communication_thread.ts", import.meta.url),
      { type: "module", name: "convlab communication" },
    );
    const joined = Promise.withResolvers<Joined>();
    const left = Promise.withResolvers<void>();
    // Who waits for a request is told as well, and may never leave.
    left.promise.catch(() => {});
    const fail = (reason: string) => {
      joined.reject(new Error(reason));
      left.reject(new Error(reason));
    };
    worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if ("joined" in data) joined.resolve(data.joined);
      else if ("left" in data) left.resolve();
      else fail(data.failed);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      fail(event.message);
    };
    const start: Start = { launch, block: block.buffer };
    worker.postMessage(start);
    return new Communicator(block, await joined.promise, left.promise);
  }

  /**
   * Begins to add numbers up over all ranks, in place. Until
   * {@linkcode Communicator.wait} is back nobody may touch them. Afterwards all
   * ranks have the same bytes.
   *
   * @param data Numbers in shared memory, such as the kernels'.
   * @throws {TypeError} If they are not in shared memory.
   */
  startSum(data: Float32Array | Float64Array): Ticket {
    const operation = data instanceof Float32Array
      ? OPERATION.sum32
      : OPERATION.sum64;
    const ticket = this.#issue(operation, this.#addressOf(data), data.length);
    this.#held.set(ticket, data);
    return ticket;
  }

  /**
   * Waits until a request is done.
   *
   * @throws {Error} In MPI's words, if it failed.
   */
  wait(ticket: Ticket): void {
    const begin = performance.now();
    this.#block.wait(ticket);
    this.#secondsWaiting += (performance.now() - begin) / 1000;
    this.#held.delete(ticket);
  }

  /** Adds numbers up over all ranks, in place, wherever they are. All ranks then have the same bytes. */
  sum(values: Float64Array): void {
    const piece = new Float64Array(this.#piece.buffer);
    for (let begin = 0; begin < values.length; begin += piece.length) {
      const part = values.subarray(begin, begin + piece.length);
      piece.set(part);
      this.wait(this.startSum(piece.subarray(0, part.length)));
      part.set(piece.subarray(0, part.length));
    }
  }

  /** Copies bytes from a rank, the first by default, to all others, in place. */
  broadcast(bytes: Uint8Array, root = 0): void {
    for (let begin = 0; begin < bytes.length; begin += PIECE_BYTES) {
      const part = bytes.subarray(begin, begin + PIECE_BYTES);
      const piece = this.#piece.subarray(0, part.length);
      if (this.rank === root) piece.set(part);
      const address = this.#addressOf(piece);
      this.wait(
        this.#issue(OPERATION.broadcast, address, part.length, root),
      );
      if (this.rank !== root) part.set(piece);
    }
  }

  /** The text that a rank, the first by default, passes; what others pass is not looked at. */
  broadcastText(text = "", root = 0): string {
    const own = this.rank === root ? new TextEncoder().encode(text) : undefined;
    const length = new Uint8Array(8);
    if (own) new DataView(length.buffer).setFloat64(0, own.length);
    this.broadcast(length, root);
    const bytes = own ??
      new Uint8Array(new DataView(length.buffer).getFloat64(0));
    this.broadcast(bytes, root);
    return new TextDecoder().decode(bytes);
  }

  /** The texts of all ranks, in their order; all ranks get all. */
  gatherText(text: string): string[] {
    return Array.from(
      { length: this.size },
      (_, rank) => this.broadcastText(text, rank),
    );
  }

  /** Waits until all ranks are here. */
  barrier(): void {
    this.wait(this.#issue(OPERATION.barrier, 0n, 0));
  }

  /**
   * Says that this thread lives and what it is at. While it says `training` it
   * has to say so again, to sum, or to await something, at each step: a silence
   * of 6 s that is also four times longer than any before counts as hanging, and
   * ends the job. `busy` and `paused` may last as long as they like.
   */
  working(phase?: Phase): void {
    this.#block.sign(phase);
  }

  /**
   * To be called where this program listens for SIGTERM, which then does not end
   * it: a launcher sends that when it misses a rank, and ends all a second later.
   * While this thread waits for others it does not see it, but a thread that
   * this starts does, so that it can still be told which rank is lost.
   *
   * @returns What ends it.
   */
  heedTermination(): Disposable {
    const worker = new Worker(
      new URL("./termination_thread.ts", import.meta.url),
      { type: "module", name: "convlab termination" },
    );
    worker.postMessage(this.#block.buffer);
    return { [Symbol.dispose]: () => worker.terminate() };
  }

  /** Seconds in which this thread waited for other ranks. */
  get secondsWaiting(): number {
    return this.#secondsWaiting;
  }

  /** Seconds in which anything was being summed or sent, hidden behind computing or not. */
  get secondsCommunicating(): number {
    return this.#block.secondsOpen;
  }

  /** Ends all ranks at once, with an exit code; say before why. */
  abort(code = 1): never {
    if (!this.#hasLeft) {
      this.#block.abort(code);
      const word = new Int32Array(new SharedArrayBuffer(4));
      Atomics.wait(word, 0, 0, ABORT_MS);
    }
    Deno.exit(code);
  }

  /**
   * Leaves the job; waits for all ranks to do so. Nothing may be called after it.
   *
   * @throws {Error} In MPI's words, if it failed.
   */
  async leave(): Promise<void> {
    clearInterval(this.#turns);
    this.#block.leave();
    await this.#left;
    this.#hasLeft = true;
  }

  #issue(
    operation: Operation,
    address: bigint,
    count: number,
    root = 0,
  ): Ticket {
    this.#block.throwIfFailed();
    this.#block.sign();
    return this.#block.issue({ operation, address, count, root });
  }

  #addressOf(data: ArrayBufferView): bigint {
    const { buffer, byteOffset } = data;
    if (!(buffer instanceof SharedArrayBuffer)) {
      throw new TypeError(
        "Cannot sum: expected data in shared memory but found it in memory of this thread",
      );
    }
    let base = this.#addresses.get(buffer);
    if (base === undefined) {
      base = Deno.UnsafePointer.value(
        Deno.UnsafePointer.of(new Uint8Array(buffer)),
      );
      this.#addresses.set(buffer, base);
    }
    return base + BigInt(byteOffset);
  }
}
