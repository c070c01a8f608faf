// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import fixture from "../../fixtures/format.json" with { type: "json" };
import { formatE, formatF, formatG12 } from "../../numerics/format.ts";

/** Number, decimals, and the text that Python gives with %f, %e and 12 digits. */
const rows = fixture.python as [number, number, string, string, string][];
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("formatF()", () => {
  it("equals Python's %f, ties and large numbers included", () => {
    for (const [x, digits, f] of rows) assertEquals(formatF(x, digits), f);
  });

  it("has six decimals by default", () => {
    assertEquals(formatF(2.304740055649647), "2.304740");
    assertEquals(formatF(0.0078125), "0.007812");
    assertEquals(formatF(-0), "-0.000000");
  });
});

describe("formatE()", () => {
  it("equals Python's %e, ties included", () => {
    for (const [x, digits, , e] of rows) assertEquals(formatE(x, digits), e);
  });

  it("has six decimals by default, and two digits in the exponent or more", () => {
    assertEquals(formatE(1.3818e-4), "1.381800e-04");
    assertEquals(formatE(0), "0.000000e+00");
    assertEquals(formatE(-1e100), "-1.000000e+100");
  });

  it("gives back any number with sixteen decimals", () => {
    fc.assert(fc.property(finite, (x) => {
      assertEquals(Number(formatE(x, 16)), x);
    }));
  });
});

describe("formatG12()", () => {
  it("equals what Python 2 prints", () => {
    for (const [x, , , , g12] of rows) assertEquals(formatG12(x), g12);
  });

  it("prints the document's numbers", () => {
    assertEquals(formatG12(2.2121476417505994e-8), "2.21214764175e-08");
    assertEquals(formatG12(3.37264006649648e-11), "3.3726400665e-11");
    assertEquals(formatG12(3.681156828004736e-13), "3.681156828e-13");
    assertEquals(formatG12(0), "0.0");
    assertEquals(formatG12(-2), "-2.0");
  });

  it("is within half a unit of the twelfth digit", () => {
    fc.assert(fc.property(finite, (x) => {
      assertEquals(Number(formatG12(x)), Number(formatE(x, 11)));
    }));
  });
});

describe("formatF(), formatE() and formatG12()", () => {
  it("name what is not finite as Python does", () => {
    for (const format of [formatF, formatE, formatG12]) {
      assertEquals(format(NaN), "nan");
      assertEquals(format(Infinity), "inf");
      assertEquals(format(-Infinity), "-inf");
    }
  });
});
