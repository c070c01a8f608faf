// Copyright 2026 the Convlab authors. MIT license.

/** Cell 3 of the document: the naive forward pass of the convolution. */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell03_conv_forward.json" with {
  type: "json",
};
import { convForwardNaive } from "../../layers/conv.ts";
import { formatG12 } from "../../numerics/format.ts";
import { relError } from "../../numerics/rel_error.ts";
import { linspace, tensor } from "../../numerics/tensor.ts";

describe("cell 3", () => {
  const x = linspace(-0.1, 0.5, [2, 3, 4, 4]);
  const w = linspace(-0.2, 0.3, [3, 3, 4, 4]);
  const b = linspace(-0.1, 0.2, [3]);
  const { out } = convForwardNaive(x, w, b, { stride: 2, pad: 1 });

  it("prints the document's digits", () => {
    const { data, shape } = fixture.correct_out;
    const difference = relError(out, tensor(data, shape));
    assertEquals(formatG12(difference), "2.21214764175e-08");
    assertEquals(difference, fixture.got.difference);
  });

  it("equals NumPy's output bit for bit", () => {
    assertEquals(out, tensor(fixture.out.data, fixture.out.shape));
  });
});
