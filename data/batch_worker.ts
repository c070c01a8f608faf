// Copyright 2026 the Convlab authors. MIT license.

/**
 * One worker that prepares the next batch while the caller uses the last.
 *
 * Everything that it needs lies in shared memory: the images, the plan of one
 * batch, room for two batches, and a word that says how far the batch is. The
 * caller asks for one by setting the word to *requested*; the worker sets it to
 * *claimed* by compare-and-swap, and to *done* in the end. The caller takes a
 * request back by compare-and-swap too, so it never waits for a worker that has
 * not begun: one that is still starting, or that is gone.
 *
 * @module
 */

import { type DType, sizeOf, type TensorData } from "../numerics/tensor.ts";
import type { BatchPlan } from "./batch_sampler.ts";
import workerSource from "./batch_worker.js" with { type: "text" };
import fillSource from "./fill_batch.js" with { type: "text" };
import type { ImageSet } from "./image_set.ts";

/** The words of the control block, and what the word for the state may be. */
const LAYOUT = {
  state: 0,
  stop: 1,
  count: 2,
  slot: 3,
  cutout: 4,
  words: 5,
  IDLE: 0,
  REQUESTED: 1,
  CLAIMED: 2,
  DONE: 3,
  sleepMs: 100,
} as const;

/** Sleeps in the middle of a batch after which the worker counts as lost: 5 s. */
const LOST_AFTER = 20;
const SLEEP_MS = 250;

/** How long nothing may be asked for before the worker ends, in milliseconds. */
const IDLE_MS = 50;

/** Where the worker's code is. It is never revoked, since a worker may be loading. */
let url: string | undefined;

/** A worker that writes batches into shared memory. */
export class BatchWorker {
  /** Room for two batches, the slots. */
  readonly outs: readonly [TensorData, TensorData];

  readonly #images: Pick<ImageSet, "bytes" | "imageShape" | "mean" | "std">;
  readonly #size: number;
  readonly #plan: Omit<BatchPlan, "cutout">;
  #control = sharedWords(LAYOUT.words);
  #worker: Worker | undefined;
  #failure: string | undefined;
  #asked = false;
  #requests = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Copies the images into shared memory, unless they are there already, be it
   * for another worker. This one starts with the first request.
   *
   * @throws {RangeError} If there is not enough memory.
   */
  constructor(images: ImageSet, batchSize: number, dtype: DType) {
    const { imageShape, mean, std } = images;
    const size = this.#size = sizeOf(imageShape);
    this.#images = {
      bytes: sharedBytes(images.bytes),
      imageShape,
      // Small, so each worker gets a copy.
      mean,
      std,
    };
    const length = batchSize * size;
    this.outs = [sharedNumbers(dtype, length), sharedNumbers(dtype, length)];
    this.#plan = {
      indices: sharedWords(batchSize),
      flips: new Uint8Array(new SharedArrayBuffer(batchSize)),
      dy: sharedWords(batchSize),
      dx: sharedWords(batchSize),
      cutoutY: sharedWords(batchSize),
      cutoutX: sharedWords(batchSize),
    };
  }

  /**
   * Asks for a batch in one of the slots. The last request has to be settled.
   *
   * @throws What the engine throws if the worker cannot start.
   */
  request(plan: BatchPlan, slot: 0 | 1): void {
    if (!this.#worker) this.#start();
    const { indices, flips, dy, dx, cutout, cutoutY, cutoutX } = plan;
    this.#plan.indices.set(indices);
    this.#plan.flips.set(flips);
    this.#plan.dy.set(dy);
    this.#plan.dx.set(dx);
    this.#plan.cutoutY.set(cutoutY);
    this.#plan.cutoutX.set(cutoutX);
    const control = this.#control;
    control[LAYOUT.count] = indices.length;
    control[LAYOUT.slot] = slot;
    control[LAYOUT.cutout] = cutout;
    this.#asked = true;
    this.#requests++;
    Atomics.store(control, LAYOUT.state, LAYOUT.REQUESTED);
    Atomics.notify(control, LAYOUT.state);
  }

  /**
   * Ends the last request, after which the slots are the caller's: waits if the
   * worker is in the middle of it, and takes it back if it has not begun.
   *
   * @returns Whether the batch is in its slot.
   * @throws {Error} If the worker failed, or did not finish within 5 s. It may then still write to the slots.
   */
  settle(): boolean {
    if (this.#failure !== undefined) throw new Error(this.#failure);
    if (!this.#asked) return false;
    this.#asked = false;
    const { state, REQUESTED, CLAIMED, DONE, IDLE } = LAYOUT;
    const control = this.#control;
    const found = Atomics.compareExchange(control, state, REQUESTED, IDLE);
    if (found === REQUESTED) return false;
    for (let sleeps = 0; Atomics.load(control, state) !== DONE;) {
      const outcome = Atomics.wait(control, state, CLAIMED, SLEEP_MS);
      if (outcome === "timed-out" && ++sleeps >= LOST_AFTER) {
        throw new Error(
          `The worker that prepares batches did not finish one within ${
            LOST_AFTER * SLEEP_MS / 1000
          } s`,
        );
      }
    }
    return true;
  }

  /** Tells the worker to end after what it is doing. The next request starts another. */
  stop(): void {
    clearTimeout(this.#timer);
    if (!this.#worker) return;
    this.#worker = undefined;
    Atomics.store(this.#control, LAYOUT.stop, 1);
    Atomics.notify(this.#control, LAYOUT.state);
  }

  /** Ends the worker at once. It is told first, since ending one that sleeps can hang the process. */
  abandon(): void {
    const worker = this.#worker;
    this.stop();
    worker?.terminate();
  }

  #start(): void {
    url ??= URL.createObjectURL(
      new Blob([fillSource, workerSource], { type: "text/javascript" }),
    );
    const worker = new Worker(url, {
      type: "module",
      name: "convlab batch worker",
    });
    worker.onerror = (event) => {
      // Else it would end the program.
      event.preventDefault();
      this.#failure =
        `The worker that prepares batches failed: ${event.message}`;
    };
    // The one before may still be about to read that it is to end.
    this.#control = sharedWords(LAYOUT.words);
    worker.postMessage({
      images: this.#images,
      size: this.#size,
      plan: this.#plan,
      outs: this.outs,
      control: this.#control,
      layout: LAYOUT,
    });
    this.#worker = worker;
    this.#watchIdle();
  }

  /** A worker keeps a program alive, so it ends when nothing is asked of it. */
  #watchIdle(): void {
    let seen = this.#requests;
    const look = () => {
      if (this.#requests === seen) return this.stop();
      seen = this.#requests;
      this.#timer = setTimeout(look, IDLE_MS);
    };
    this.#timer = setTimeout(look, IDLE_MS);
  }
}

function sharedWords(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(4 * length));
}

function sharedNumbers(dtype: DType, length: number): TensorData {
  return dtype === "float32"
    ? new Float32Array(new SharedArrayBuffer(4 * length))
    : new Float64Array(new SharedArrayBuffer(8 * length));
}

/** Bytes in shared memory, by what they are a copy of, for as long as they are in use. */
const copies = new WeakMap<Uint8Array, WeakRef<Uint8Array>>();

/** The bytes themselves if they lie in shared memory, and a copy that does otherwise. */
function sharedBytes(values: Uint8Array): Uint8Array {
  if (values.buffer instanceof SharedArrayBuffer) return values;
  const found = copies.get(values)?.deref();
  if (found) return found;
  const copy = new Uint8Array(new SharedArrayBuffer(values.length));
  copy.set(values);
  copies.set(values, new WeakRef(copy));
  return copy;
}
