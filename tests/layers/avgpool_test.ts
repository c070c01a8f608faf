// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  avgPoolBackwardNaive,
  avgPoolForwardNaive,
} from "../../layers/avgpool.ts";
import {
  avgPoolBackwardFast,
  avgPoolForwardFast,
} from "../../layers/avgpool_fast.ts";
import {
  globalAvgPoolBackward,
  globalAvgPoolForward,
} from "../../layers/global_avgpool.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { sum } from "../../numerics/sum.ts";
import { type DType, tensor, zeros } from "../../numerics/tensor.ts";
import { assertAgree, assertSameNonFinite } from "./agreement.ts";

/** Inputs of any shape, and windows that fit. */
const cases = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.nat(3),
  channels: fc.integer({ min: 1, max: 4 }),
  poolHeight: fc.integer({ min: 1, max: 4 }),
  poolWidth: fc.integer({ min: 1, max: 4 }),
  extraHeight: fc.nat(6),
  extraWidth: fc.nat(20),
  stride: fc.integer({ min: 1, max: 4 }),
  square: fc.boolean(),
}).map((c) => {
  // Half of them for the kernels of their own.
  const options = c.square
    ? { poolHeight: 2, poolWidth: 2, stride: 2 }
    : { poolHeight: c.poolHeight, poolWidth: c.poolWidth, stride: c.stride };
  const height = options.poolHeight + c.extraHeight;
  const width = options.poolWidth + c.extraWidth;
  const random = new RandomState(c.seed);
  const x = random.randn([c.images, c.channels, height, width]);
  return { random, x: x.astype(c.dtype), options };
});

describe("avgPoolForwardFast() and avgPoolBackwardFast()", () => {
  it("equal the naive functions for any shape, window and stride", () => {
    fc.assert(
      fc.property(cases, ({ random, x, options }) => {
        const naive = avgPoolForwardNaive(x, options);
        const fast = avgPoolForwardFast(x, options);
        assertAgree(fast.out, naive.out, "out");
        const dout = random.randn(fast.out.shape).astype(x.dtype);
        const slow = avgPoolBackwardNaive(dout, naive.cache);
        assertAgree(avgPoolBackwardFast(dout, fast.cache).dx, slow.dx, "dx");
      }),
      { numRuns: 200 },
    );
  });

  it("spread NaN and infinity as the naive functions do", () => {
    for (const stride of [1, 2, 3]) {
      const options = { poolHeight: 2, poolWidth: 2, stride };
      for (const value of [NaN, Infinity, -Infinity]) {
        const x = new RandomState(1).randn([1, 1, 5, 7]);
        x.data[9] = value;
        const naive = avgPoolForwardNaive(x, options);
        const fast = avgPoolForwardFast(x, options);
        assertSameNonFinite(fast.out, naive.out, "out");
        const { dx } = avgPoolBackwardFast(naive.out, fast.cache);
        const slow = avgPoolBackwardNaive(naive.out, naive.cache);
        assertSameNonFinite(dx, slow.dx, "dx");
      }
    }
  });

  it("agree with numeric gradients", () => {
    const random = new RandomState(2);
    for (const [poolHeight, poolWidth, stride] of [[2, 2, 2], [3, 2, 1]]) {
      const options = {
        poolHeight: poolHeight!,
        poolWidth: poolWidth!,
        stride: stride!,
      };
      const x = random.randn([2, 2, 5, 6]);
      const { out, cache } = avgPoolForwardFast(x, options);
      const dout = random.randn(out.shape);
      const f = () => avgPoolForwardFast(x, options).out;
      const { dx } = avgPoolBackwardFast(dout, cache);
      assert(relError(dx, evalNumericalGradientArray(f, x, dout)) < 1e-7);
    }
  });

  it("are float64 as soon as dout or x is, and name what does not fit", () => {
    const options = { poolHeight: 2, poolWidth: 2, stride: 2 };
    const x = zeros([1, 2, 4, 5], "float32");
    const { cache } = avgPoolForwardFast(x, options);
    const dout = zeros([1, 2, 2, 2]);
    for (const backward of [avgPoolBackwardFast, avgPoolBackwardNaive]) {
      assertEquals(backward(dout, cache).dx.dtype, "float64");
      assertThrows(
        () => backward(zeros([1, 2, 2, 3]), cache),
        TypeError,
        "Cannot differentiate average-pooling: expected dout of shape (1, 2, 2, 2)",
      );
    }
    for (const forward of [avgPoolForwardFast, avgPoolForwardNaive]) {
      assertThrows(
        () => forward(x, { ...options, poolHeight: 5 }),
        RangeError,
        "expected poolHeight to be an integer from 1 to 4 but found 5",
      );
    }
  });
});

describe("globalAvgPoolForward() and globalAvgPoolBackward()", () => {
  it("give the mean of each channel, and share its gradient out, for every size", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (let width = 1; width < 40; width++) {
        const x = new RandomState(width).randn([2, 3, 2, width]).astype(dtype);
        const { out, cache } = globalAvgPoolForward(x);
        const size = 2 * width;
        const means = Array.from(
          { length: 6 },
          (_, i) => sum(x.data, i * size, size) / size,
        );
        assertAgree(out, tensor(means, [2, 3], dtype), "out");
        const { dx } = globalAvgPoolBackward(out, cache);
        const parts = tensor(
          x.data.map((_, i) => out.data[Math.floor(i / size)]! / size),
          x.shape,
          dtype,
        );
        assertAgree(dx, parts, "dx");
      }
    }
  });

  it("pass NaN on to its channel alone, and name what does not fit", () => {
    const x = zeros([1, 3, 2, 5]);
    x.data[12] = NaN;
    const { out, cache } = globalAvgPoolForward(x);
    assertEquals([...out.data], [0, NaN, 0]);
    assertThrows(
      () => globalAvgPoolBackward(zeros([3]), cache),
      TypeError,
      "expected dout of shape (1, 3) but found (3,)",
    );
    for (const shape of [[2, 3], [1, 2, 0, 3]]) {
      assertThrows(
        () => globalAvgPoolForward(zeros(shape)),
        TypeError,
        "expected x of shape (N, C, H, W) with at least one row",
      );
    }
  });
});
