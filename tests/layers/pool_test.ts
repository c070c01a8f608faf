// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
  type PoolOptions,
} from "../../layers/pool.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { sum } from "../../numerics/sum.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";

const two = { poolHeight: 2, poolWidth: 2, stride: 2 };

/** Inputs of any shape that the window fits into, with a permutation as values. */
const cases = fc.record({
  seed: fc.nat(),
  images: fc.integer({ min: 1, max: 2 }),
  channels: fc.integer({ min: 1, max: 3 }),
  poolHeight: fc.integer({ min: 1, max: 4 }),
  poolWidth: fc.integer({ min: 1, max: 4 }),
  extraHeight: fc.nat(5),
  extraWidth: fc.nat(5),
  stride: fc.integer({ min: 1, max: 4 }),
}).map((c) => {
  const random = new RandomState(c.seed);
  const shape = [
    c.images,
    c.channels,
    c.poolHeight + c.extraHeight,
    c.poolWidth + c.extraWidth,
  ];
  const size = shape.reduce((a, b) => a * b);
  const values = random.permutation(size).map((v) => v - size);
  return {
    random,
    x: tensor(values, shape),
    options: {
      poolHeight: c.poolHeight,
      poolWidth: c.poolWidth,
      stride: c.stride,
    },
  };
});

/** The values of one window. */
function windowAt(
  x: Tensor,
  o: PoolOptions,
  [n, c, i, j]: readonly [number, number, number, number],
): number[] {
  const values: number[] = [];
  for (let row = 0; row < o.poolHeight; row++) {
    for (let column = 0; column < o.poolWidth; column++) {
      values.push(x.at(n, c, i * o.stride + row, j * o.stride + column));
    }
  }
  return values;
}

/** The gradient that one window of 2 by 2 gives. */
function gradientOf(values: number[], dout = 5): number[] {
  const { cache } = maxPoolForwardNaive(tensor(values, [1, 1, 2, 2]), two);
  return [...maxPoolBackwardNaive(tensor([[[[dout]]]]), cache).dx.data];
}

describe("maxPoolForwardNaive()", () => {
  it("gives the largest value of every window, all of them negative", () => {
    fc.assert(fc.property(cases, ({ x, options }) => {
      const { out } = maxPoolForwardNaive(x, options);
      const [images, channels, height, width] = out.shape;
      const { stride, poolHeight, poolWidth } = options;
      assertEquals(out.shape, [
        x.shape[0]!,
        x.shape[1]!,
        1 + Math.floor((x.shape[2]! - poolHeight) / stride),
        1 + Math.floor((x.shape[3]! - poolWidth) / stride),
      ]);
      for (let n = 0; n < images!; n++) {
        for (let c = 0; c < channels!; c++) {
          for (let i = 0; i < height!; i++) {
            for (let j = 0; j < width!; j++) {
              const values = windowAt(x, options, [n, c, i, j]);
              assertEquals(out.at(n, c, i, j), Math.max(...values));
            }
          }
        }
      }
    }));
  });

  it("gives NaN for a window that holds one, and only for that", () => {
    for (const at of [0, 1, 4, 5]) {
      const x = new RandomState(at).randn([1, 1, 2, 4]);
      const right = maxPoolForwardNaive(x, two).out.at(0, 0, 0, 1);
      x.data[at] = NaN;
      assertEquals(
        maxPoolForwardNaive(x, two).out,
        tensor([[[[NaN, right]]]]),
      );
    }
  });

  it("takes infinities as numbers", () => {
    const x = tensor([[[[-Infinity, -Infinity, 1, Infinity]]]]);
    const { out } = maxPoolForwardNaive(x, {
      poolHeight: 1,
      poolWidth: 2,
      stride: 2,
    });
    assertEquals(out, tensor([[[[-Infinity, Infinity]]]]));
  });

  it("keeps the dtype, works on a single pixel and on an empty batch", () => {
    const one = { poolHeight: 1, poolWidth: 1, stride: 1 };
    const x = tensor([-0.1], [1, 1, 1, 1], "float32");
    const { out, cache } = maxPoolForwardNaive(x, one);
    assertEquals(out, x);
    assertEquals(cache, { x, ...one });
    const empty = maxPoolForwardNaive(zeros([0, 3, 4, 4], "float32"), two);
    assertEquals(empty.out, zeros([0, 3, 2, 2], "float32"));
    const { dx } = maxPoolBackwardNaive(empty.out, empty.cache);
    assertEquals(dx, zeros([0, 3, 4, 4], "float32"));
  });

  it("says which argument does not fit", () => {
    const x = zeros([2, 3, 4, 5]);
    assertThrows(
      () => maxPoolForwardNaive(zeros([4, 5]), two),
      TypeError,
      "Cannot pool: expected x of shape (N, C, H, W) but found (4, 5)",
    );
    const ranges: [Partial<PoolOptions>, string][] = [
      [
        { stride: 0 },
        "Cannot pool: expected stride to be an integer of at least 1 but found 0",
      ],
      [{ stride: 2.5 }, "but found 2.5"],
      [
        { poolHeight: 5 },
        "expected poolHeight to be an integer from 1 to 4 but found 5",
      ],
      [
        { poolWidth: 6 },
        "expected poolWidth to be an integer from 1 to 5 but found 6",
      ],
      [{ poolWidth: 0 }, "but found 0"],
      [{ poolHeight: NaN }, "but found NaN"],
    ];
    for (const [options, message] of ranges) {
      assertThrows(
        () => maxPoolForwardNaive(x, { ...two, ...options }),
        RangeError,
        message,
      );
    }
  });
});

