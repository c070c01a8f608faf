// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import fixture from "../../fixtures/numerics.json" with { type: "json" };
import { RandomState } from "../../numerics/random.ts";
import { sum } from "../../numerics/sum.ts";

describe("sum()", () => {
  it("equals numpy.sum to the last digit for lengths from 1 to 1000", () => {
    for (const { values, npsum } of fixture.pairwiseSum) {
      assertEquals(sum(new Float64Array(values)), npsum);
    }
  });

  it("equals numpy.sum of 20,000 numbers in chunks of 8192, in both dtypes", () => {
    const { seed, skip, float64, float32 } = fixture.sum20000;
    const { data } = new RandomState(seed).randn([skip + 40_000]);
    assertEquals(sum(data, skip, 20_000), float64);
    const singles = Float32Array.from(data.subarray(skip + 20_000));
    assertEquals(sum(singles), float32);
  });

  it("takes an offset and a length", () => {
    const values = fc.array(fc.double({ noNaN: true }), { maxLength: 300 });
    fc.assert(fc.property(values, fc.nat(300), fc.nat(300), (list, a, b) => {
      const begin = Math.min(a, b, list.length);
      const end = Math.min(Math.max(a, b), list.length);
      for (const array of [Float64Array.from(list), Float32Array.from(list)]) {
        assertEquals(
          sum(array, begin, end - begin),
          sum(array.slice(begin, end)),
        );
      }
    }));
    assertEquals(sum(new Float64Array([1, 2, 3]), 1), 5);
  });

  it("is exact on integers, in float32 up to 2^24", () => {
    fc.assert(fc.property(
      fc.array(fc.integer({ min: -999, max: 999 }), {
        maxLength: 400,
      }),
      (list) => {
        const expected = list.reduce((a, b) => a + b, 0);
        assertEquals(sum(Float64Array.from(list)), expected);
        assertEquals(sum(Float32Array.from(list)), expected);
      },
    ));
  });

  it("rounds every sum of float32 to float32", () => {
    assertEquals(sum(new Float32Array([2 ** 24, 1, 1])), 2 ** 24);
    assertEquals(sum(new Float64Array([2 ** 24, 1, 1])), 2 ** 24 + 2);
  });

  it("gives 0 for nothing and passes NaN and infinity on", () => {
    assertEquals(sum(new Float64Array()), 0);
    assertEquals(sum(new Float32Array(5), 5), 0);
    assertEquals(sum(new Float64Array(20).fill(1).fill(NaN, 13, 14)), NaN);
    assertEquals(sum(new Float32Array([Infinity, 1])), Infinity);
    assertEquals(sum(new Float64Array([Infinity, -Infinity])), NaN);
  });

  it("throws if the range does not lie within the values", () => {
    const values = new Float64Array(3);
    for (
      const [offset, length] of [[-1, 1], [0, 4], [4, 0], [2, 2], [0.5, 1]]
    ) {
      assertThrows(
        () => sum(values, offset, length),
        RangeError,
        `expected a range within 3 elements but found ${length} from ${offset}`,
      );
    }
  });
});
