// Copyright 2026 the Convlab authors. MIT license.

/**
 * The block of shared memory through which the main thread tells the
 * communication thread what to do: a ring of requests, each under a ticket, the
 * numbers 1, 2, 3, … Only the main thread issues, only the other completes, so
 * no lock is needed; who has nothing to do sleeps on a word of the block.
 *
 * @module
 */

/** What can be asked for. All ranks ask for the same in the same order. */
export const OPERATION = {
  /** Adds up `count` numbers of 32 bits, in place. */
  sum32: 1,
  /** Adds up `count` numbers of 64 bits, in place. */
  sum64: 2,
  /** Copies `count` bytes of the rank `root` to all others. */
  broadcast: 3,
  /** Waits for all ranks. */
  barrier: 4,
} as const;

/** One of {@linkcode OPERATION}. */
export type Operation = typeof OPERATION[keyof typeof OPERATION];

/** What the main thread is at, by which its silence is judged. */
export const PHASE = {
  /** Things of any length: loading, evaluating, writing. */
  busy: 0,
  /** Steps of about the same length, with a sign of life at each. */
  training: 1,
  /** Waiting for a person. */
  paused: 2,
} as const;

/** A name of a phase. */
export type Phase = keyof typeof PHASE;

/** A request, as it lies in the ring. */
export interface Request {
  readonly operation: Operation;
  /** Where its data begins, in the process's address space; 0 where it has none. */
  readonly address: bigint;
  readonly count: number;
  readonly root: number;
}

/** Requests that may be open at once. */
const SLOTS = 256;

/** Words of 32 bits; those that different threads write lie on different cache lines. */
const WORD = {
  // The main thread's.
  doorbell: 0,
  issued: 1,
  awaited: 2,
  signs: 3,
  phase: 4,
  leaving: 5,
  abortCode: 6,
  aborting: 7,
  turns: 8,
  // The termination thread's.
  terminated: 12,
  // The communication thread's.
  failed: 16,
  messageBytes: 17,
  slots: 32,
} as const;

const MESSAGE_BYTES = 2048;
const WORDS = WORD.slots + 4 * SLOTS;
const ADDRESSES = 4 * WORDS;
const SECONDS = ADDRESSES + 8 * SLOTS;
const MESSAGE = SECONDS + 64;
const BYTES = MESSAGE + MESSAGE_BYTES;

