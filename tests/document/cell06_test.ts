// Copyright 2026 the Convlab authors. MIT license.

/** Cell 6 of the document: the naive forward pass of max-pooling. */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell06_pool_forward.json" with {
  type: "json",
};
import { maxPoolForwardNaive } from "../../layers/pool.ts";
import { formatG12 } from "../../numerics/format.ts";
import { relError } from "../../numerics/rel_error.ts";
import { linspace, tensor } from "../../numerics/tensor.ts";

describe("cell 6", () => {
  const x = linspace(-0.3, 0.4, [2, 3, 4, 4]);
  const { out } = maxPoolForwardNaive(x, {
    poolHeight: 2,
    poolWidth: 2,
    stride: 2,
  });

  it("prints the document's digits", () => {
    const { data, shape } = fixture.correct_out;
    const difference = relError(out, tensor(data, shape));
    assertEquals(formatG12(difference), "4.16666651573e-08");
    assertEquals(difference, fixture.got.difference);
  });

  it("equals NumPy's output bit for bit", () => {
    assertEquals(out, tensor(fixture.out.data, fixture.out.shape));
  });
});
