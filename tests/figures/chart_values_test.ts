// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertGreater, assertLess } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { Axis, Panel, Series } from "../../figures/chart.ts";
import { domainOf, missingNote, pointsOf } from "../../figures/chart_values.ts";
import { logTicks, tickFormat } from "../../figures/ticks.ts";

const AXIS: Axis = { title: "x" };

function panel(series: Series[], y: Axis = AXIS): Panel {
  return { x: AXIS, y, series };
}

/** The values of a series that have a dot. */
function dots(series: Series): (number | null)[] {
  return pointsOf(series, panel([series]))
    .filter(({ isDot }) => isDot).map(({ y }) => y);
}

describe("pointsOf()", () => {
  it("keeps a place without a value where a line is to break", () => {
    const series = { y: [1, NaN, Infinity, 4] };
    const points = pointsOf(series, panel([series]));
    assertEquals(points.map(({ x, y }) => [x, y]), [
      [0, 1],
      [1, null],
      [2, null],
      [3, 4],
    ]);
  });

  it("gives dots to all values of points, and in a line to those without neighbours", () => {
    const y = [1, 2, NaN, 3, NaN, 4, 5];
    assertEquals(dots({ y, mark: "point" }), [1, 2, 3, 4, 5]);
    assertEquals(dots({ y, mark: "line+point" }), [1, 2, 3, 4, 5]);
    assertEquals(dots({ y }), [3]);
    assertEquals(dots({ y: [7] }), [7]);
  });

  it("leaves out values that a logarithmic axis has no place for", () => {
    const series = { y: [1, 0, -1, 2], mark: "point" as const };
    const points = pointsOf(series, panel([series], { ...AXIS, scale: "log" }));
    assertEquals(points.map(({ y }) => y), [1, null, null, 2]);
  });
});

describe("missingNote()", () => {
  it("counts what is not drawn over all series", () => {
    assertEquals(missingNote(panel([{ y: [1, 2] }])), "");
    assertEquals(missingNote(panel([])), "No values yet");
    assertEquals(
      missingNote(panel([{ y: [1, NaN] }, { x: [NaN], y: [1] }])),
      "2 of 3 values not drawn: not finite",
    );
    assertEquals(
      missingNote(panel([{ y: [1, 0] }], { ...AXIS, scale: "log" })),
      "1 of 2 values not drawn: not finite or not positive",
    );
  });
});

describe("domainOf()", () => {
  it("goes from the least value to the greatest, or to the ends that are set", () => {
    assertEquals(domainOf([3, -1, 2], AXIS), [-1, 3]);
    assertEquals(domainOf([3, -1, 2], { ...AXIS, min: 0 }), [0, 3]);
    assertEquals(domainOf([], { ...AXIS, min: 0, max: 100 }), [0, 100]);
    assertEquals(domainOf([], { ...AXIS, scale: "log" }), [1, 10]);
  });

  it("ends after it begins, whatever the values and the ends", () => {
    const value = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    const end = fc.option(value, { nil: undefined });
    fc.assert(
      fc.property(fc.array(value), end, end, (values, min, max) => {
        fc.pre(min === undefined || max === undefined || min < max);
        const [low, high] = domainOf(values, {
          ...AXIS,
          ...(min !== undefined && { min }),
          ...(max !== undefined && { max }),
        });
        assertLess(low, high);
      }),
    );
  });
});

describe("logTicks()", () => {
  it("are round", () => {
    assertEquals(logTicks([1, 20], 8), [1, 2, 5, 10, 20]);
    assertEquals(logTicks([0.001, 1000], 8), [
      0.001,
      0.01,
      0.1,
      1,
      10,
      100,
      1000,
    ]);
    assertEquals(logTicks([1e-9, 1e6], 8), [
      1e-9,
      1e-7,
      1e-5,
      1e-3,
      0.1,
      10,
      1000,
      1e5,
    ]);
    assertEquals(logTicks([1, 1.2], 4), [1, 1.05, 1.1, 1.15, 1.2]);
  });

  it("lie on the axis, some and not too many, over any range", () => {
    const exponent = fc.double({ min: -300, max: 300, noNaN: true });
    fc.assert(
      fc.property(exponent, fc.double({ min: 0.1, max: 300 }), (from, span) => {
        const low = 10 ** from;
        const high = 10 ** Math.min(300, from + span);
        fc.pre(high > low * 1.1);
        const ticks = logTicks([low, high], 6);
        assertGreater(ticks.length, 0);
        assertLess(ticks.length, 12);
        for (const tick of ticks) {
          assertLess(low * (1 - 1e-9), tick);
          assertLess(tick, high * (1 + 1e-9));
        }
      }),
    );
  });
});

describe("tickFormat()", () => {
  it("keeps very large and very small numbers short", () => {
    assertEquals(tickFormat([0, 2.5]), undefined);
    assertEquals(tickFormat([-2e6, 3]), "~s");
    assertEquals(tickFormat([0, 1e30]), "~g");
    assertEquals(tickFormat([1e-9, 1e-4]), "~g");
  });
});
