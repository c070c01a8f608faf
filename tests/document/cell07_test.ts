// Copyright 2026 the Convlab authors. MIT license.

/** Cell 7 of the document: the naive backward pass of max-pooling. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell07_pool_backward.json" with {
  type: "json",
};
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import { formatG12 } from "../../numerics/format.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { tensor } from "../../numerics/tensor.ts";

describe("cell 7", () => {
  const random = new RandomState(231);
  const x = random.randn([3, 2, 8, 8]);
  const dout = random.randn([3, 2, 4, 4]);
  const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
  const { out, cache } = maxPoolForwardNaive(x, pool);
  const { dx } = maxPoolBackwardNaive(dout, cache);
  const dxNum = evalNumericalGradientArray(
    (x) => maxPoolForwardNaive(x, pool).out,
    x,
    dout,
  );

  it("prints the document's digits", () => {
    assertEquals(formatG12(relError(dx, dxNum)), "3.27562514223e-12");
  });

  it("equals NumPy's inputs, output and gradient", () => {
    for (const [name, value] of Object.entries({ x, dout, out, dx })) {
      const { data, shape } = fixture[name as "x"];
      assert(relError(value, tensor(data, shape)) < 1e-15, name);
    }
  });
});