/** The block, as either thread sees it. */
export class ControlBlock {
  /** The block itself, to be sent to the other thread. */
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #addresses: BigUint64Array;
  readonly #seconds: Float64Array;
  readonly #message: Uint8Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#addresses = new BigUint64Array(buffer, ADDRESSES, SLOTS);
    this.#seconds = new Float64Array(buffer, SECONDS, 1);
    this.#message = new Uint8Array(buffer, MESSAGE, MESSAGE_BYTES);
  }

  // What the main thread does.

  /** Puts a request into the ring and gives its ticket; waits where the ring is full. */
  issue(request: Request): number {
    const ticket = this.issued + 1;
    if (ticket > SLOTS) this.wait(ticket - SLOTS);
    const slot = (ticket - 1) % SLOTS;
    const word = WORD.slots + 4 * slot;
    this.#words[word + 1] = request.operation;
    this.#words[word + 2] = request.count;
    this.#words[word + 3] = request.root;
    this.#addresses[slot] = request.address;
    Atomics.store(this.#words, WORD.issued, ticket);
    this.#ring();
    return ticket;
  }

  /**
   * Waits until a request is done.
   *
   * @param spins Turns of a busy loop before the thread sleeps.
   * @throws {Error} In the communication thread's words, if it failed.
   */
  wait(ticket: number, spins = 0): void {
    if (this.isDone(ticket)) return;
    Atomics.store(this.#words, WORD.awaited, ticket);
    this.#ring();
    const word = this.#doneWord(ticket);
    for (let turn = 0; !this.isDone(ticket); turn++) {
      this.throwIfFailed();
      if (turn < spins) continue;
      const before = Atomics.load(this.#words, word);
      if (before < ticket && !this.failed) {
        // Not for ever: a failure leaves the word as it is.
        Atomics.wait(this.#words, word, before, 250);
      }
    }
    Atomics.store(this.#words, WORD.awaited, 0);
  }

  /** Says what the main thread is at, and that it lives. */
  sign(phase?: Phase): void {
    if (phase !== undefined) {
      Atomics.store(this.#words, WORD.phase, PHASE[phase]);
    }
    Atomics.add(this.#words, WORD.signs, 1);
  }

  /** Says that the main thread comes round to its timers. */
  turn(): void {
    Atomics.add(this.#words, WORD.turns, 1);
  }

  /** Says that this rank will ask for nothing more. */
  leave(): void {
    Atomics.store(this.#words, WORD.leaving, 1);
    this.#ring();
  }

  /** Asks to end all ranks. */
  abort(code: number): void {
    Atomics.store(this.#words, WORD.abortCode, code);
    Atomics.store(this.#words, WORD.aborting, 1);
    this.#ring();
  }

  /** @throws {Error} In the communication thread's words, if it failed. */
  throwIfFailed(): void {
    if (!this.failed) return;
    const length = Atomics.load(this.#words, WORD.messageBytes);
    throw new Error(
      new TextDecoder().decode(this.#message.slice(0, length)),
    );
  }

  /** Says that this process was told to end; from whichever thread. */
  terminate(): void {
    Atomics.store(this.#words, WORD.terminated, 1);
  }

  #ring(): void {
    Atomics.add(this.#words, WORD.doorbell, 1);
    Atomics.notify(this.#words, WORD.doorbell);
  }

  // What both do.

  /** The newest ticket. */
  get issued(): number {
    return Atomics.load(this.#words, WORD.issued);
  }

  /** Whether a request is done. */
  isDone(ticket: number): boolean {
    return Atomics.load(this.#words, this.#doneWord(ticket)) >= ticket;
  }

  /** Whether the communication thread failed. */
  get failed(): boolean {
    return Atomics.load(this.#words, WORD.failed) !== 0;
  }

  /** Seconds in which any request was open. */
  get secondsOpen(): number {
    return this.#seconds[0]!;
  }
  set secondsOpen(seconds: number) {
    this.#seconds[0] = seconds;
  }

  /** The slot's newest request that is done. */
  #doneWord(ticket: number): number {
    return WORD.slots + 4 * ((ticket - 1) % SLOTS);
  }

  // What the communication thread does.

  /** How often the main thread rang. */
  get doorbell(): number {
    return Atomics.load(this.#words, WORD.doorbell);
  }
  /** The ticket that the main thread waits for, or 0. */
  get awaited(): number {
    return Atomics.load(this.#words, WORD.awaited);
  }
  /** The main thread's signs of life so far. */
  get signs(): number {
    return Atomics.load(this.#words, WORD.signs);
  }
  /** How often the main thread came round to its timers. */
  get turns(): number {
    return Atomics.load(this.#words, WORD.turns);
  }
  /** What the main thread is at. */
  get phase(): Phase {
    const number = Atomics.load(this.#words, WORD.phase);
    return number === PHASE.training
      ? "training"
      : number === PHASE.paused
      ? "paused"
      : "busy";
  }
  /** Whether this process was told to end. */
  get terminated(): boolean {
    return Atomics.load(this.#words, WORD.terminated) !== 0;
  }
  /** Whether this rank will ask for nothing more. */
  get leaving(): boolean {
    return Atomics.load(this.#words, WORD.leaving) !== 0;
  }
  /** The exit code that all ranks are to end with, if they are to end. */
  get abortCode(): number | undefined {
    if (Atomics.load(this.#words, WORD.aborting) === 0) return undefined;
    return Atomics.load(this.#words, WORD.abortCode);
  }

  /** The request of a ticket. */
  request(ticket: number): Request {
    const slot = (ticket - 1) % SLOTS;
    const word = WORD.slots + 4 * slot;
    return {
      operation: this.#words[word + 1] as Operation,
      count: this.#words[word + 2]!,
      root: this.#words[word + 3]!,
      address: this.#addresses[slot]!,
    };
  }

  /** Says that a request is done. */
  complete(ticket: number): void {
    const word = this.#doneWord(ticket);
    Atomics.store(this.#words, word, ticket);
    Atomics.notify(this.#words, word);
  }

  /** Says that nothing more can be done, and why. */
  fail(message: string): void {
    const { written } = new TextEncoder().encodeInto(
      message,
      this.#message,
    );
    Atomics.store(this.#words, WORD.messageBytes, written);
    Atomics.store(this.#words, WORD.failed, 1);
    for (let slot = 0; slot < SLOTS; slot++) {
      Atomics.notify(this.#words, WORD.slots + 4 * slot);
    }
  }

  /** Sleeps until the main thread rings again, and not longer than `ms`. */
  sleep(doorbell: number, ms: number): void {
    Atomics.wait(this.#words, WORD.doorbell, doorbell, ms);
  }
}
