// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  groupnormBackward,
  groupnormForward,
  layernormBackward,
  layernormForward,
} from "../../layers/groupnorm.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import { TOLERANCE } from "./agreement.ts";

/** The definition and its gradients by plain loops, in float64: x is (N, C, S). */
function specification(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  dout: Tensor,
  groups: number,
  eps: number,
) {
  const [images = 0, channels = 0] = x.shape;
  const size = x.size / Math.max(1, images * channels);
  const length = channels / groups * size;
  const out = zeros(x.shape), dx = zeros(x.shape);
  const dgamma = zeros([channels]), dbeta = zeros([channels]);
  for (let row = 0; row < images * groups; row++) {
    const at = Array.from({ length }, (_, i) => row * length + i);
    const mean = (f: (i: number) => number) =>
      at.reduce((total, i) => total + f(i), 0) / length;
    const mu = mean((i) => x.data[i]!);
    const inverse = 1 /
      Math.sqrt(mean((i) => (x.data[i]! - mu) ** 2) + eps);
    const channel = (i: number) => Math.floor(i / size) % channels;
    const xhat = (i: number) => (x.data[i]! - mu) * inverse;
    const scaled = (i: number) => gamma.data[channel(i)]! * dout.data[i]!;
    const m = mean(scaled);
    const v = mean((i) => scaled(i) * xhat(i));
    for (const i of at) {
      const c = channel(i);
      out.data[i] = gamma.data[c]! * xhat(i) + beta.data[c]!;
      dx.data[i] = inverse * (scaled(i) - m - xhat(i) * v);
      dgamma.data[c]! += dout.data[i]! * xhat(i);
      dbeta.data[c]! += dout.data[i]!;
    }
  }
  return { out, dx, dgamma, dbeta };
}

/** Within the tolerance, in units of the largest number that takes part. */
function assertNear(actual: Tensor, expected: Tensor, name: string): void {
  assertEquals(actual.shape, expected.shape, name);
  const largest = Math.max(1, ...expected.data.map(Math.abs));
  for (const [i, value] of expected.data.entries()) {
    const error = Math.abs(actual.data[i]! - value);
    assert(
      error <= 10 * TOLERANCE[actual.dtype] * largest,
      `${name}[${i}]: ${actual.data[i]} for ${value}`,
    );
  }
}

const cases = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.nat(4),
  groups: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 4 }),
  height: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 1, max: 9 }),
});

