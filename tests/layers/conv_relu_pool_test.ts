// Copyright 2026 the Convlab authors. MIT license.

/**
 * A convolution, a ReLU and a max-pooling as one: with windows of 2 × 2 at
 * stride 2 a kernel of its own, whose backward pass works on what is not zero.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { profileKernels } from "../../kernels/profile.ts";
import {
  convBackwardNaive,
  convForwardNaive,
  type ConvGradients,
  type ConvOptions,
} from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
  type PoolOptions,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import {
  type DType,
  promoteDTypes,
  Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import {
  absolute,
  assertSameNonFinite,
  assertWithinRounding,
  bytesOf,
} from "./agreement.ts";

/** The pooling that is done with the convolution. */
const FUSED = { poolHeight: 2, poolWidth: 2, stride: 2 } as const;

/** Inputs of a layer, and the gradient of its output. */
interface Case {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
  readonly dout: Tensor;
  readonly options: ConvOptions;
}

/** What a layer gives, forward and backward. */
interface Result extends ConvGradients {
  readonly out: Tensor;
}

/**
 * Inputs of any shape whose convolution has at least two rows and columns. Rows
 * of a window take one vector (in float32 up to 4 columns, in float64 up to 2),
 * two, and several times two.
 */
const shapes = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.nat(3),
  channels: fc.integer({ min: 1, max: 5 }),
  filters: fc.integer({ min: 1, max: 13 }),
  filterHeight: fc.integer({ min: 1, max: 9 }),
  filterWidth: fc.integer({ min: 1, max: 9 }),
  outHeight: fc.integer({ min: 2, max: 7 }),
  outWidth: fc.integer({ min: 2, max: 20 }),
  unused: fc.nat(2),
  stride: fc.integer({ min: 1, max: 3 }),
  pad: fc.nat(3),
});

/** Draws the tensors, of numbers that are normal or of small integers. */
function draw(
  shape: typeof shapes extends fc.Arbitrary<infer T> ? T : never,
  integers: boolean,
): Case {
  const { stride, pad } = shape;
  const random = new RandomState(shape.seed);
  const fill = (...lengths: number[]) => {
    const t = random.randn(lengths).astype(shape.dtype);
    return integers ? new Tensor(t.data.map(Math.round), lengths) : t;
  };
  // The last rows and columns may go unused, in the image and in the pooling.
  const unused = shape.unused % stride;
  const length = (out: number, filter: number) =>
    Math.max(1, stride * (out - 1) + filter + unused - 2 * pad);
  const height = length(shape.outHeight, shape.filterHeight);
  const width = length(shape.outWidth, shape.filterWidth);
  const pooled = (length: number, filter: number) =>
    1 + Math.floor((length + 2 * pad - filter) / stride) >> 1;
  return {
    x: fill(shape.images, shape.channels, height, width),
    w: fill(
      ...[shape.filters, shape.channels],
      ...[shape.filterHeight, shape.filterWidth],
    ),
    b: fill(shape.filters),
    dout: fill(
      ...[shape.images, shape.filters],
      ...[
        pooled(height, shape.filterHeight),
        pooled(width, shape.filterWidth),
      ],
    ),
    options: { stride, pad },
  };
}

const normal = shapes.map((shape) => draw(shape, false));
/** Sums of these are exact in any order; many are equal, and many 0. */
const integral = shapes.map((shape) => draw(shape, true));

/** ReLU by its definition. */
function rectify(x: Tensor): Tensor {
  return new Tensor(x.data.map((value) => value <= 0 ? 0 : value), x.shape);
}

/** Gradient of a max-pooling and a ReLU, by the definitions, at the output of a convolution. */
function sparseGradient(
  dout: Tensor,
  before: Tensor,
  pool: PoolOptions,
): Tensor {
  const after = rectify(before);
  const { dx } = maxPoolBackwardNaive(dout, { x: after, ...pool });
  const gradient = zeros(before.shape, promoteDTypes(dout, before));
  before.data.forEach((value, i) => {
    if (!(value <= 0)) gradient.data[i] = dx.data[i]!;
  });
  return gradient;
}

