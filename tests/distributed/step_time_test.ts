// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  allReduceSeconds,
  lineThrough,
  networkOf,
  stepSeconds,
} from "../../distributed/step_time.ts";

/** Ten gigabits a second, and 50 µs. */
const NETWORK = { latency: 50e-6, bandwidth: 1.25e9 };
const COST = { fixed: 0.004, image: 0.0006, bytes: 4e6, window: 0.0001 };

describe("allReduceSeconds()", () => {
  it("is what one works out by hand", () => {
    assertEquals(allReduceSeconds(1, 4e6, NETWORK), 0);
    // 2 messages, and half of the numbers sent twice.
    assertAlmostEquals(allReduceSeconds(2, 1.25e6, NETWORK), 0.0011);
    // 6 messages, and 2 · 7/8 of the numbers.
    assertAlmostEquals(allReduceSeconds(8, 1.25e6, NETWORK), 0.00205);
    // 5 ranks take as many rounds as 8.
    assertAlmostEquals(allReduceSeconds(5, 0, NETWORK), 0.0003);
  });

  it("is found again by networkOf()", () => {
    fc.assert(fc.property(
      fc.integer({ min: 2, max: 64 }),
      fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
      fc.double({ min: 1e8, max: 1e10, noNaN: true }),
      (ranks, latency, bandwidth) => {
        const network = { latency, bandwidth };
        const at = (bytes: number) => ({
          bytes,
          seconds: allReduceSeconds(ranks, bytes, network),
        });
        // Few bytes cost a little, too, which is taken for latency.
        const found = networkOf(ranks, at(0), at(1e8));
        assertAlmostEquals(found.latency / latency, 1, 1e-6);
        assertAlmostEquals(found.bandwidth / bandwidth, 1, 1e-6);
      },
    ));
  });
});

describe("stepSeconds()", () => {
  it("is what one works out by hand", () => {
    const step = (ranks: number, more = {}) =>
      stepSeconds({ ...COST, ...more }, {
        ...{ ranks, batchSize: 100, network: NETWORK },
      });
    assertAlmostEquals(step(1), 0.064);
    // 0.0033 s of sums, none of them hidden, and then 0.005 s of room for them.
    assertAlmostEquals(step(2, { window: 0 }), 0.0373);
    assertAlmostEquals(step(2), 0.034);
    // 0.0068 s, of which 0.00125 are hidden.
    assertAlmostEquals(step(8), 0.004 + 0.0075 + 0.0059 - 0.00125);
  });

  it("takes no longer on a faster network, and no less than computing", () => {
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 512 }),
      fc.integer({ min: 1, max: 8192 }),
      fc.double({ min: 1, max: 100, noNaN: true }),
      (ranks, batchSize, faster) => {
        const on = (network: typeof NETWORK) =>
          stepSeconds(COST, { ranks, batchSize, network });
        const { latency, bandwidth } = NETWORK;
        const slow = on(NETWORK);
        const fast = on({
          latency: latency / faster,
          bandwidth: bandwidth * faster,
        });
        const computing = COST.fixed + COST.image * batchSize / ranks;
        // But for rounding.
        assert(fast <= slow * (1 + 1e-12));
        assert(fast >= computing * (1 - 1e-12));
      },
    ));
  });

  it("counts computing as often as ranks share a core", () => {
    const seconds = stepSeconds({ ...COST, bytes: 0, window: 0 }, {
      ...{ ranks: 4, batchSize: 100, crowding: 2 },
      network: { latency: 0, bandwidth: Infinity },
    });
    assertAlmostEquals(seconds, 2 * (0.004 + 0.0006 * 25));
  });
});

describe("lineThrough()", () => {
  it("finds a line again, and the nearest where there is none", () => {
    const found = lineThrough(
      [10, 20, 50].map((images) => ({ images, seconds: 2 + 0.1 * images })),
    );
    assertAlmostEquals(found.fixed, 2);
    assertAlmostEquals(found.image, 0.1);
    // numpy.polyfit([1, 2, 3], [1, 3, 2], 1)
    const nearest = lineThrough([
      { images: 1, seconds: 1 },
      { images: 2, seconds: 3 },
      { images: 3, seconds: 2 },
    ]);
    assertAlmostEquals(nearest.image, 0.5);
    assertAlmostEquals(nearest.fixed, 1);
    // numpy.linalg.lstsq([[1], [2]], [1, 3]), as 2 x - 1 begins below 0.
    const from0 = lineThrough([
      { images: 1, seconds: 1 },
      { images: 2, seconds: 3 },
    ]);
    assertAlmostEquals(from0.image, 1.4);
    assertEquals(from0.fixed, 0);
  });
});