describe("groupnormForward() and groupnormBackward()", () => {
  it("equal the definition by plain loops for any shape and number of groups", () => {
    fc.assert(fc.property(cases, (c) => {
      const random = new RandomState(c.seed);
      const draw = (...shape: number[]) => random.randn(shape).astype(c.dtype);
      const channels = c.groups * c.channels;
      const x = draw(c.images, channels, c.height, c.width);
      const [gamma, beta] = [draw(channels), draw(channels)];
      const dout = draw(...x.shape);
      const options = { groups: c.groups, eps: 1 };
      const { out, cache } = groupnormForward(x, gamma, beta, options);
      assertEquals(out.dtype, c.dtype);
      const actual = { out, ...groupnormBackward(dout, cache) };
      const expected = specification(x, gamma, beta, dout, c.groups, 1);
      for (const name of ["out", "dx", "dgamma", "dbeta"] as const) {
        assertNear(actual[name], expected[name], name);
      }
    }));
  });

  it("equal the definition for rows of several thousand numbers far from 0", () => {
    for (const dtype of ["float64", "float32"] as const) {
      const random = new RandomState(5);
      const shape = [2, 4, 37, 41];
      const x = random.randn(shape);
      for (let i = 0; i < x.size; i++) x.data[i]! += 10;
      const draws = [x, random.randn([4]), random.randn([4])];
      const [a, gamma, beta] = draws.map((t) => t.astype(dtype));
      const dout = random.randn(shape).astype(dtype);
      const groups = { groups: 2 };
      const { out, cache } = groupnormForward(a!, gamma!, beta!, groups);
      const expected = specification(a!, gamma!, beta!, dout, 2, 1e-5);
      assertNear(out, expected.out, "out");
      assertNear(groupnormBackward(dout, cache).dx, expected.dx, "dx");
    }
  });

  it("agree with numeric gradients", () => {
    const random = new RandomState(6);
    const x = random.randn([2, 6, 3, 2]);
    const [gamma, beta] = [random.randn([6]), random.randn([6])];
    for (const groups of [1, 2, 6]) {
      const f = () => groupnormForward(x, gamma, beta, { groups }).out;
      const { out, cache } = groupnormForward(x, gamma, beta, { groups });
      const dout = random.randn(out.shape);
      const { dx, dgamma, dbeta } = groupnormBackward(dout, cache);
      for (
        const [at, gradient] of [
          ...[[x, dx], [gamma, dgamma], [beta, dbeta]],
        ] as [Tensor, Tensor][]
      ) {
        const numeric = evalNumericalGradientArray(f, at, dout);
        assert(relError(numeric, gradient) < 1e-6);
      }
    }
  });

  it("spread NaN over its group of its image, and no further", () => {
    const x = new RandomState(1).randn([2, 4, 2, 3]);
    x.data[20] = NaN; // the last channel of the first image
    const ones = tensor([1, 1, 1, 1]);
    const { out } = groupnormForward(x, ones, ones, { groups: 2 });
    assertEquals(
      [...out.data].map((v, i) => Number.isNaN(v) === (i >= 12 && i < 24)),
      [...out.data].map(() => true),
    );
  });

  it("name the argument that is wrong", () => {
    const x = zeros([2, 6, 2, 2]);
    const six = zeros([6]);
    for (const groups of [0, 4, 1.5, NaN]) {
      assertThrows(
        () => groupnormForward(x, six, six, { groups }),
        RangeError,
        `expected groups to be a positive integer that divides x.shape[1] (6) but found ${groups}`,
      );
    }
    assertThrows(
      () => groupnormForward(x, zeros([5]), six, { groups: 2 }),
      TypeError,
      "expected gamma of shape (6,)",
    );
    assertThrows(
      () => groupnormForward(x, six, zeros([5]), { groups: 2 }),
      TypeError,
      "expected beta of shape (6,)",
    );
    assertThrows(
      () => groupnormForward(x, six, six, { groups: 2, eps: -1 }),
      RangeError,
      "expected eps of at least 0 but found -1",
    );
    assertThrows(
      () => groupnormForward(zeros([2, 6]), six, six, { groups: 2 }),
      TypeError,
      "expected x of 4 axes",
    );
    const { cache } = groupnormForward(x, six, six, { groups: 2 });
    assertThrows(
      () => groupnormBackward(zeros([2, 6]), cache),
      TypeError,
      "expected dout of shape",
    );
  });
});

describe("layernormForward() and layernormBackward()", () => {
  it("equal the definition by plain loops for every number of features", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const features of [1, 2, 3, 4, 5, 7, 8, 9, 100, 1023, 1024, 2500]) {
        const random = new RandomState(features);
        const draw = (...shape: number[]) => random.randn(shape).astype(dtype);
        const [x, dout] = [draw(3, features), draw(3, features)];
        const [gamma, beta] = [draw(features), draw(features)];
        const { out, cache } = layernormForward(x, gamma, beta, { eps: 1e-2 });
        const actual = { out, ...layernormBackward(dout, cache) };
        const expected = specification(x, gamma, beta, dout, 1, 1e-2);
        for (const name of ["out", "dx", "dgamma", "dbeta"] as const) {
          assertNear(actual[name], expected[name], name);
        }
      }
    }
  });

  it("agree with numeric gradients", () => {
    const random = new RandomState(7);
    const x = random.randn([3, 9]);
    const [gamma, beta] = [random.randn([9]), random.randn([9])];
    const f = () => layernormForward(x, gamma, beta).out;
    const { out, cache } = layernormForward(x, gamma, beta);
    const dout = random.randn(out.shape);
    const { dx, dgamma, dbeta } = layernormBackward(dout, cache);
    for (
      const [at, gradient] of [
        ...[[x, dx], [gamma, dgamma], [beta, dbeta]],
      ] as [Tensor, Tensor][]
    ) {
      const numeric = evalNumericalGradientArray(f, at, dout);
      assert(relError(numeric, gradient) < 1e-6);
    }
  });

  it("refuse images", () => {
    assertThrows(
      () => layernormForward(zeros([1, 2, 3, 3]), zeros([2]), zeros([2])),
      TypeError,
      "expected x of 2 axes, (N, D), but found (1, 2, 3, 3)",
    );
  });
});