/** The layer as its naive parts, one after the other. */
function naive({ x, w, b, dout, options }: Case, pool: PoolOptions): Result {
  const { out: before, cache } = convForwardNaive(x, w, b, options);
  return {
    out: maxPoolForwardNaive(rectify(before), pool).out,
    ...convBackwardNaive(sparseGradient(dout, before, pool), cache),
  };
}

/** The layer as its fast parts, one after the other. */
function unfused({ x, w, b, dout, options }: Case, pool: PoolOptions): Result {
  const conv = convForwardFast(x, w, b, options);
  const relu = reluForward(conv.out);
  const { out, cache } = maxPoolForwardFast(relu.out, pool);
  const { dx: grad } = maxPoolBackwardFast(dout, cache);
  return {
    out,
    ...convBackwardFast(reluBackward(grad, relu.cache).dx, conv.cache),
  };
}

/** The layer itself. */
function layer({ x, w, b, dout, options }: Case, pool: PoolOptions): Result {
  const { out, cache } = convReluPoolForward(x, w, b, options, pool);
  return { out, ...convReluPoolBackward(dout, cache) };
}

const NAMES = ["out", "dx", "dw", "db"] as const;

/** Asserts that all results have the same shape, dtype and values. */
function assertSame(actual: Result, expected: Result): void {
  for (const name of NAMES) {
    assertEquals(actual[name].shape, expected[name].shape, name);
    assertEquals(actual[name].dtype, expected[name].dtype, name);
    // The sign of 0 is that of the products that were left out.
    const values = (t: Tensor) => t.data.map((value) => value + 0);
    assertEquals(values(actual[name]), values(expected[name]), name);
  }
}

/** Asserts that `out` has the bytes of the fast parts, and is that of the naive ones but for rounding. */
function assertForwardAgrees(c: Case): void {
  const { x, w, b, options } = c;
  const { out } = convReluPoolForward(x, w, b, options, FUSED);
  assertEquals(bytesOf(out), bytesOf(unfused(c, FUSED).out));
  const sizes = convForwardNaive(
    ...[absolute(x), absolute(w), absolute(b)] as const,
    options,
  );
  assertWithinRounding(
    out,
    naive(c, FUSED).out,
    maxPoolForwardNaive(sizes.out, FUSED).out,
    w.size / w.shape[0]! + 1,
    "out",
  );
}

/**
 * Asserts that the gradients are those of the naive parts but for rounding. Of
 * two sums that are almost equal, rounding makes one the maximum: which of them
 * takes the gradient is read off the output of the fast convolution.
 */
function assertBackwardAgrees(c: Case): void {
  const { x, w, b, dout, options } = c;
  const { cache } = convReluPoolForward(x, w, b, options, FUSED);
  const actual = convReluPoolBackward(dout, cache);
  const conv = convForwardFast(x, w, b, options);
  const gradient = sparseGradient(dout, conv.out, FUSED);
  const expected = convBackwardNaive(gradient, conv.cache);
  const sizes = convBackwardNaive(absolute(gradient), {
    ...conv.cache,
    x: absolute(x),
    w: absolute(w),
  });
  const positions = gradient.size / w.shape[0]!;
  for (const name of ["dx", "dw", "db"] as const) {
    assertWithinRounding(
      ...[actual[name], expected[name], sizes[name]] as const,
      name === "dx" ? w.size : positions,
      name,
    );
  }
}

