// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import {
  affineReluBackward,
  affineReluForward,
} from "../../layers/affine_relu.ts";
import {
  convBnReluBackward,
  convBnReluForward,
  convBnReluPoolBackward,
  convBnReluPoolForward,
} from "../../layers/conv_bn_relu.ts";
import {
  convReluBackward,
  convReluForward,
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import type { Tensor } from "../../numerics/tensor.ts";

const random = new RandomState(8);
const x = random.randn([2, 3, 7, 6]);
const w = random.randn([4, 3, 3, 3]);
const b = random.randn([4]);
const gamma = random.randn([4]);
const beta = random.randn([4]);
const CONV = { stride: 1, pad: 1 };
const POOL = { poolHeight: 2, poolWidth: 2, stride: 2 };
const BN = { mode: "train" } as const;

/** Compares each gradient with the numeric one at the input of that name. */
function assertGradients(
  forward: () => Tensor,
  dout: Tensor,
  gradients: Record<string, Tensor>,
  inputs: Record<string, Tensor>,
): void {
  assertEquals(
    Object.keys(gradients).sort(),
    Object.keys(inputs).map((n) => `d${n}`).sort(),
  );
  for (const [name, input] of Object.entries(inputs)) {
    const numeric = evalNumericalGradientArray(forward, input, dout);
    const error = relError(numeric, gradients[`d${name}`]!);
    // A bias before a batch normalisation has no effect: its gradient is noise.
    const noise = "gamma" in inputs && name === "b";
    assert(noise || error < 1e-6, `d${name}: ${error}`);
  }
}

describe("sandwich layers agree with numeric gradients", () => {
  it("affineReluForward() and affineReluBackward()", () => {
    const w = random.randn([126, 5]);
    const b = random.randn([5]);
    const { out, cache } = affineReluForward(x, w, b);
    const dout = random.randn(out.shape);
    const f = () => affineReluForward(x, w, b).out;
    const { dx, dw, db } = affineReluBackward(dout, cache);
    assertGradients(f, dout, { dx, dw, db }, { x, w, b });
  });

  it("convReluForward() and convReluBackward()", () => {
    const { out, cache } = convReluForward(x, w, b, CONV);
    const dout = random.randn(out.shape);
    const f = () => convReluForward(x, w, b, CONV).out;
    const gradients = convReluBackward(dout, cache);
    assertGradients(f, dout, { ...gradients }, { x, w, b });
    const { dw, db } = convReluBackward(dout, cache, { inputGradient: false });
    assertEquals([dw.data, db.data], [gradients.dw.data, gradients.db.data]);
  });

  it("convReluPoolForward() and convReluPoolBackward()", () => {
    const { out, cache } = convReluPoolForward(x, w, b, CONV, POOL);
    const dout = random.randn(out.shape);
    const f = () => convReluPoolForward(x, w, b, CONV, POOL).out;
    const gradients = convReluPoolBackward(dout, cache);
    assertGradients(f, dout, { ...gradients }, { x, w, b });
    const { dw, db } = convReluPoolBackward(dout, cache, {
      inputGradient: false,
    });
    assertEquals([dw.data, db.data], [gradients.dw.data, gradients.db.data]);
  });

  it("convBnReluForward() and convBnReluBackward()", () => {
    const { out, cache } = convBnReluForward(x, w, b, gamma, beta, CONV, BN);
    const dout = random.randn(out.shape);
    const f = () => convBnReluForward(x, w, b, gamma, beta, CONV, BN).out;
    const gradients = convBnReluBackward(dout, cache);
    assertGradients(f, dout, { ...gradients }, { x, w, b, gamma, beta });
    assert(gradients.db.data.every((value) => Math.abs(value) < 1e-12));
    const { dx: _, ...rest } = gradients;
    assertEquals(
      {
        dx: undefined,
        ...convBnReluBackward(dout, cache, { inputGradient: false }),
      },
      { dx: undefined, ...rest },
    );
  });

  it("convBnReluPoolForward() and convBnReluPoolBackward()", () => {
    const forward = () =>
      convBnReluPoolForward(x, w, b, gamma, beta, CONV, BN, POOL);
    const { out, cache } = forward();
    const dout = random.randn(out.shape);
    const gradients = convBnReluPoolBackward(dout, cache);
    assertGradients(() => forward().out, dout, { ...gradients }, {
      x,
      w,
      b,
      gamma,
      beta,
    });
    const { dx: _, ...rest } = gradients;
    const some = convBnReluPoolBackward(dout, cache, { inputGradient: false });
    assertEquals({ dx: undefined, ...some }, { dx: undefined, ...rest });
  });
});
