// Copyright 2026 the Convlab authors. MIT license.

/** Cell 15 of the document: the gradients of the three-layer network. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell15_gradcheck.json" with {
  type: "json",
};
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { formatE } from "../../numerics/format.ts";
import { evalNumericalGradient } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { tensor } from "../../numerics/tensor.ts";

describe("cell 15", () => {
  const random = new RandomState(231);
  const x = random.randn([2, 3, 16, 16]);
  const y = random.randint(0, 10, 2);
  const model = new ThreeLayerConvNet({
    numFilters: 3,
    filterSize: 3,
    inputDim: [3, 16, 16],
    hiddenDim: 7,
    dtype: "float64",
    random,
  });
  const { loss, grads } = model.loss(x, y);

  it("prints the document's digits", () => {
    const lines = Object.keys(grads).sort().map((name) => {
      const numeric = evalNumericalGradient(
        () => model.loss(x, y).loss,
        model.params[name]!,
        { h: 1e-6 },
      );
      return `${name} max relative error: ${
        formatE(relError(numeric, grads[name]!))
      }`;
    });
    assertEquals(lines, [
      "W1 max relative error: 1.380104e-04",
      "W2 max relative error: 1.822723e-02",
      "W3 max relative error: 3.064049e-04",
      "b1 max relative error: 3.477652e-05",
      "b2 max relative error: 2.516375e-03",
      "b3 max relative error: 7.945660e-10",
    ]);
  });

  it("equals NumPy's loss, scores and gradients", () => {
    assertAlmostEquals(loss, fixture.loss, 1e-15);
    const { data, shape } = fixture.scores;
    assert(relError(model.scores(x), tensor(data, shape)) < 1e-11);
    for (const [name, { data, shape }] of Object.entries(fixture.grads)) {
      // The smallest elements of W2's gradient are noise of size 1e-22.
      assert(relError(grads[name]!, tensor(data, shape)) < 1e-9, name);
    }
  });
});
