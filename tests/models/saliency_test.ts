// Copyright 2026 the Convlab authors. MIT license.

/** Saliency beside differences of scores, pixel by pixel. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConvNet } from "../../models/conv_net.ts";
import { saliency } from "../../models/saliency.ts";
import { RandomState } from "../../numerics/random.ts";

const SHAPE = [1, 3, 7, 6] as const;

function network() {
  return new ConvNet({
    model: "conv6-bn-relu-pool conv8-relu gap fc4",
    inputDim: [3, 7, 6],
    dtype: "float64",
    random: new RandomState(1),
  });
}

describe("saliency()", () => {
  it("is the largest numeric gradient over the channels", () => {
    const net = network();
    const x = new RandomState(2).randn(SHAPE);
    const label = 2;
    const map = saliency(net, x, label);
    assertEquals(map.shape, [7, 6]);
    const score = () => net.scores(x).at(0, label);
    const h = 1e-6;
    for (let i = 0; i < 42; i++) {
      const slopes = [0, 1, 2].map((c) => {
        const at = 42 * c + i;
        const before = x.data[at]!;
        x.data[at] = before + h;
        const above = score();
        x.data[at] = before - h;
        const below = score();
        x.data[at] = before;
        return Math.abs(above - below) / (2 * h);
      });
      const expected = Math.max(...slopes);
      assert(Math.abs(map.data[i]! - expected) < 1e-7, `pixel ${i}`);
    }
  });

  it("with samples is that of the mean gradient of noisy copies", () => {
    const net = network();
    const x = new RandomState(2).randn(SHAPE);
    const exact = saliency(net, x, 1);
    const still = saliency(net, x, 1, { samples: 3, noise: 0 });
    for (const [i, value] of exact.data.entries()) {
      assert(Math.abs(still.data[i]! - value) < 1e-12);
    }
    const noisy = saliency(net, x, 1, { samples: 20 });
    assert(noisy.data.some((value, i) => value !== exact.data[i]));
    assertEquals(saliency(net, x, 1, { samples: 20 }), noisy);
  });

  it("refuses what it cannot make sense of", () => {
    const net = network();
    const x = new RandomState(2).randn(SHAPE);
    for (const label of [-1, 4, 0.5]) {
      assertThrows(() => saliency(net, x, label), RangeError, "from 0 to 3");
    }
    assertThrows(() => saliency(net, x, 0, { samples: -1 }), RangeError);
    assertThrows(() => saliency(net, x, 0, { noise: NaN }), RangeError);
    const two = new RandomState(2).randn([2, 3, 7, 6]);
    assertThrows(() => saliency(net, two, 0), TypeError, "(1, C, H, W)");
  });
});
