// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import fixture from "../../fixtures/erf.json" with { type: "json" };
import { erf, erfc } from "../../numerics/erf.ts";

/** Asserts a relative error of at most `bound`. */
function assertNear(actual: number, expected: number, bound: number): void {
  const error = Math.abs(actual - expected);
  assert(error <= bound * Math.abs(expected), `${actual} for ${expected}`);
}

describe("erf() and erfc()", () => {
  it("equal Python's within a few units of the last place", () => {
    for (const [i, x] of fixture.x.entries()) {
      assertNear(erf(x), fixture.erf[i]!, 1e-15);
      assertNear(erfc(x), fixture.erfc[i]!, 2e-15);
    }
  });

  it("have the right limits, and pass NaN on", () => {
    assertEquals([erf(0), erfc(0)], [0, 1]);
    assertEquals([erf(Infinity), erfc(Infinity)], [1, 0]);
    assertEquals([erf(-Infinity), erfc(-Infinity)], [-1, 2]);
    assertEquals([erf(NaN), erfc(NaN)], [NaN, NaN]);
    assertEquals(Object.is(erf(-0), -0), true);
  });

  it("are odd, and add up to 1", () => {
    fc.assert(
      fc.property(fc.double({ min: -30, max: 30, noNaN: true }), (x) => {
        assertEquals(erf(-x), -erf(x));
        assertNear(erf(x) + erfc(x), 1, 1e-15);
      }),
    );
  });
});
