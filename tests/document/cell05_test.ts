// Copyright 2026 the Convlab authors. MIT license.

/** Cell 5 of the document: the naive backward pass of the convolution. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell05_conv_backward.json" with {
  type: "json",
};
import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { formatG12 } from "../../numerics/format.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type Tensor, tensor } from "../../numerics/tensor.ts";

describe("cell 5", () => {
  const random = new RandomState(231);
  const x = random.randn([4, 3, 5, 5]);
  const w = random.randn([2, 3, 3, 3]);
  const b = random.randn([2]);
  const dout = random.randn([4, 2, 5, 5]);
  const convolve = (x: Tensor, w: Tensor, b: Tensor) =>
    convForwardNaive(x, w, b, { stride: 1, pad: 1 });

  const { out, cache } = convolve(x, w, b);
  const { dx, dw, db } = convBackwardNaive(dout, cache);
  const numeric = (f: (x: Tensor) => { out: Tensor }, at: Tensor) =>
    evalNumericalGradientArray((x) => f(x).out, at, dout);
  const dxNum = numeric((x) => convolve(x, w, b), x);
  const dwNum = numeric((w) => convolve(x, w, b), w);
  const dbNum = numeric((b) => convolve(x, w, b), b);

  it("prints the document's digits", () => {
    assertEquals(formatG12(relError(dx, dxNum)), "1.15980316116e-08");
    assertEquals(formatG12(relError(dw, dwNum)), "2.24712647485e-10");
    assertEquals(formatG12(relError(db, dbNum)), "3.3726400665e-11");
  });

  it("draws NumPy's inputs", () => {
    for (const [name, value] of Object.entries({ x, w, b, dout })) {
      const { data, shape } = fixture[name as "x"];
      assert(relError(value, tensor(data, shape)) < 1e-15, name);
    }
  });

  it("equals NumPy's output and gradients", () => {
    const exact = { out, dx, dw, db };
    for (const [name, value] of Object.entries(exact)) {
      const { data, shape } = fixture[name as "out"];
      assert(relError(value, tensor(data, shape)) < 1e-13, name);
    }
    const numeric = { dx_num: dxNum, dw_num: dwNum, db_num: dbNum };
    for (const [name, value] of Object.entries(numeric)) {
      const { data, shape } = fixture[name as "dx_num"];
      assert(relError(value, tensor(data, shape)) < 1e-7, name);
    }
  });
});
