// Copyright 2026 the Convlab authors. MIT license.

/** Cell 9 of the document: fast max-pooling against naive. */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell09_fast_pool.json" with {
  type: "json",
};
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { formatG12 } from "../../numerics/format.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { assertSummary } from "./summary.ts";

describe("cell 9", () => {
  const random = new RandomState(231);
  const x = random.randn([100, 3, 32, 32]);
  const dout = random.randn([100, 3, 16, 16]);
  const window = { poolHeight: 2, poolWidth: 2, stride: 2 };
  const naive = maxPoolForwardNaive(x, window);
  const fast = maxPoolForwardFast(x, window);
  const slow = maxPoolBackwardNaive(dout, naive.cache);
  const quick = maxPoolBackwardFast(dout, fast.cache);

  it("prints the document's digits", () => {
    assertEquals(formatG12(relError(naive.out, fast.out)), "0.0");
    assertEquals(formatG12(relError(slow.dx, quick.dx)), "0.0");
  });

  it("equals NumPy's output and gradient", () => {
    assertSummary(fast.out, fixture.out);
    assertSummary(quick.dx, fixture.dx);
  });
});