describe("maxPoolBackwardNaive()", () => {
  it("equals the numerical gradient, windows overlapping or not tiling", () => {
    const random = new RandomState(3);
    for (
      const [poolHeight, poolWidth, stride] of [
        [2, 2, 2],
        [3, 2, 1],
        [2, 3, 2],
        [1, 1, 3],
      ]
    ) {
      const options = {
        poolHeight: poolHeight!,
        poolWidth: poolWidth!,
        stride: stride!,
      };
      const x = random.randn([2, 2, 5, 6]);
      const { out, cache } = maxPoolForwardNaive(x, options);
      const dout = random.randn(out.shape);
      const f = (x: Tensor) => maxPoolForwardNaive(x, options).out;
      const numeric = evalNumericalGradientArray(f, x, dout);
      const { dx } = maxPoolBackwardNaive(dout, cache);
      assert(relError(dx, numeric) < 1e-8);
    }
  });

  it("gives each input the sum over the windows whose maximum it is", () => {
    fc.assert(fc.property(cases, ({ random, x, options }) => {
      const { out, cache } = maxPoolForwardNaive(x, options);
      const dout = tensor(random.randint(-9, 10, out.size), out.shape);
      const { dx } = maxPoolBackwardNaive(dout, cache);
      // Every value of x occurs once, so that a maximum tells its pixel.
      const expected = zeros(x.shape);
      out.data.forEach((max, at) => {
        expected.data[x.data.indexOf(max)]! += dout.data[at]!;
      });
      assertEquals(dx, expected);
      assertEquals(sum(dx.data), sum(dout.data));
    }));
  });

  it("gives all of the gradient to the first maximum on a tie", () => {
    assertEquals(gradientOf([0, 0, 0, 0]), [5, 0, 0, 0]);
    assertEquals(gradientOf([1, 7, 7, 7]), [0, 5, 0, 0]);
    assertEquals(gradientOf([-9, -9, -3, -3]), [0, 0, 5, 0]);
    assertEquals(gradientOf([-0, 0, -0, 0]), [5, 0, 0, 0]);
    assertEquals(gradientOf(Array(4).fill(-Infinity)), [5, 0, 0, 0]);
  });

  it("gives all of the gradient to the first NaN", () => {
    assertEquals(gradientOf([1, NaN, 9, NaN]), [0, 5, 0, 0]);
    assertEquals(gradientOf([9, 1, 1, NaN]), [0, 0, 0, 5]);
    assertEquals(gradientOf([NaN, Infinity, 0, 0]), [5, 0, 0, 0]);
  });

  it("accumulates where windows overlap", () => {
    const x = tensor([[[[0, 9, 0]]]]);
    const options = { poolHeight: 1, poolWidth: 2, stride: 1 };
    const { cache } = maxPoolForwardNaive(x, options);
    const { dx } = maxPoolBackwardNaive(tensor([[[[2, 3]]]]), cache);
    assertEquals(dx, tensor([[[[0, 5, 0]]]]));
  });

  it("is float64 as soon as dout or x is", () => {
    const x = zeros([1, 1, 2, 2], "float32");
    const { out, cache } = maxPoolForwardNaive(x, two);
    assertEquals(maxPoolBackwardNaive(out, cache).dx.dtype, "float32");
    const dout = out.astype("float64");
    assertEquals(maxPoolBackwardNaive(dout, cache).dx.dtype, "float64");
  });

  it("throws if dout is not of the output's shape", () => {
    const { cache } = maxPoolForwardNaive(zeros([1, 2, 4, 4]), two);
    assertThrows(
      () => maxPoolBackwardNaive(zeros([1, 2, 4, 4]), cache),
      TypeError,
      "Cannot differentiate max-pooling: expected dout of shape (1, 2, 2, 2) but found (1, 2, 4, 4)",
    );
  });
});
