// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import fixture from "../../fixtures/numerics.json" with { type: "json" };
import { exactExp, exactLog } from "../../numerics/exact.ts";
import { exp } from "../../numerics/exp.ts";
import { log } from "../../numerics/log.ts";

const between = (min: number, max: number) =>
  fc.double({ min, max, noNaN: true });
const positive = between(5e-324, Number.MAX_VALUE);
const nearOne = between(0.98, 1.02);
const exponent = fc.oneof(
  between(-745.9, 709.5),
  between(-20, 1),
  between(-1e-12, 1e-12),
);

describe("log()", () => {
  it("is correctly rounded on the reference values", () => {
    for (const { z, log: expected } of fixture.expLog) {
      assertEquals(log(z), expected);
    }
  });

  it("is correctly rounded on arguments that come close to a tie, and on subnormal ones", () => {
    for (const [x, expected] of fixture.hard.log) {
      assertEquals(log(x!), expected!, `log(${x})`);
      assertEquals(exactLog(x!), expected!, `exactLog(${x})`);
    }
  });

  it("equals the exact logarithm on any argument", () => {
    const property = (x: number) => assertEquals(log(x), exactLog(x));
    fc.assert(fc.property(positive, property), { numRuns: 5000 });
    fc.assert(fc.property(nearOne, property), { numRuns: 5000 });
  });

  it("is exact and monotonic at every power of two and its neighbours", () => {
    for (let k = -1074; k < 1024; k++) {
      const x = 2 ** k;
      assertEquals(log(x), exactLog(x));
      if (k > -1022) {
        const below = x * (1 - 2 ** -53);
        assertEquals(log(below), exactLog(below));
        assert(log(below) <= log(x));
      }
    }
  });

  it("takes 0, infinities, negative numbers and NaN as NumPy does", () => {
    assertEquals(log(1), 0);
    assertEquals(log(0), -Infinity);
    assertEquals(log(-0), -Infinity);
    assertEquals(log(Infinity), Infinity);
    for (const x of [-1, -5e-324, -Infinity, NaN]) assertEquals(log(x), NaN);
    assertEquals(log(Number.MAX_VALUE), 709.782712893384);
    assertEquals(log(5e-324), -744.4400719213812);
  });
});

describe("exp()", () => {
  it("is correctly rounded on the reference values", () => {
    for (const { x, exp: expected } of fixture.expLog) {
      assertEquals(exp(x), expected);
    }
  });

  it("is correctly rounded on arguments that come close to a tie or to the ends", () => {
    for (const [x, expected] of fixture.hard.exp) {
      assertEquals(exp(x!), expected!, `exp(${x})`);
    }
  });

  it("equals the exact exponential on any argument", () => {
    fc.assert(
      fc.property(exponent, (x) => {
        if (Math.abs(x) >= 2 ** -55) assertEquals(exp(x), exactExp(x));
        else assertEquals(exp(x), 1);
      }),
      { numRuns: 10_000 },
    );
  });

  it("takes 0, infinities and NaN as NumPy does", () => {
    assertEquals(exp(0), 1);
    assertEquals(exp(-0), 1);
    assertEquals(exp(Infinity), Infinity);
    assertEquals(exp(-Infinity), 0);
    assertEquals(exp(NaN), NaN);
  });

  it("overflows and underflows where the true value does", () => {
    assertEquals(exp(709.782712893384), 1.7976931348622732e308);
    assertEquals(exp(709.7827128933841), Infinity);
    assertEquals(exp(1e308), Infinity);
    assertEquals(exp(-745.1332191019411), 5e-324);
    assertEquals(exp(-745.1332191019412), 0);
    assertEquals(exp(-1e308), 0);
  });
});
