// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { measureLayers } from "../../../cli/bench/layers.ts";
import {
  scaledDifference,
  tolerance,
  verify,
} from "../../../cli/bench/verify.ts";
import { tensor } from "../../../numerics/tensor.ts";
import { toyPass, toySettings } from "./toy_pass.ts";

describe("verify()", () => {
  it("passes what differs by rounding, in units of the largest value", () => {
    const { differences, complaints } = verify(
      toyPass("float32", 1, 2, 4.00002),
    );
    assertEquals(complaints, []);
    assertMatch(String(differences.out), /^0\.000005/);
    assertEquals(verify(toyPass("float64", 1, 2, 4)).differences, { out: 0 });
  });

  it("says what is wrong, and by how much", () => {
    assertEquals(verify(toyPass("float32", 1, 2, 4.5)).complaints, [
      "counting small float32: expected out within 1e-5 of the naive one but found 1.3e-1",
    ]);
    assertEquals(
      verify(toyPass("float64", 1, 2.00002, 4)).complaints.length,
      1,
    );
  });

  it("takes NaN, a missing result and another shape for wrong", () => {
    assertEquals(verify(toyPass("float32", 1, NaN, 4)).complaints.length, 1);
    assertEquals(verify(toyPass("float32", 1, 2)).complaints.length, 1);
    const nothing = { ...toyPass("float32", 1, 2, 4), results: () => ({}) };
    assertEquals(verify(nothing).complaints.length, 1);
  });
});

describe("measureLayers()", () => {
  it("times nothing once a pass is wrong", async () => {
    const run = () => {
      throw new Error("It is timed");
    };
    const passes = [toyPass("float32", 1, 2, 4), toyPass("float64", 1, 2, 5)]
      .map((pass) => ({ ...pass, run }));
    const { rows, lines, complaints } = await measureLayers(
      passes,
      toySettings(),
    );
    assertEquals([rows, lines], [[], []]);
    assertEquals(complaints.length, 1);
    assertStringIncludes(complaints[0]!, "counting small float64");
  });
});

describe("scaledDifference()", () => {
  it("is the largest difference over the largest value", () => {
    assertEquals(scaledDifference(tensor([1, -8]), tensor([2, -6])), 0.25);
    assertEquals(scaledDifference(tensor([0]), tensor([0.5])), 0.5);
    assertEquals(scaledDifference(tensor([1, 2]), tensor([1])), NaN);
  });
});

describe("tolerance()", () => {
  it("grows with the root of the terms in float32 alone", () => {
    assertEquals(tolerance("float32", 1), 1e-5);
    assertEquals(tolerance("float32", 4000), 2e-5);
    assertEquals(tolerance("float64", 4000), 1e-12);
  });
});
