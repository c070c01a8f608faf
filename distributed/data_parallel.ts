// Copyright 2026 the Convlab authors. MIT license.

/**
 * Training by all ranks of an MPI job together: what a Solver's `reducer` is.
 *
 * @module
 */

import { type Part, partOf } from "../numerics/part.ts";
import type { Tensor } from "../numerics/tensor.ts";
import type {
  GradientReducer,
  Reduction,
} from "../training/gradient_reducer.ts";
import { Buckets } from "./buckets.ts";

/** What is needed of a connection to other ranks, on all of which the same is called in the same order. */
export interface Connection {
  /** This rank's number, from 0. */
  readonly rank: number;
  /** How many ranks there are. */
  readonly size: number;
  /** Begins to add numbers in shared memory up over all ranks, in place, and gives a ticket. */
  startSum(data: Float32Array | Float64Array): number;
  /** Waits until that is done. */
  wait(ticket: number): void;
  /** Adds numbers up over all ranks, in place, and waits. */
  sum(values: Float64Array): void;
  /** Copies bytes from the first rank to all others, in place. */
  broadcast(bytes: Uint8Array): void;
  /** The texts of all ranks, in their order. */
  gatherText(text: string): string[];
  /** Says whether this rank takes steps, in which a long silence counts as hanging, or is busy with something else. */
  working(phase: "training" | "busy"): void;
  /** Leaves the job once all ranks do. */
  leave(): Promise<void>;
}

/** Options of {@linkcode DataParallel}. */
export interface DataParallelOptions {
  /**
   * Whether batches are normalised by the statistics of all ranks' parts rather
   * than each part by its own.
   *
   * @default {false}
   */
  readonly syncBatchnorm?: boolean | undefined;
  /**
   * The size of the buckets that small gradients are packed into, in bytes;
   * larger gradients are sent by themselves.
   *
   * @default {262144}
   */
  readonly bucketBytes?: number | undefined;
  /** Asks all ranks to stop, once it is aborted on any of them. */
  readonly signal?: AbortSignal | undefined;
  /** The reason to stop for where another rank asked; an `AbortError` by default. */
  readonly reasonOfOthers?: (() => unknown) | undefined;
}

/** A quarter of a megabyte. */
const BUCKET_BYTES = 1 << 18;

/**
 * Lets a Solver train together with those of the other ranks. Each draws the
 * same batches and takes its part of them; gradients are added up over all ranks
 * while the backward pass still goes on, after which every rank has the same
 * bytes and takes the same step.
 *
 * The sums also carry what ranks have to agree on: whether any is asked to stop,
 * and the first one's learning rate.
 *
 * {@linkcode joinRanks} gives one, and has an example.
 */
export class DataParallel implements GradientReducer {
  /** How many ranks there are. */
  readonly size: number;
  /** This rank's number, from 0. */
  readonly rank: number;
  /** The learning rate of the step; see {@linkcode GradientReducer}. */
  learningRate = 0;

  readonly #connection: Connection;
  readonly #buckets: Buckets;
  readonly #syncBatchnorm: boolean;
  readonly #asked: AbortSignal | undefined;
  readonly #reasonOfOthers: () => unknown;
  readonly #stopping = new AbortController();
  /** The loss, ranks that are asked to stop, and the learning rate. */
  readonly #agreed = new Float64Array(new SharedArrayBuffer(3 * 8));

  /**
   * Sends nothing yet.
   *
   * @throws {RangeError} If `bucketBytes` is not an integer of at least 8.
   */
  constructor(connection: Connection, options: DataParallelOptions = {}) {
    const { bucketBytes = BUCKET_BYTES, syncBatchnorm = false } = options;
    if (!Number.isInteger(bucketBytes) || bucketBytes < 8) {
      throw new RangeError(
        `Cannot train together: expected bucketBytes to be an integer of at least 8 but found ${bucketBytes}`,
      );
    }
    this.#connection = connection;
    this.size = connection.size;
    this.rank = connection.rank;
    this.#buckets = new Buckets(connection, bucketBytes);
    this.#syncBatchnorm = syncBatchnorm;
    this.#asked = options.signal;
    this.#reasonOfOthers = options.reasonOfOthers ??
      (() => new DOMException("Another rank was asked to stop", "AbortError"));
  }

  /**
   * Is aborted on all ranks in the same iteration, once any of them is asked to
   * stop: the `signal` for the Solver.
   */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** This rank's part of `count` things. */
  part(count: number): Part {
    return partOf(count, this.rank, this.size);
  }

  /** Begins a step. */
  begin(batchSize: number): Reduction {
    this.#connection.working("training");
    return {
      batchSize,
      part: this.part(batchSize),
      sumStatistics: this.#syncBatchnorm
        ? (values) => this.#connection.sum(values)
        : undefined,
      add: (_, grad) => this.#buckets.add(grad),
      finish: (loss) => this.#finish(loss),
    };
  }

  /** Adds numbers up over all ranks, in place. */
  sum(values: Float64Array): void {
    this.#connection.working("busy");
    const numbers = new Float64Array(values.length + 1);
    numbers.set(values);
    numbers[values.length] = this.#isAsked();
    this.#connection.sum(numbers);
    values.set(numbers.subarray(0, values.length));
    this.#stopIf(numbers[values.length]! > 0);
  }

  /** Takes the values of tensors from the first rank, in place. */
  broadcast(tensors: readonly Tensor[]): void {
    this.#connection.working("busy");
    for (const { data } of tensors) {
      const { buffer, byteOffset, byteLength } = data;
      this.#connection.broadcast(
        new Uint8Array(buffer, byteOffset, byteLength),
      );
    }
  }

  /** The first text that any rank has. */
  first(text: string | undefined): string | undefined {
    // What is told apart from an empty text is that there is none.
    const all = this.#connection.gatherText(
      text === undefined ? "" : `=${text}`,
    );
    return all.find((found) => found !== "")?.slice(1);
  }

  /** Leaves the job, once all ranks do; to be called at the end. */
  leave(): Promise<void> {
    return this.#connection.leave();
  }

  #finish(loss: number): number {
    const agreed = this.#agreed;
    agreed[0] = loss;
    agreed[1] = this.#isAsked();
    agreed[2] = this.rank === 0 ? this.learningRate : 0;
    this.#buckets.flush();
    const ticket = this.#connection.startSum(agreed);
    this.#buckets.finish();
    this.#connection.wait(ticket);
    this.learningRate = agreed[2]!;
    this.#stopIf(agreed[1]! > 0);
    return agreed[0]!;
  }

  #isAsked(): number {
    return this.#asked?.aborted ? 1 : 0;
  }

  #stopIf(anyIsAsked: boolean): void {
    if (!anyIsAsked || this.signal.aborted) return;
    this.#stopping.abort(
      this.#asked?.aborted ? this.#asked.reason : this.#reasonOfOthers(),
    );
  }
}
