// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { probeTiles, timesForClock } from "../../kernels/probe.ts";
import {
  describeKernels,
  kernelReport,
  setTileWidth,
  settleTileWidth,
  tileWidth,
} from "../../kernels/runtime.ts";
import type { TileWidth } from "../../kernels/select.ts";

/** An engine of which everything is known, in place of the real one. */
interface Engine {
  /** Speed of optimised wide tiles in units of that of narrow ones. */
  readonly ratio: number;
  /** The same of joined ones, by default the same number. */
  readonly joined?: number;
  /** Calls of each tile after which it is optimised; before it takes five times as long. */
  readonly optimisedAfter: Readonly<Record<"narrow" | "wide", number>>;
  /** What every other call is interrupted for, in milliseconds. */
  readonly interruption?: number;
}

/** What one call with optimised narrow tiles takes, in milliseconds. */
const NARROW_MS = 0.01;

/** What the probe finds of an engine, and how often it called each tile. */
function probeEngine(
  { ratio, joined = ratio, optimisedAfter, interruption = 0 }: Engine,
) {
  let time = 1000;
  const calls = { narrow: 0, wide: 0, joined: 0 };
  const speed: Record<TileWidth, number> = { narrow: 2, wide: ratio, joined };
  const probe = probeTiles((width) => {
    const turn = calls[width]++;
    // Wide and joined tiles have twice as much to do.
    const optimised = 2 * NARROW_MS / speed[width];
    const slow = optimisedAfter[width === "joined" ? "wide" : width];
    time += turn < slow ? 5 * optimised : optimised;
    if (turn > 5 && turn % 2) time += interruption;
  }, () => time);
  return { ...probe, calls, took: time - 1000 };
}

describe("timesForClock()", () => {
  /** A clock that is read every 0.1 µs and goes in steps. */
  const clock = (step: number) => {
    let time = 0;
    return () => Math.floor((time += 1e-4) / step) * step;
  };

  it("makes work as long as 20 steps of the clock, and leaves it where they are short", () => {
    assertEquals(timesForClock(0.01, clock(0.0005)), 1);
    assertEquals(timesForClock(0.01, clock(0.005)), 10);
    assertEquals(timesForClock(0.01, clock(0.1)), 200);
    assertEquals(timesForClock(10, clock(0.1)), 1);
  });
});

describe("probeTiles()", () => {
  it("picks wide tiles that are 1.7 times as fast once both are optimised", () => {
    const optimisedAfter = { narrow: 100, wide: 60 };
    const { width, ratio, took } = probeEngine({ ratio: 1.7, optimisedAfter });
    assertEquals(width, "wide");
    assertAlmostEquals(ratio, 1.7, 1e-6);
    assert(took < 90, "waits no longer than it has to");
  });

  it("picks joined tiles where they are faster and wide ones are not, and wide ones where both are", () => {
    const optimisedAfter = { narrow: 100, wide: 60 };
    for (
      const [ratio, joined, width] of [
        [0.8, 1.9, "joined"],
        [1.7, 1.9, "wide"],
        [0.8, 1.1, "narrow"],
      ] as const
    ) {
      const probe = probeEngine({ ratio, joined, optimisedAfter });
      assertEquals(probe.width, width);
      assertAlmostEquals(probe.ratio, width === "wide" ? ratio : joined, 1e-6);
    }
  });

  it("picks narrow tiles where wide ones are no faster, or only a little", () => {
    for (const ratio of [0.3, 0.8, 1, 1.2]) {
      const optimisedAfter = { narrow: 60, wide: 100 };
      const probe = probeEngine({ ratio, optimisedAfter });
      assertEquals(probe.width, "narrow");
      assertAlmostEquals(probe.ratio, ratio, 1e-6);
    }
  });

  it("picks wide tiles where narrow ones are slowed down by what shares their core", () => {
    const optimisedAfter = { narrow: 100, wide: 60 };
    const { width, ratio } = probeEngine({ ratio: 3.2, optimisedAfter });
    assertEquals(width, "wide");
    assertAlmostEquals(ratio, 3.2, 1e-6);
  });

  it("is not fooled where one of them is optimised long before the other", () => {
    for (
      const optimisedAfter of [
        { narrow: 5, wide: 300 },
        { narrow: 300, wide: 5 },
      ]
    ) {
      for (const [ratio, width] of [[0.8, "narrow"], [1.7, "wide"]] as const) {
        const probe = probeEngine({ ratio, optimisedAfter });
        assertEquals(probe.width, width);
        assertAlmostEquals(probe.ratio, ratio, 1e-6);
      }
    }
  });

  it("stays narrow where its patience ends before both are optimised", () => {
    const never = 1_000_000;
    for (
      const optimisedAfter of [
        { narrow: never, wide: 5 },
        { narrow: 5, wide: never },
      ]
    ) {
      const { width } = probeEngine({ ratio: 0.8, optimisedAfter });
      assertEquals(width, "narrow");
    }
  });

  it("finds the ratio whenever the two are optimised, before its first timing too, and whatever interrupts it", () => {
    // Few enough that all are over before the probe's patience is.
    const calls = fc.nat(60);
    const ratios = fc.oneof(
      fc.double({ min: 0.5, max: 1.29, noNaN: true }),
      fc.double({ min: 1.31, max: 2.1, noNaN: true }),
    );
    fc.assert(
      fc.property(
        ...[ratios, calls, calls, fc.constantFrom(0, 0.02, 0.2)] as const,
        (ratio, narrow, wide, interruption) => {
          const probe = probeEngine({
            ratio,
            optimisedAfter: { narrow, wide },
            interruption,
          });
          assertEquals(probe.width, ratio > 1.3 ? "wide" : "narrow");
          assertAlmostEquals(probe.ratio, ratio, 1e-6);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("gives up when nothing is optimised for 90 ms, and goes by what it has", () => {
    const never = { narrow: Infinity, wide: Infinity };
    for (const [ratio, width] of [[0.8, "narrow"], [1.7, "wide"]] as const) {
      const probe = probeEngine({ ratio, optimisedAfter: never });
      assertEquals(probe.width, width);
      assertAlmostEquals(probe.took, 90, 0.5);
      assertAlmostEquals(probe.milliseconds, probe.took, 1e-9);
    }
  });

  it("calls all tiles as often, and says how long it took", () => {
    const optimisedAfter = { narrow: 20, wide: 30 };
    const { calls, milliseconds, took } = probeEngine({
      ratio: 1.7,
      optimisedAfter,
    });
    assertEquals(calls.narrow, calls.wide);
    assertEquals(calls.narrow, calls.joined);
    assertAlmostEquals(milliseconds, took, 1e-9);
  });
});

describe("settleTileWidth()", () => {
  it("measures nothing before the kernels have worked for long, nor after setTileWidth()", () => {
    const why = () =>
      describeKernels().find(({ operation }) => operation === "gemm")!.why;
    settleTileWidth(false);
    assert(why().startsWith("narrow tile, not measured"), why());
    setTileWidth("wide");
    settleTileWidth(true);
    assert(why().startsWith("wide tile, not measured"), why());
    assertEquals([tileWidth(), kernelReport().mode], ["wide", "turbo"]);
    setTileWidth("joined");
    assertEquals([tileWidth(), kernelReport().mode], ["joined", "wide"]);
    setTileWidth("narrow");
    settleTileWidth(true);
    assert(why().startsWith("narrow tile, not measured"), why());
    assertEquals([tileWidth(), kernelReport().mode], ["narrow", "default"]);
  });
});
