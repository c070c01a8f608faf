// Copyright 2026 the Convlab authors. MIT license.

/** Cell 8 of the document: fast convolution against naive. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell08_fast_conv.json" with {
  type: "json",
};
import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import { formatG12 } from "../../numerics/format.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { tensor } from "../../numerics/tensor.ts";
import { assertSummary } from "./summary.ts";

describe("cell 8", () => {
  const random = new RandomState(231);
  const x = random.randn([100, 3, 31, 31]);
  const w = random.randn([25, 3, 3, 3]);
  const b = random.randn([25]);
  const dout = random.randn([100, 25, 16, 16]);
  const naive = convForwardNaive(x, w, b, { stride: 2, pad: 1 });
  const fast = convForwardFast(x, w, b, { stride: 2, pad: 1 });
  const slow = convBackwardNaive(dout, naive.cache);
  const quick = convBackwardFast(dout, fast.cache);

  it("stays within the document's order of magnitude, or below", () => {
    assert(relError(naive.out, fast.out) < 1e-10);
    assert(relError(slow.dx, quick.dx) < 1e-10);
    assert(relError(slow.dw, quick.dw) < 1e-12);
    assertEquals(formatG12(relError(slow.db, quick.db)), "0.0");
  });

  it("equals NumPy's outputs and gradients, naive and fast", () => {
    for (const out of [naive.out, fast.out]) {
      assertSummary(out, fixture.out_naive);
    }
    for (const { dx, dw, db } of [slow, quick]) {
      assertSummary(dx, fixture.dx_naive);
      const { data, shape } = fixture.dw_naive;
      assert(relError(dw, tensor(data, shape)) < 1e-11);
      assert(relError(db, tensor(fixture.db.data)) < 1e-12);
    }
  });
});