describe("convReluPoolForward() and convReluPoolBackward()", () => {
  it("run the kernels that are made for windows of 2 × 2 at stride 2", () => {
    const c = draw({
      ...{ seed: 1, dtype: "float32", images: 1, channels: 2, filters: 3 },
      ...{ filterHeight: 3, filterWidth: 3, outHeight: 4, outWidth: 4 },
      ...{ unused: 0, stride: 1, pad: 1 },
    }, false);
    const { kernels } = profileKernels(() => layer(c, FUSED));
    const names = kernels.map(({ name }) => name.replace(/_\d+x\d+$/, ""));
    for (
      const part of [
        "relu_pool_forward",
        "pool_backward_filter",
        "pool_backward_input",
      ]
    ) {
      assertEquals(names.includes(`f32_conv2d_${part}`), true, part);
    }
  });

  it("equal the naive layers within rounding, and the fast ones to the bit going forward, for any shape, stride and pad", () => {
    fc.assert(
      fc.property(normal, (c) => {
        assertForwardAgrees(c);
        assertBackwardAgrees(c);
      }),
      { numRuns: 250 },
    );
  });

  it("equal the naive layers exactly where sums are exact, and many of them equal or 0", () => {
    fc.assert(
      fc.property(integral, (c) => {
        assertSame(layer(c, FUSED), naive(c, FUSED));
      }),
      { numRuns: 250 },
    );
  });

  it("give the same gradients without that of the input, and none for it", () => {
    fc.assert(
      fc.property(normal, ({ x, w, b, dout, options }) => {
        const { cache } = convReluPoolForward(x, w, b, options, FUSED);
        const { dx: _, ...rest } = convReluPoolBackward(dout, cache);
        const some = convReluPoolBackward(dout, cache, {
          inputGradient: false,
        });
        assertEquals({ dx: undefined, ...some }, { dx: undefined, ...rest });
      }),
      { numRuns: 50 },
    );
  });

  it("agree with numeric gradients for stride 2, odd outputs and filters of 5 × 4", () => {
    const random = new RandomState(4);
    const x = random.randn([2, 2, 13, 14]);
    const w = random.randn([3, 2, 5, 4]);
    const b = random.randn([3]);
    const forward = () =>
      convReluPoolForward(x, w, b, { stride: 2, pad: 1 }, FUSED);
    const { out, cache } = forward();
    assertEquals(out.shape, [2, 3, 3, 3]);
    const dout = random.randn(out.shape);
    const { dx, dw, db } = convReluPoolBackward(dout, cache);
    for (const [at, gradient] of [[x, dx], [w, dw], [b, db]] as const) {
      const numeric = evalNumericalGradientArray(
        () => forward().out,
        at,
        dout,
      );
      assertEquals(relError(numeric, gradient) < 1e-6, true);
    }
  });

  it("equal the naive layers exactly where several images make one partial sum, the last fewer", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const filterWidth of [2, 7]) {
        const c = draw({
          ...{ seed: 2, dtype, images: 130, channels: 2, filters: 4 },
          ...{ filterHeight: 3, filterWidth, outHeight: 5, outWidth: 4 },
          ...{ unused: 0, stride: 1, pad: 1 },
        }, true);
        assertSame(layer(c, FUSED), naive(c, FUSED));
      }
    }
  });

  it("do not list a gradient of more than the image's plane holds", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const [filterHeight, filterWidth] of [[1, 3], [3, 1], [2, 2]]) {
        const c = draw({
          ...{ seed: 3, dtype, images: 3, channels: 2, filters: 4 },
          ...{ filterHeight: filterHeight!, filterWidth: filterWidth! },
          ...{ outHeight: 15, outWidth: 19, unused: 0, stride: 1, pad: 4 },
        }, true);
        const { kernels } = profileKernels(() =>
          assertSame(layer(c, FUSED), naive(c, FUSED))
        );
        const names = kernels.map(({ name }) => name).join(" ");
        assert(!names.includes("conv2d_pool_backward_input"), names);
      }
    }
  });

  it("take more images than a job has chunks", () => {
    const random = new RandomState(0);
    const x = random.randn([5000, 1, 6, 6]).astype("float32");
    const w = random.randn([4, 1, 3, 3]).astype("float32");
    const b = zeros([4], "float32");
    const { out, cache } = convReluPoolForward(x, w, b, {}, FUSED);
    const { dx } = convReluPoolBackward(out, cache);
    const last = x.slice(4999, 5000);
    const alone = convReluPoolForward(last, w, b, {}, FUSED);
    assertEquals(out.slice(4999, 5000).data, alone.out.data);
    const { dx: dxAlone } = convReluPoolBackward(alone.out, alone.cache);
    assertEquals(dx.slice(4999, 5000).data, dxAlone.data);
  });
});

