// Copyright 2026 the Convlab authors. MIT license.

/** Operations and bytes of passes, counted by hand. */

import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { affinePasses } from "../../../cli/bench/affine.ts";
import { convolutionPasses } from "../../../cli/bench/convolution.ts";
import { poolingPasses } from "../../../cli/bench/pooling.ts";

describe("a pass", () => {
  it("of a convolution counts products and what must be moved", () => {
    // x (2, 3, 5, 5), w (4, 3, 3, 3), out (2, 4, 5, 5)
    const { forward, backward, filterGradient } = convolutionPasses({
      ...{ name: "tiny", images: 2, channels: 3, height: 5, width: 5 },
      ...{ filters: 4, kernel: 3, stride: 1, pad: 1 },
    })("float32");
    const [x, w, b, out] = [150, 108, 4, 200];
    assertEquals(forward.flops, 2 * 200 * 27);
    assertEquals(forward.numbers, x + w + b + out);
    assertEquals(backward.flops, 4 * 200 * 27);
    assertEquals(backward.numbers, out + x + w + x + w + b);
    assertEquals(filterGradient.numbers, out + x + w + b);
  });

  it("of an affine layer and of a max-pooling do so too", () => {
    const affine = affinePasses({
      ...{ name: "tiny", images: 2, features: 6, units: 5 },
    })("float64");
    assertEquals(affine.forward.flops, 2 * 2 * 6 * 5);
    assertEquals(affine.forward.numbers, 12 + 30 + 5 + 10);
    assertEquals(affine.backward.numbers, 10 + 12 + 30 + 12 + 30 + 5);
    const pool = poolingPasses({
      ...{ name: "tiny", images: 1, channels: 2, height: 4, width: 4 },
      ...{ window: 2, stride: 2 },
    })("float32");
    assertEquals(pool.forward.numbers, 32 + 8);
    assertEquals(pool.forward.flops, undefined);
  });
});
