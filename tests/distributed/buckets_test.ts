// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as fc from "fast-check";
import { Buckets, type Sums } from "../../distributed/buckets.ts";
import { Tensor } from "../../numerics/tensor.ts";

/** Sums over two ranks that have the same numbers, done as late as they may be. */
class Twins implements Sums {
  readonly started: (Float32Array | Float64Array)[] = [];

  startSum(data: Float32Array | Float64Array): number {
    assert(data.buffer instanceof SharedArrayBuffer);
    return this.started.push(data);
  }

  wait(ticket: number): void {
    const data = this.started[ticket - 1]!;
    data.forEach((value, i) => data[i] = 2 * value);
  }

  /** The lengths of what was started. */
  get lengths(): number[] {
    return this.started.map(({ length }) => length);
  }
}

/** A gradient of `length` numbers, in shared memory or not. */
function gradient(length: number, bytes = 4, isShared = true): Tensor {
  const memory = isShared
    ? new SharedArrayBuffer(bytes * length)
    : new ArrayBuffer(bytes * length);
  const data = bytes === 4
    ? new Float32Array(memory)
    : new Float64Array(memory);
  for (let i = 0; i < length; i++) data[i] = i + 1;
  return new Tensor(data, [length]);
}

describe("Buckets", () => {
  it("add up all gradients, of any sizes, dtypes and memory, step after step", () => {
    const gradients = fc.array(fc.record({
      length: fc.nat(60),
      bytes: fc.constantFrom(4, 8),
      isShared: fc.boolean(),
    }));
    fc.assert(fc.property(
      fc.array(gradients, { maxLength: 3 }),
      fc.integer({ min: 8, max: 200 }),
      (steps, bytes) => {
        const sums = new Twins();
        const buckets = new Buckets(sums, bytes);
        for (const step of steps) {
          const all = step.map((g) => gradient(g.length, g.bytes, g.isShared));
          for (const grad of all) {
            const before = grad.clone();
            buckets.add(grad);
            assertEquals(grad.data, before.data);
          }
          buckets.finish();
          for (const { data } of all) {
            assert(data.every((value, i) => value === 2 * (i + 1)));
          }
        }
        for (const { byteLength } of sums.started) assert(byteLength > 0);
      },
    ));
  });

  it("start as soon as a bucket is full, and at once where a gradient is as large as one", () => {
    const sums = new Twins();
    const buckets = new Buckets(sums, 40);
    buckets.add(gradient(4));
    assertEquals(sums.lengths, []);
    const large = gradient(10);
    buckets.add(large);
    assertEquals(sums.lengths, [10]);
    assert(sums.started[0] === large.data);
    buckets.add(gradient(6));
    assertEquals(sums.lengths, [10, 10]);
    buckets.add(gradient(3));
    buckets.flush();
    assertEquals(sums.lengths, [10, 10, 3]);
    buckets.finish();
    assertEquals(sums.lengths, [10, 10, 3]);
  });

  it("need no more memory after the first step", () => {
    const sums = new Twins();
    const buckets = new Buckets(sums, 40);
    for (let step = 0; step < 5; step++) {
      for (let i = 0; i < 5; i++) buckets.add(gradient(7));
      buckets.finish();
    }
    assertEquals(new Set(sums.started.map(({ buffer }) => buffer)).size, 4);
  });
});
