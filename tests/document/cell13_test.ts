// Copyright 2026 the Convlab authors. MIT license.

/** Cell 13 of the document: the loss of an untrained network. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/cell13_sanity_loss.json" with {
  type: "json",
};
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { formatG12 } from "../../numerics/format.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { tensor } from "../../numerics/tensor.ts";
import { assertSummary } from "./summary.ts";

describe("cell 13", () => {
  const random = new RandomState(231);
  // Cell 11, and a cell 12 that the document does not show.
  random.randn([2 * 3 * 8 * 8 + 3 * 3 * 3 * 3 + 3 + 2 * 3 * 8 * 8]);
  random.randn([50, 3, 32, 32]);
  random.randint(0, 10, 50);
  const model = new ThreeLayerConvNet({ random });
  const x = random.randn([50, 3, 32, 32]);
  const y = random.randint(0, 10, 50);

  it("draws NumPy's inputs", () => {
    assertEquals([...y], fixture.y);
    assertSummary(x, fixture.X);
  });

  it("prints the document's losses, without and with regularisation", () => {
    const plain = model.loss(x, y);
    model.reg = 0.5;
    const regularized = model.loss(x, y);
    assertEquals(formatG12(plain.loss), "2.30258318667");
    assertEquals(formatG12(regularized.loss), "2.50834247355");
    assertAlmostEquals(plain.loss, fixture.loss_noreg, 1e-14);
    assertAlmostEquals(regularized.loss, fixture.loss_reg, 1e-14);
    model.reg = 0;
  });

  it("equals NumPy's scores and gradients", () => {
    const { data, shape } = fixture.scores_first2rows;
    assert(relError(model.scores(x).slice(0, 2), tensor(data, shape)) < 1e-8);
    const { grads } = model.loss(x, y);
    for (
      const [name, { first8, last8, max }] of Object.entries(
        fixture.grads_noreg,
      )
    ) {
      const grad = grads[name]!.data;
      first8.forEach((v, i) =>
        assertAlmostEquals(grad[i]!, v, 1e-12 * max, name)
      );
      last8.forEach((v, i) =>
        assertAlmostEquals(
          grad[grad.length - last8.length + i]!,
          v,
          1e-12 * max,
          name,
        )
      );
    }
  });
});