describe("convReluPoolForward() and convReluPoolBackward(), window by window", () => {
  /** out and dx of a filter that copies the image, and a dout of 5 everywhere. */
  function copied(values: number[], width: number, dtype: DType) {
    const x = tensor(values, [1, 1, values.length / width, width], dtype);
    const { out, cache } = convReluPoolForward(
      x,
      tensor([1], [1, 1, 1, 1], dtype),
      zeros([1], dtype),
      {},
      FUSED,
    );
    const dout = tensor(out.data.map(() => 5), out.shape, dtype);
    const { dx } = convReluPoolBackward(dout, cache);
    return { out: [...out.data], dx: [...dx.data] };
  }

  for (const dtype of ["float64", "float32"] as const) {
    it(`give the first of equal maxima, row by row, the whole gradient (${dtype})`, () => {
      for (
        const [window, dx] of [
          [[1, 3, 3, 3], [0, 5, 0, 0]],
          [[1, 1, 3, 3], [0, 0, 5, 0]],
          [[1, 2, 3, 4], [0, 0, 0, 5]],
          [[7, 7, 7, 7], [5, 0, 0, 0]],
          [[-1, 2, 2, -1], [0, 5, 0, 0]],
          [[3, -1, -1, 3], [5, 0, 0, 0]],
        ]
      ) {
        assertEquals(copied(window!, 2, dtype), {
          out: [Math.max(...window!)],
          dx,
        });
      }
    });

    it(`give 0 and no gradient for windows in which nothing is positive (${dtype})`, () => {
      for (
        const window of [
          [-1, -2, -3, -4],
          [0, 0, 0, 0],
          [-0, 0, -0, -1],
          [-Infinity, -1, -Infinity, -0],
        ]
      ) {
        const { out, dx } = copied(window, 2, dtype);
        assertEquals(out.map((value) => Object.is(value, 0)), [true]);
        assertEquals(dx.map((value) => value + 0), [0, 0, 0, 0]);
      }
    });

    it(`leave the last row and column of an odd output without gradient (${dtype})`, () => {
      const image = [
        ...[1, 2, 9],
        ...[4, 3, 9],
        ...[9, 9, 9],
      ];
      assertEquals(copied(image, 3, dtype), {
        out: [4],
        dx: [0, 0, 0, 5, 0, 0, 0, 0, 0],
      });
    });

    it(`give each window its own maximum, however many there are in a row (${dtype})`, () => {
      for (let width = 2; width <= 40; width++) {
        const random = new RandomState(width);
        const upper = random.permutation(2 * width);
        const values = [...upper].map((value) => value - width / 2);
        const x = tensor(values, [1, 1, 2, width], dtype);
        const pooled = maxPoolForwardNaive(rectify(x), FUSED).out;
        const dout = tensor(pooled.data.map(() => 5), pooled.shape, dtype);
        assertEquals(copied(values, width, dtype), {
          out: [...pooled.data],
          dx: [...sparseGradient(dout, x, FUSED).data],
        });
      }
    });

    it(`give the first NaN of a window, or else the first infinity, the whole gradient (${dtype})`, () => {
      for (
        const [window, out, dx] of [
          [[9, NaN, 9, NaN], NaN, [0, 5, 0, 0]],
          [[-1, -1, -1, NaN], NaN, [0, 0, 0, 5]],
          [[Infinity, NaN, 1, 1], NaN, [0, 5, 0, 0]],
          [[1, 1, Infinity, Infinity], Infinity, [0, 0, 5, 0]],
          [[-Infinity, 1, NaN, NaN], NaN, [0, 0, 5, 0]],
        ] as const
      ) {
        assertEquals(copied([...window], 2, dtype), {
          out: [out],
          dx: [...dx],
        });
      }
    });
  }
});

