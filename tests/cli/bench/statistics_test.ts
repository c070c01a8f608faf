// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { isSteady, quantile, spreadOf } from "../../../cli/bench/statistics.ts";

describe("spreadOf()", () => {
  it("gives the quartiles of an odd number of values, in any order", () => {
    assertEquals(spreadOf([5, 1, 4, 2, 3]), { lower: 2, median: 3, upper: 4 });
  });

  it("interpolates between two values, as numpy.quantile does", () => {
    assertEquals(spreadOf([4, 1, 3, 2]), {
      lower: 1.75,
      median: 2.5,
      upper: 3.25,
    });
  });

  it("sorts numbers by size, and leaves the list as it was", () => {
    const numbers = [10, 9, 100];
    assertEquals(spreadOf(numbers), { lower: 9.5, median: 10, upper: 55 });
    assertEquals(numbers, [10, 9, 100]);
  });

  it("gives one value three times, and NaN for none", () => {
    assertEquals(spreadOf([7]), { lower: 7, median: 7, upper: 7 });
    assertEquals(spreadOf([]), { lower: NaN, median: NaN, upper: NaN });
  });
});

describe("quantile()", () => {
  it("reaches from the least to the largest value", () => {
    assertEquals([0, 0.1, 1].map((share) => quantile([1, 11], share)), [
      ...[1, 2, 11],
    ]);
  });
});

describe("isSteady()", () => {
  it("lets quartiles be a quarter of the median apart", () => {
    assert(isSteady({ lower: 4, median: 4, upper: 5 }));
    assert(!isSteady({ lower: 3.9, median: 4, upper: 5 }));
  });
});
