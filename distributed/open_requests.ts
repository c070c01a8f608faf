// Copyright 2026 the Convlab authors. MIT license.

/**
 * The main thread's requests that MPI works on.
 *
 * @module
 */

import type { Mpi, MpiRequest } from "./mpi.ts";
import {
  type ControlBlock,
  OPERATION,
  type Request,
} from "./thread_protocol.ts";

/**
 * MPI has copied or added something if it took longer, in milliseconds: looking
 * alone takes 0.3 to 2 µs, and ten times as long after a sleep.
 */
const MOVED_MS = { awake: 0.005, slept: 0.03 };

/** Takes requests from the control block, has MPI work on them, and says when they are done. */
export class OpenRequests {
  readonly #mpi: Mpi;
  readonly #block: ControlBlock;
  readonly #open: { ticket: number; request: MpiRequest }[] = [];
  #taken = 0;
  #since = 0;

  constructor(mpi: Mpi, block: ControlBlock) {
    this.#mpi = mpi;
    this.#block = block;
  }

  /** How many are open. */
  get count(): number {
    return this.#open.length;
  }

  /** How many were taken so far. */
  get taken(): number {
    return this.#taken;
  }

  /** Begins what was asked for since; whether there was anything. */
  take(now: number): boolean {
    const { issued } = this.#block;
    if (this.#taken === issued) return false;
    if (this.#open.length === 0) this.#since = now;
    while (this.#taken < issued) {
      const ticket = ++this.#taken;
      const request = this.#begin(this.#block.request(ticket));
      this.#open.push({ ticket, request });
    }
    return true;
  }

  /**
   * Lets MPI work on what is open.
   *
   * @param slept Whether this thread has just slept.
   * @returns Whether it did anything.
   */
  drive(now: number, slept: boolean): boolean {
    if (this.#open.length === 0) return false;
    let done = false;
    for (let i = 0; i < this.#open.length;) {
      const { ticket, request } = this.#open[i]!;
      if (this.#mpi.test(request)) {
        this.#open.splice(i, 1);
        this.#block.complete(ticket);
        done = true;
      } else i++;
    }
    const after = performance.now();
    if (this.#open.length === 0) {
      this.#block.secondsOpen += (after - this.#since) / 1000;
    }
    return done || after - now > MOVED_MS[slept ? "slept" : "awake"];
  }

  #begin({ operation, address, count, root }: Request): MpiRequest {
    const mpi = this.#mpi;
    switch (operation) {
      case OPERATION.sum32:
        return mpi.startSum(address, count, "float32");
      case OPERATION.sum64:
        return mpi.startSum(address, count, "float64");
      case OPERATION.broadcast:
        return mpi.startBroadcast(address, count, root);
      case OPERATION.barrier:
        return mpi.startBarrier();
    }
  }
}