describe("convReluPoolForward() and convReluPoolBackward(), where numbers are not finite", () => {
  /** Asserts that NaN and infinities stand where they do behind the separate layers. */
  function assertSameSpread(c: Case): void {
    const actual = layer(c, FUSED);
    const expected = naive(c, FUSED);
    for (const name of NAMES) {
      assertSameNonFinite(actual[name], expected[name], name);
    }
  }

  it("spread NaN and infinity to the same elements as the naive layers", () => {
    const spot = fc.record({
      input: fc.nat(3),
      at: fc.nat(),
      value: fc.constantFrom(NaN, Infinity, -Infinity),
    });
    fc.assert(
      fc.property(
        integral,
        fc.array(spot, { minLength: 1, maxLength: 3 }),
        (c, spots) => {
          for (const { input, at, value } of spots) {
            const { data } = [c.x, c.w, c.b, c.dout][input]!;
            if (data.length > 0) data[at % data.length] = value;
          }
          assertSameSpread(c);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("spread NaN and infinity from every single element, those that no window covers included", () => {
    const random = new RandomState(3);
    const integers = (...shape: number[]) =>
      new Tensor(random.randn(shape).data.map((v) => Math.round(2 * v)), shape);
    const c = {
      x: integers(1, 2, 5, 11),
      w: integers(5, 2, 3, 2),
      b: integers(5),
      dout: integers(1, 5, 1, 3),
      options: { stride: 2, pad: 1 },
    };
    for (const { data } of [c.x, c.w, c.b, c.dout]) {
      for (const [i, kept] of data.entries()) {
        for (const value of [NaN, Infinity, -Infinity]) {
          data[i] = value;
          assertSameSpread(c);
        }
        data[i] = kept;
      }
    }
  });

  it("select and pool infinities and NaN that products of finite numbers overflow to", () => {
    fc.assert(
      fc.property(normal, (c) => {
        const large = c.x.dtype === "float64" ? 1e154 : 1e19;
        for (const { data } of [c.x, c.w]) {
          for (const [i, value] of data.entries()) data[i] = value * large;
        }
        assertEquals(layer(c, FUSED).out.data, unfused(c, FUSED).out.data);
        assertBackwardAgrees(c);
      }),
      { numRuns: 50 },
    );
  });
});

describe("convReluPoolForward() and convReluPoolBackward(), beside the kernel's own case", () => {
  const POOLINGS = [
    { poolHeight: 3, poolWidth: 3, stride: 1 },
    { poolHeight: 2, poolWidth: 2, stride: 1 },
    { poolHeight: 2, poolWidth: 2, stride: 3 },
    { poolHeight: 3, poolWidth: 2, stride: 2 },
    { poolHeight: 2, poolWidth: 1, stride: 2 },
  ] as const;

  /** Images of this size, filters of 3 × 3 and a padding of 1, which keeps it. */
  function sameSize(height: number, width: number, pool: PoolOptions): Case {
    const random = new RandomState(height + width);
    const fill = (...shape: number[]) =>
      new Tensor(random.randn(shape).data.map(Math.round), shape);
    const x = fill(2, 3, height, width);
    const after = maxPoolForwardNaive(zeros([2, 4, height, width]), pool).out;
    return {
      x,
      w: fill(4, 3, 3, 3),
      b: fill(4),
      dout: fill(...after.shape),
      options: { stride: 1, pad: 1 },
    };
  }

  for (const pool of POOLINGS) {
    it(`equal the naive layers for a pooling of ${pool.poolHeight} × ${pool.poolWidth} at stride ${pool.stride}`, () => {
      const c = sameSize(7, 8, pool);
      assertSame(layer(c, pool), naive(c, pool));
      assertSame(layer(c, pool), unfused(c, pool));
    });
  }

  it("pool outputs of one row or one column, and refuse a window that does not fit them", () => {
    for (const [height, width] of [[1, 6], [6, 1], [1, 1]] as const) {
      const pool = {
        poolHeight: Math.min(2, height),
        poolWidth: Math.min(2, width),
        stride: 2,
      };
      const c = sameSize(height, width, pool);
      assertSame(layer(c, pool), naive(c, pool));
      assertThrows(
        () => convReluPoolForward(c.x, c.w, c.b, c.options, FUSED),
        RangeError,
        `Cannot pool: expected ${height === 1 ? "poolHeight" : "poolWidth"}`,
      );
    }
  });

  it("compute in float64 as soon as one argument or dout is, as the separate layers do", () => {
    const all = sameSize(6, 7, FUSED);
    const names = ["x", "w", "b", "dout"] as const;
    for (const wide of [undefined, ...names]) {
      const c: Case = {
        ...all,
        ...Object.fromEntries(
          names.map((name) => [
            name,
            all[name].astype(name === wide ? "float64" : "float32"),
          ]),
        ),
      };
      const actual = layer(c, FUSED);
      assertSame(actual, unfused(c, FUSED));
      assertEquals(
        NAMES.map((name) => actual[name].dtype),
        wide === undefined ? ["float32", "float32", "float32", "float32"] : [
          wide === "dout" ? "float32" : "float64",
          ...["float64", "float64", "float64"],
        ],
      );
    }
  });

  it("add in float64 a bias that float32 does not hold", () => {
    const x = zeros([1, 1, 2, 2], "float32");
    const w = zeros([1, 1, 1, 1], "float32");
    const { out } = convReluPoolForward(x, w, tensor([0.1]), {}, FUSED);
    assertEquals([...out.data], [0.1]);
  });

  it("leave the inputs as they are, share no memory with them, and keep a cache through later calls", () => {
    const [first, second] = [sameSize(8, 9, FUSED), sameSize(8, 10, FUSED)];
    const before = [first.x, first.w, first.b].map((t) => t.clone().data);
    const forward = ({ x, w, b, options }: Case) =>
      convReluPoolForward(x, w, b, options, FUSED);
    const [a, b] = [forward(first), forward(second)];
    const kept = a.out.clone();
    const gradients = convReluPoolBackward(second.dout, b.cache);
    assertSame(
      { out: a.out, ...convReluPoolBackward(first.dout, a.cache) },
      naive(first, FUSED),
    );
    assertSame({ out: b.out, ...gradients }, naive(second, FUSED));
    assertEquals([first.x, first.w, first.b].map((t) => t.data), before);
    assertEquals(a.out.data, kept.data);
    for (const { data } of [a.out, gradients.dx, gradients.dw, gradients.db]) {
      assertEquals(data.buffer instanceof ArrayBuffer, true);
    }
  });

  it("name the argument whose shape or value is wrong", () => {
    const [x, w, b] = [zeros([1, 3, 5, 5]), zeros([2, 3, 2, 2]), zeros([2])];
    assertThrows(
      () => convReluPoolForward(x, zeros([2, 4, 2, 2]), b, {}, FUSED),
      TypeError,
      "expected w.shape[1] to equal x.shape[1] (3) but found 4",
    );
    assertThrows(
      () => convReluPoolForward(x, w, zeros([3]), {}, FUSED),
      TypeError,
      "expected b of shape (2,) but found (3,)",
    );
    assertThrows(
      () => convReluPoolForward(x, w, b, { stride: 0 }, FUSED),
      RangeError,
      "expected stride",
    );
    const { cache } = convReluPoolForward(x, w, b, {}, FUSED);
    for (const shape of [[1, 2, 4, 4], [1, 2, 2, 3], [2, 2, 2, 2], [2, 2, 2]]) {
      assertThrows(
        () => convReluPoolBackward(zeros(shape), cache),
        TypeError,
        "Cannot differentiate max-pooling: expected dout of shape (1, 2, 2, 2)",
      );
    }
  });
});
