// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { addTensors } from "../../layers/add.ts";
import { geluBackward, geluForward } from "../../layers/gelu.ts";
import {
  leakyReluBackward,
  leakyReluForward,
} from "../../layers/leaky_relu.ts";
import { erfc } from "../../numerics/erf.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { linspace, tensor, zeros } from "../../numerics/tensor.ts";
import { assertAgree } from "./agreement.ts";

const DTYPES = ["float64", "float32"] as const;

describe("leakyReluForward() and leakyReluBackward()", () => {
  it("multiply what is not positive by the slope, and keep NaN, for every length", () => {
    const slope = 0.25;
    for (const dtype of DTYPES) {
      for (let size = 0; size < 20; size++) {
        const x = new RandomState(size).randn([size]).astype(dtype);
        if (size > 2) x.data.set([NaN, 0], size - 2);
        const { out, cache } = leakyReluForward(x, { slope });
        assertEquals([...out.data], [...x.data].map((v) => v > 0 ? v : v / 4));
        const dout = new RandomState(size + 99).randn([size]).astype(dtype);
        const { dx } = leakyReluBackward(dout, cache);
        assertEquals(
          [...dx.data],
          [...dout.data].map((g, i) => x.data[i]! > 0 ? g : g / 4),
        );
      }
    }
  });

  it("have a slope of 0.01 by default, and take 0 and negative ones", () => {
    const x = tensor([-100, 1]);
    assertEquals(leakyReluForward(x).out, tensor([-1, 1]));
    assertEquals(leakyReluForward(x, { slope: -1 }).out, tensor([100, 1]));
    assertEquals(leakyReluForward(x, { slope: 0 }).out.data[0] === 0, true);
  });

  it("refuse a slope that is no finite number, and a gradient of another shape", () => {
    for (const slope of [NaN, Infinity]) {
      assertThrows(
        () => leakyReluForward(zeros([2]), { slope }),
        RangeError,
        `expected slope to be a finite number but found ${slope}`,
      );
    }
    const { cache } = leakyReluForward(zeros([2, 3]));
    assertThrows(
      () => leakyReluBackward(zeros([3, 2]), cache),
      TypeError,
      "expected dout of shape (2, 3)",
    );
  });
});

describe("geluForward() and geluBackward()", () => {
  it("equal the definition by erfc(), near 0 and far from it", () => {
    const x = linspace(-39, 39, [7801]);
    const { out, cache } = geluForward(x);
    const { dx } = geluBackward(tensor(x.data.map(() => 1)), cache);
    for (const [i, value] of x.data.entries()) {
      const below = erfc(-value * Math.SQRT1_2) / 2;
      const density = Math.exp(-value * value / 2) / Math.sqrt(2 * Math.PI);
      // Nothing below the smallest normal numbers.
      const error = Math.abs(out.data[i]! - value * below);
      assert(error <= 1e-12 * Math.abs(value * below) + 1e-300, `${value}`);
      const slope = below + value * density;
      assert(Math.abs(dx.data[i]! - slope) < 1e-15, `${value}`);
    }
  });

  it("give in float32 the values of float64, rounded, for every length", () => {
    for (let size = 0; size < 12; size++) {
      const x = new RandomState(size).randn([size]).astype("float32");
      const dout = new RandomState(size + 9).randn([size]).astype("float32");
      const single = geluForward(x), double = geluForward(x.clone("float64"));
      assertAgree(single.out, double.out.astype("float32"), "out");
      assertAgree(
        geluBackward(dout, single.cache).dx,
        geluBackward(dout, double.cache).dx.astype("float32"),
        "dx",
      );
    }
  });

  it("agree with numeric gradients", () => {
    const random = new RandomState(3);
    const x = random.randn([5, 7]);
    const { out, cache } = geluForward(x);
    const dout = random.randn(out.shape);
    const f = () => geluForward(x).out;
    const { dx } = geluBackward(dout, cache);
    assert(relError(dx, evalNumericalGradientArray(f, x, dout)) < 1e-6);
  });

  it("treat NaN and infinities as PyTorch does", () => {
    for (const dtype of DTYPES) {
      const x = tensor([NaN, Infinity, -Infinity, 0, 1e30], [5], dtype);
      const { out, cache } = geluForward(x);
      assertEquals([...out.data], [NaN, Infinity, NaN, 0, x.data[4]]);
      const { dx } = geluBackward(tensor([1, 1, 1, 1, 1], [5], dtype), cache);
      assertEquals([...dx.data.subarray(0, 3)], [NaN, NaN, NaN]);
      assertEquals(dx.data[4], 1);
    }
  });

  it("geluBackward() refuses a gradient of another shape", () => {
    const { cache } = geluForward(zeros([2, 3]));
    assertThrows(
      () => geluBackward(zeros([3, 2]), cache),
      TypeError,
      "expected dout of shape (2, 3)",
    );
  });
});

describe("addTensors()", () => {
  it("adds for every length, in float64 if either is, and refuses another shape", () => {
    for (let size = 0; size < 12; size++) {
      const a = new RandomState(size).randn([size]);
      const b = new RandomState(9).randn([size]).astype("float32");
      const sum = addTensors(b, a);
      assertEquals(sum, tensor(a.data.map((v, i) => v + b.data[i]!)));
      assertEquals(addTensors(b, b).dtype, "float32");
    }
    assertThrows(
      () => addTensors(zeros([2, 3]), zeros([3, 2])),
      TypeError,
      "Cannot add: expected b of shape (2, 3) but found (3, 2)",
    );
  });
});
