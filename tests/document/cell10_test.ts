// Copyright 2026 the Convlab authors. MIT license.

/** Cell 10 of the document: the sandwich of convolution, ReLU and max-pooling. */

import { assert } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell10_conv_relu_pool.json" with {
  type: "json",
};
import {
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { tensor } from "../../numerics/tensor.ts";

describe("cell 10", () => {
  const random = new RandomState(231);
  const x = random.randn([2, 3, 16, 16]);
  const w = random.randn([3, 3, 3, 3]);
  const b = random.randn([3]);
  const dout = random.randn([2, 3, 8, 8]);
  const forward = () =>
    convReluPoolForward(x, w, b, { stride: 1, pad: 1 }, {
      poolHeight: 2,
      poolWidth: 2,
      stride: 2,
    });
  const { out, cache } = forward();
  const { dx, dw, db } = convReluPoolBackward(dout, cache);

  it("stays within the document's order of magnitude, or below", () => {
    const numeric = (at: typeof x) =>
      evalNumericalGradientArray(() => forward().out, at, dout);
    assert(relError(numeric(x), dx) < 1e-8);
    assert(relError(numeric(w), dw) < 1e-8);
    assert(relError(numeric(b), db) < 1e-8);
  });

  it("equals NumPy's output and gradients", () => {
    const results = { out, dx, dw, db };
    for (const [name, value] of Object.entries(results)) {
      const { data, shape } = fixture[name as keyof typeof results];
      assert(relError(value, tensor(data, shape)) < 1e-11, name);
    }
  });
});
