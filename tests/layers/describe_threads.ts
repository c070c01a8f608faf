// Copyright 2026 the Convlab authors. MIT license.

/**
 * Compares what layers give on 1, 2, 3 and 5 threads, once workers have taken
 * part.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe } from "@std/testing/bdd";
import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType, Tensor } from "../../numerics/tensor.ts";
import { bytesOf } from "./agreement.ts";

const THREADS = [1, 2, 3, 5];
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
  let items = 0;
  const results = THREADS.flatMap((threads) => {
    setThreads(threads);
    const start = performance.now();
    const rounds: string[] = [];
    for (let shared = threads === 1; !shared || rounds.length < 4;) {
      itemsDone = 0;
      rounds.push(bytesOf(...work()));
      if (threads === 1) items = itemsDone;
      else shared ||= itemsDone < items;
      assert(performance.now() - start < PATIENCE, "no worker took part");
    }
    return rounds;
  });
  assertEquals(new Set(results).size, 1, "results differ between threads");
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
