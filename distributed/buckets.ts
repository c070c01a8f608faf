// Copyright 2026 the Convlab authors. MIT license.

/**
 * Gradients that are added up over all ranks while the backward pass goes on.
 *
 * Each sum has its latency, which small gradients such as those of biases would
 * spend most of their time on, so these are packed into buckets. A bucket is
 * summed as soon as it is full; a gradient that is as large as a bucket is
 * summed where it lies, if that is in shared memory.
 *
 * @module
 */

import type { Tensor, TensorData } from "../numerics/tensor.ts";

/** Adds numbers in shared memory up over all ranks, as a `Communicator` does. */
export interface Sums {
  /** Begins to add up, in place. */
  startSum(data: Float32Array | Float64Array): number;
  /** Waits for the end. */
  wait(ticket: number): void;
}

/** What is packed together. */
interface Bucket {
  readonly data: TensorData;
  readonly pieces: { readonly from: TensorData; readonly at: number }[];
  used: number;
}

/** Adds up the gradients of one step after the other. */
export class Buckets {
  readonly #sums: Sums;
  readonly #bytes: number;
  /** The bucket that is being filled, by the bytes of its numbers. */
  readonly #open = new Map<number, Bucket>();
  readonly #started: { ticket: number; bucket?: Bucket }[] = [];
  /** Those that are not in use. */
  readonly #idle: Bucket[] = [];

  /** @param bytes The size of a bucket. */
  constructor(sums: Sums, bytes: number) {
    this.#sums = sums;
    this.#bytes = bytes;
  }

  /** Begins to add a gradient up over all ranks, in place; all ranks add the same ones in the same order. */
  add({ data }: Tensor): void {
    if (
      data.byteLength >= this.#bytes && data.buffer instanceof SharedArrayBuffer
    ) {
      this.#started.push({ ticket: this.#sums.startSum(data) });
      return;
    }
    for (let i = 0; i < data.length;) {
      const bucket = this.#bucketFor(data);
      const room = bucket.data.length - bucket.used;
      const from = data.subarray(i, i + room);
      bucket.data.set(from, bucket.used);
      bucket.pieces.push({ from, at: bucket.used });
      bucket.used += from.length;
      i += from.length;
      if (from.length === room) this.#start(bucket);
    }
  }

  /** Starts what is not full, so that all that was added is under way. */
  flush(): void {
    for (const bucket of this.#open.values()) this.#start(bucket);
  }

  /** Waits until all that was added is added up. */
  finish(): void {
    this.flush();
    for (const { ticket, bucket } of this.#started.splice(0)) {
      this.#sums.wait(ticket);
      if (bucket === undefined) continue;
      for (const { from, at } of bucket.pieces) {
        from.set(bucket.data.subarray(at, at + from.length));
      }
      bucket.pieces.length = 0;
      bucket.used = 0;
      this.#idle.push(bucket);
    }
  }

  #start(bucket: Bucket): void {
    const { data, used } = bucket;
    this.#open.delete(data.BYTES_PER_ELEMENT);
    const ticket = this.#sums.startSum(data.subarray(0, used));
    this.#started.push({ ticket, bucket });
  }

  /** The bucket to fill with numbers like these. */
  #bucketFor({ BYTES_PER_ELEMENT: bytes }: TensorData): Bucket {
    const open = this.#open.get(bytes);
    if (open) return open;
    const like = this.#idle.findIndex(({ data }) =>
      data.BYTES_PER_ELEMENT === bytes
    );
    const bucket = like < 0
      ? { data: this.#room(bytes), pieces: [], used: 0 }
      : this.#idle.splice(like, 1)[0]!;
    this.#open.set(bytes, bucket);
    return bucket;
  }

  #room(bytes: number): TensorData {
    const length = Math.max(1, Math.floor(this.#bytes / bytes));
    const memory = new SharedArrayBuffer(bytes * length);
    return bytes === 4 ? new Float32Array(memory) : new Float64Array(memory);
  }
}
