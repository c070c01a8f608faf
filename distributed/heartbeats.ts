// Copyright 2026 the Convlab authors. MIT license.

/**
 * Small messages by which ranks know of one another: each exchanges heartbeats
 * with the first rank, and who ends the job tells all.
 *
 * @module
 */

import type { Mpi, MpiRequest } from "./mpi.ts";

/** What a rank says of itself in a heartbeat. */
export interface Beat {
  /** Whether it will ask for nothing more; the first rank says `all` once it knows that nobody will. */
  readonly leaving: "no" | "itself" | "all";
  /** Requests that it has issued so far. */
  readonly issued: number;
}

const LEAVING = ["no", "itself", "all"] as const;

const BEAT = 1;
const END = 2;
/** Bytes of a message, on cache lines of their own. */
const BYTES = 64;

/** The heartbeats of a rank. */
export class Heartbeats {
  /** What each rank that this one hears of said last. */
  readonly said: Map<number, Beat> = new Map();
  readonly #mpi: Mpi;
  readonly #rank: number;
  readonly #size: number;
  /** Per peer two messages, one to send and one to receive; then one for ends. */
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #address: bigint;
  readonly #peers: readonly number[];
  readonly #sends: (MpiRequest | undefined)[];
  readonly #receives: MpiRequest[];
  readonly #end: MpiRequest;

  constructor(mpi: Mpi, rank: number, size: number) {
    this.#mpi = mpi;
    this.#rank = rank;
    this.#size = size;
    this.#peers = rank === 0
      ? Array.from({ length: size - 1 }, (_, i) => i + 1)
      : [0];
    const messages = 2 * this.#peers.length + 1;
    this.#words = new Int32Array(new SharedArrayBuffer(messages * BYTES));
    this.#address = addressOf(this.#words);
    this.#sends = this.#peers.map(() => undefined);
    this.#receives = this.#peers.map((_, i) => this.#receive(i));
    this.#end = mpi.startReceive(
      this.#at(messages - 1),
      BYTES,
      "any",
      END,
    );
  }

  /** Sends a beat to each peer that has taken the one before. */
  send(beat: Beat): void {
    for (const [i, peer] of this.#peers.entries()) {
      const before = this.#sends[i];
      if (before !== undefined && !this.#mpi.test(before)) continue;
      const word = (2 * i) * BYTES / 4;
      this.#words[word] = LEAVING.indexOf(beat.leaving);
      this.#words[word + 1] = beat.issued;
      this.#sends[i] = this.#mpi.startSend(
        this.#at(2 * i),
        BYTES,
        peer,
        BEAT,
      );
    }
  }

  /** Takes what has come; the ranks that were heard of. */
  receive(): number[] {
    const heard = [];
    for (const [i, peer] of this.#peers.entries()) {
      let came = false;
      while (this.#mpi.test(this.#receives[i]!)) {
        came = true;
        const word = (2 * i + 1) * BYTES / 4;
        this.said.set(peer, {
          leaving: LEAVING[this.#words[word]!] ?? "no",
          issued: this.#words[word + 1]!,
        });
        this.#receives[i] = this.#receive(i);
      }
      if (came) heard.push(peer);
    }
    return heard;
  }

  /**
   * Exchanges the last beats, after which no message is under way: the first
   * rank's, that all have left, and those that answer it.
   */
  finish(issued: number, pause: () => void): void {
    const isSent = (send?: MpiRequest) =>
      send === undefined || this.#mpi.test(send);
    while (!this.#sends.every(isSent)) pause();
    this.#sends.fill(undefined);
    this.send({ leaving: "all", issued });
    while (!this.#sends.every(isSent)) pause();
    const isDone = (peer: number) => this.said.get(peer)?.leaving === "all";
    while (!this.#peers.every(isDone)) {
      pause();
      this.receive();
    }
    for (const request of [...this.#receives, this.#end]) {
      this.#mpi.cancel(request);
      while (!this.#mpi.test(request)) pause();
    }
  }

  /** Whether another rank has said that it ends the job. */
  get isEnded(): boolean {
    return this.#mpi.test(this.#end);
  }

  /** Tells all other ranks that this one ends the job, and why is said already. */
  *sendEnd(): Generator<MpiRequest> {
    for (let rank = 0; rank < this.#size; rank++) {
      if (rank === this.#rank) continue;
      yield this.#mpi.startSend(this.#address, BYTES, rank, END);
    }
  }

  #receive(i: number): MpiRequest {
    const peer = this.#peers[i]!;
    return this.#mpi.startReceive(this.#at(2 * i + 1), BYTES, peer, BEAT);
  }

  #at(message: number): bigint {
    return this.#address + BigInt(message * BYTES);
  }
}

/** The address of shared memory, which never moves. */
export function addressOf(view: Int32Array<SharedArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(view));
}
