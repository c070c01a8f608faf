// Copyright 2026 the Convlab authors. MIT license.

/** Cell 11 of the document: the sandwich of convolution and ReLU. */

import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell11_conv_relu.json" with {
  type: "json",
};
import { convReluBackward, convReluForward } from "../../layers/conv_relu.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { tensor } from "../../numerics/tensor.ts";

describe("cell 11", () => {
  const random = new RandomState(231);
  const x = random.randn([2, 3, 8, 8]);
  const w = random.randn([3, 3, 3, 3]);
  const b = random.randn([3]);
  const dout = random.randn([2, 3, 8, 8]);
  const forward = () => convReluForward(x, w, b, { stride: 1, pad: 1 });
  const { out, cache } = forward();
  const { dx, dw, db } = convReluBackward(dout, cache);

  it("stays within the document's order of magnitude, or below", () => {
    const numeric = (at: typeof x) =>
      evalNumericalGradientArray(() => forward().out, at, dout);
    assert(relError(numeric(x), dx) < 1e-8);
    assert(relError(numeric(w), dw) < 1e-9);
    assert(relError(numeric(b), db) < 1e-9);
  });

  it("equals NumPy's output and gradients", () => {
    const results = { out, dx, dw, db };
    for (const [name, value] of Object.entries(results)) {
      const { data, shape } = fixture[name as keyof typeof results];
      assert(relError(value, tensor(data, shape)) < 1e-11, name);
    }
  });
});
