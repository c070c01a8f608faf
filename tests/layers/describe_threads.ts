// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compares what layers give on 1, 2, 3 and 5 threads, once workers have taken
 * part.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { assert } from "@std/assert";
import { afterAll, beforeAll, describe } from "@std/testing/bdd";
import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType, Tensor } from "../../numerics/tensor.ts";

/** What is compared with one thread. */
const THREADS = [2, 3, 5];
/** Rounds on every number of threads, at least. */
const ROUNDS = 4;
const DTYPES: DType[] = ["float32", "float64"];

/** Work items that this thread has done; what it has not, workers did. */
let itemsDone = 0;

/** An instance of the kernels that counts the work items of its calls. */
class CountingInstance {
  readonly exports: Record<string, unknown>;

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const instance = new Instance(module, imports);
    this.exports = Object.fromEntries(
      Object.entries(instance.exports).map(([name, value]) => [
        name,
        typeof value !== "function" ? value : (...args: number[]) => {
          itemsDone += args.at(-1)! - args.at(-2)!;
          value(...args);
        },
      ]),
    );
  }
}

const { Instance } = WebAssembly;

/** How long workers may take to start and to get a turn, in milliseconds. */
const PATIENCE = 20_000;

/**
 * Runs the work on every number of threads, until workers have done some of it,
 * and compares the bytes.
 */
export function assertSameBytes(work: () => readonly Tensor[]): void {
  setThreads(1);
  itemsDone = 0;
  const expected = work().map((tensor) => Buffer.from(bytesOf(tensor)));
  const items = itemsDone;
  for (const threads of THREADS) {
    setThreads(threads);
    const start = performance.now();
    for (let shared = false, round = 0; !shared || round < ROUNDS; round++) {
      itemsDone = 0;
      const results = work().map(bytesOf);
      shared ||= itemsDone < items;
      assert(
        results.length === expected.length &&
          results.every((bytes, i) => expected[i]!.equals(bytes)),
        `results differ between 1 and ${threads} threads`,
      );
      assert(performance.now() - start < PATIENCE, "no worker took part");
    }
  }
}

/** The bytes themselves; a digest of so many takes longer than the layers. */
function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** What the tests of one dtype draw from. */
export interface Draws {
  readonly dtype: DType;
  readonly random: RandomState;
  /** Numbers of the normal distribution, in this shape. */
  draw(...shape: number[]): Tensor;
}

/** Describes tests of both dtypes, which count what this thread does itself. */
export function describeThreads(body: (draws: Draws) => void): void {
  describe("results on 1, 2, 3 and 5 threads", () => {
    const before = getThreads();
    beforeAll(() => setInstance(CountingInstance));
    afterAll(() => {
      setInstance(Instance);
      setThreads(before);
    });
    for (const dtype of DTYPES) {
      const random = new RandomState(7);
      const draw = (...shape: number[]) => random.randn(shape).astype(dtype);
      body({ dtype, random, draw });
    }
  });
}

/** Lets `new WebAssembly.Instance` make these, on this thread. */
function setInstance(value: unknown): void {
  Object.defineProperty(WebAssembly, "Instance", {
    value,
    configurable: true,
    writable: true,
  });
}
