// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { sleepMs } from "../../distributed/pace.ts";

describe("sleepMs()", () => {
  it("is 0 while something moves, and at the beginning of a wait", () => {
    const rest = { open: true, nextLookMs: 100 };
    assertEquals(sleepMs({ ...rest, awaited: false, quietMs: 0 }), 0);
    assertEquals(sleepMs({ ...rest, awaited: true, quietMs: 1 }), 0);
    assert(sleepMs({ ...rest, awaited: false, quietMs: 1 }) > 0);
  });

  it("is short while a request is open, and to the next heartbeat else", () => {
    const rest = { awaited: false, quietMs: 5000, nextLookMs: 150 };
    assertEquals(sleepMs({ ...rest, open: true }), 50);
    assertEquals(sleepMs({ ...rest, open: false }), 150);
  });

  it("adds no more than an eighth to what was waited for, but for 50 µs", () => {
    fc.assert(fc.property(
      fc.boolean(),
      fc.boolean(),
      fc.double({ min: 0, max: 1e5, noNaN: true }),
      fc.double({ min: 1, max: 200, noNaN: true }),
      (open, awaited, quietMs, nextLookMs) => {
        const ms = sleepMs({ open, awaited, quietMs, nextLookMs });
        assert(ms >= 0 && ms <= nextLookMs);
        assert(ms <= Math.max(0.05, quietMs / 8));
      },
    ));
  });
});
