// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { RandomState } from "../../numerics/random.ts";
import { type DType, tensor, zeros } from "../../numerics/tensor.ts";
import { bytesOf } from "./agreement.ts";

/** Inputs of any shape that the window fits in; half of them with windows that tile. */
const cases = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.nat(3),
  channels: fc.integer({ min: 1, max: 4 }),
  poolHeight: fc.integer({ min: 1, max: 5 }),
  poolWidth: fc.integer({ min: 1, max: 5 }),
  extraHeight: fc.nat(9),
  extraWidth: fc.nat(20),
  stride: fc.integer({ min: 1, max: 4 }),
  tiling: fc.boolean(),
}).map((c) => {
  const window = c.tiling
    ? { poolHeight: 2, poolWidth: 2, stride: 2 }
    : { poolHeight: c.poolHeight, poolWidth: c.poolWidth, stride: c.stride };
  const random = new RandomState(c.seed);
  const draw = (shape: readonly number[]) =>
    random.randn(shape).astype(c.dtype);
  const height = window.poolHeight + c.extraHeight;
  const width = window.poolWidth + c.extraWidth;
  return {
    draw,
    x: draw([c.images, c.channels, height, width]),
    window,
    random,
  };
});

/** Asserts that fast and naive pooling give the same bytes, forward and backward. */
function assertSame(
  { draw, x, window }: typeof cases extends fc.Arbitrary<infer T> ? T : never,
) {
  const naive = maxPoolForwardNaive(x, window);
  const fast = maxPoolForwardFast(x, window);
  assertEquals(fast.out.shape, naive.out.shape);
  assertEquals(fast.out.data, naive.out.data);
  const dout = draw(naive.out.shape);
  const slow = maxPoolBackwardNaive(dout, naive.cache);
  const quick = maxPoolBackwardFast(dout, fast.cache);
  assertEquals(quick.dx.data, slow.dx.data);
  // The sign of 0 included.
  assertEquals(bytesOf(fast.out, quick.dx), bytesOf(naive.out, slow.dx));
}

describe("maxPoolForwardFast() and maxPoolBackwardFast()", () => {
  it("equal the naive functions to the bit for any shape, window and stride", () => {
    fc.assert(fc.property(cases, assertSame), { numRuns: 300 });
  });

  it("equal the naive functions where many inputs are equal", () => {
    fc.assert(
      fc.property(cases, (c) => {
        for (let i = 0; i < c.x.size; i++) {
          c.x.data[i] = Math.round(c.x.data[i]!);
        }
        assertSame(c);
      }),
      { numRuns: 100 },
    );
  });

  it("equal the naive functions where inputs are NaN, infinite, or all negative", () => {
    const special = [NaN, Infinity, -Infinity, -1e30, -1e-30];
    fc.assert(
      fc.property(cases, (c) => {
        for (let i = 0; i < c.x.size; i++) {
          const pick = c.random.randint(0, 9);
          c.x.data[i] = special[pick] ?? -Math.abs(c.x.data[i]!);
        }
        assertSame(c);
      }),
      { numRuns: 150 },
    );
  });

  it("give the first of equal maxima, and the first NaN, the whole gradient", () => {
    const window = { poolHeight: 2, poolWidth: 2, stride: 2 };
    const gradient = (values: number[]) => {
      const { cache } = maxPoolForwardFast(
        tensor(values, [1, 1, 2, 2]),
        window,
      );
      return [...maxPoolBackwardFast(tensor([5], [1, 1, 1, 1]), cache).dx.data];
    };
    assertEquals(gradient([1, 3, 3, 3]), [0, 5, 0, 0]);
    assertEquals(gradient([7, 7, 7, 7]), [5, 0, 0, 0]);
    assertEquals(gradient([9, NaN, 9, NaN]), [0, 5, 0, 0]);
    assertEquals(gradient([-1, -2, -3, -4]), [5, 0, 0, 0]);
    assertEquals(gradient([-Infinity, -Infinity, -Infinity, -5]), [0, 0, 0, 5]);
  });

  it("add gradients where windows overlap", () => {
    const x = tensor([0, 9, 0], [1, 1, 1, 3]);
    const { cache } = maxPoolForwardFast(x, {
      poolHeight: 1,
      poolWidth: 2,
      stride: 1,
    });
    const { dx } = maxPoolBackwardFast(tensor([2, 3], [1, 1, 1, 2]), cache);
    assertEquals([...dx.data], [0, 5, 0]);
  });

  it("are float64 as soon as dout or x is, with windows that overlap and that tile", () => {
    const random = new RandomState(1);
    for (const poolHeight of [2, 3]) {
      const window = { poolHeight, poolWidth: 2, stride: 2 };
      const x = random.randn([2, 3, 7, 9]);
      const dout = random.randn(maxPoolForwardNaive(x, window).out.shape);
      for (const  of of["float64", "float32"] as const) {
        for (const behind of ["float64", "float32"] as const) {
          const [a, d] = [x.astype(of), dout.astype(behind)];
          const naive = maxPoolForwardNaive(a, window);
          const fast = maxPoolForwardFast(a, window);
          const { dx } = maxPoolBackwardFast(d, fast.cache);
          const expected = maxPoolBackwardNaive(d, naive.cache).dx;
          assertEquals([fast.out.dtype, dx.dtype], [of, expected.dtype]);
          assertEquals(bytesOf(fast.out, dx), bytesOf(naive.out, expected));
        }
      }
    }
  });

  it("name the argument that is wrong", () => {
    const window = { poolHeight: 2, poolWidth: 2, stride: 2 };
    assertThrows(
      () => maxPoolForwardFast(zeros([2, 2]), window),
      TypeError,
      "expected x of shape (N, C, H, W)",
    );
    assertThrows(
      () => maxPoolForwardFast(zeros([1, 1, 1, 4]), window),
      RangeError,
      "expected poolHeight",
    );
    assertThrows(
      () => maxPoolForwardFast(zeros([1, 1, 4, 4]), { ...window, stride: 1.5 }),
      RangeError,
      "expected stride",
    );
    const { cache } = maxPoolForwardFast(zeros([1, 1, 4, 4]), window);
    assertThrows(
      () => maxPoolBackwardFast(zeros([1, 1, 4, 4]), cache),
      TypeError,
      "expected dout of shape (1, 1, 2, 2)",
    );
  });

  it("maxPoolBackwardFast() adds to 0, so that a gradient of -0 becomes 0 as in the naive function", () => {
    for (const dtype of ["float64", "float32"] as const) {
      const x = tensor([1, 2, 3, 4], [1, 1, 2, 2]).astype(dtype);
      const options = { poolHeight: 2, poolWidth: 2, stride: 2 };
      const { cache } = maxPoolForwardFast(x, options);
      const dout = tensor([-0], [1, 1, 1, 1]).astype(dtype);
      assert(Object.is(maxPoolBackwardFast(dout, cache).dx.data[3], 0));
    }
  });
});
