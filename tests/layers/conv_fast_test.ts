// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  convBackwardNaive,
  convForwardNaive,
  type ConvOptions,
} from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import { RandomState } from "../../numerics/random.ts";
import { type DType, type Tensor, zeros } from "../../numerics/tensor.ts";
import {
  absolute,
  assertAgree,
  assertSameNonFinite,
  assertWithinRounding,
} from "./agreement.ts";

/** The lengths and options of a convolution. */
interface Lengths extends Required<ConvOptions> {
  readonly seed: number;
  readonly dtype: DType;
  readonly images: number;
  readonly channels: number;
  readonly filters: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  /** By how much the image is larger than a filter. */
  readonly extraHeight: number;
  readonly extraWidth: number;
}

/** Draws inputs whose filters fit. */
function draw(c: Lengths) {
  const random = new RandomState(c.seed);
  const draw = (...shape: number[]) => random.randn(shape).astype(c.dtype);
  const { stride, pad, dilation, groups } = c;
  const extent = (filter: number) => dilation * (filter - 1) + 1;
  const length = (filter: number, extra: number) =>
    Math.max(1, extent(filter) - 2 * pad + extra);
  const height = length(c.filterHeight, c.extraHeight);
  const width = length(c.filterWidth, c.extraWidth);
  const steps = (length: number, filter: number) =>
    1 + Math.floor((length + 2 * pad - extent(filter)) / stride);
  // In groups, up to so many channels and filters of each.
  const channels = groups * Math.ceil(c.channels / groups);
  const filters = groups * Math.ceil(c.filters / groups);
  return {
    x: draw(c.images, channels, height, width),
    w: draw(filters, channels / groups, c.filterHeight, c.filterWidth),
    b: draw(filters),
    dout: draw(
      ...[c.images, filters],
      ...[steps(height, c.filterHeight), steps(width, c.filterWidth)],
    ),
    options: { stride, pad, dilation, groups },
  };
}

/** Inputs of any shape. */
const cases = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.nat(3),
  channels: fc.integer({ min: 1, max: 5 }),
  filters: fc.integer({ min: 1, max: 9 }),
  groups: fc.constantFrom(1, 1, 2, 3),
  dilation: fc.constantFrom(1, 1, 2, 3),
  filterHeight: fc.integer({ min: 1, max: 5 }),
  filterWidth: fc.integer({ min: 1, max: 5 }),
  extraHeight: fc.nat(8),
  extraWidth: fc.nat(18),
  stride: fc.integer({ min: 1, max: 4 }),
  pad: fc.nat(3),
}).map(draw);

/** Filters of 3 × 3, so many that their gradient has a kernel of its own. */
const many = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.nat(5),
  channels: fc.integer({ min: 1, max: 4 }),
  filters: fc.integer({ min: 12, max: 40 }),
  groups: fc.constantFrom(1, 1, 2),
  dilation: fc.constant(1),
  filterHeight: fc.constant(3),
  filterWidth: fc.constant(3),
  extraHeight: fc.nat(18),
  extraWidth: fc.nat(22),
  stride: fc.integer({ min: 1, max: 3 }),
  pad: fc.nat(2),
}).map(draw);

/** Asserts that fast results are the naive ones, but for rounding. */
function assertNaive({ x, w, b, dout, options }: ReturnType<typeof draw>) {
  const naive = convForwardNaive(x, w, b, options);
  const fast = convForwardFast(x, w, b, options);
  const [ax, aw, ab] = [absolute(x), absolute(w), absolute(b)];
  const sizes = convForwardNaive(ax, aw, ab, options);
  const taps = w.size / w.shape[0]!;
  assertWithinRounding(fast.out, naive.out, sizes.out, taps + 1, "out");
  const slow = convBackwardNaive(dout, naive.cache);
  const quick = convBackwardFast(dout, fast.cache);
  const { dx, dw, db } = convBackwardNaive(absolute(dout), sizes.cache);
  const positions = dout.size / w.shape[0]!;
  assertWithinRounding(quick.dx, slow.dx, dx, w.size, "dx");
  assertWithinRounding(quick.dw, slow.dw, dw, positions, "dw");
  assertWithinRounding(quick.db, slow.db, db, positions, "db");
  const { dx: _, ...rest } = quick;
  const some = convBackwardFast(dout, fast.cache, { inputGradient: false });
  assertEquals({ dx: undefined, ...some }, { dx: undefined, ...rest });
}

/** Asserts that fast and naive results are NaN and infinite in the same places. */
function assertSameSpread(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  dout: Tensor,
  options: ConvOptions,
): void {
  const naive = convForwardNaive(x, w, b, options);
  const fast = convForwardFast(x, w, b, options);
  assertSameNonFinite(fast.out, naive.out, "out");
  const slow = convBackwardNaive(dout, naive.cache);
  const quick = convBackwardFast(dout, fast.cache);
  assertSameNonFinite(quick.dx, slow.dx, "dx");
  assertSameNonFinite(quick.dw, slow.dw, "dw");
  assertSameNonFinite(quick.db, slow.db, "db");
}

describe("convForwardFast() and convBackwardFast()", () => {
  it("equal the naive functions within 1e-12 for any shape, stride, pad, dilation and groups, with the input's gradient and without", () => {
    fc.assert(fc.property(cases, assertNaive), { numRuns: 300 });
  });

  it("equal the naive functions for many filters of 3 × 3, of small images and of large ones", () => {
    fc.assert(fc.property(many, assertNaive), { numRuns: 60 });
    // Several images at a time, a few rows of one at a time, and a last few of each.
    for (const [images, size] of [[70, 8], [70, 7], [3, 19], [2, 34]]) {
      assertNaive(draw({
        ...{ seed: 1, dtype: "float64", images: images!, channels: 2 },
        ...{ filters: 13, filterHeight: 3, filterWidth: 3 },
        ...{ extraHeight: size! - 1, extraWidth: size! - 2, pad: 1, stride: 1 },
        ...{ dilation: 1, groups: 1 },
      }));
    }
  });

  it("spread NaN and infinity to the same elements as the naive functions", () => {
    const spot = fc.record({
      input: fc.nat(3),
      at: fc.nat(),
      value: fc.constantFrom(NaN, Infinity, -Infinity),
    });
    fc.assert(
      fc.property(
        cases,
        fc.array(spot, { minLength: 1, maxLength: 3 }),
        ({ options, ...inputs }, spots) => {
          const [x, w, b, dout] = [inputs.x, inputs.w, inputs.b, inputs.dout]
            .map((t) => t.clone());
          for (const { input, at, value } of spots) {
            const { data } = [x!, w!, b!, dout!][input]!;
            if (data.length > 0) data[at % data.length] = value;
          }
          assertSameSpread(x!, w!, b!, dout!, options);
        },
      ),
      { numRuns: 400 },
    );
  });

  it("spread NaN and infinity of many filters of 3 × 3 as the naive functions", () => {
    const random = new RandomState(3);
    const x = random.randn([2, 2, 5, 7]);
    const [w, b] = [random.randn([14, 2, 3, 3]), random.randn([14])];
    const dout = random.randn([2, 14, 5, 7]);
    for (const { data } of [x, w, b, dout]) {
      for (const value of [NaN, Infinity]) {
        const kept = data[11]!;
        data[11] = value;
        assertSameSpread(x, w, b, dout, { pad: 1 });
        data[11] = kept;
      }
    }
  });

  it("spread NaN and infinity from every single element, those that no window covers included", () => {
    const random = new RandomState(3);
    const options = { stride: 2, pad: 1 };
    const x = random.randn([1, 2, 4, 10]);
    const w = random.randn([5, 2, 3, 2]);
    const b = random.randn([5]);
    const dout = convForwardNaive(x, w, b, options).out.clone();
    for (const { data } of [x, w, b, dout]) {
      for (const [i, kept] of data.entries()) {
        for (const value of [NaN, Infinity]) {
          data[i] = value;
          assertSameSpread(x, w, b, dout, options);
        }
        data[i] = kept;
      }
    }
  });

  it("take more images than a job has chunks", () => {
    const random = new RandomState(0);
    const x = random.randn([5000, 1, 6, 6]).astype("float32");
    const w = random.randn([4, 1, 3, 3]).astype("float32");
    const b = zeros([4], "float32");
    const { out, cache } = convForwardFast(x, w, b);
    const last = x.slice(4999, 5000);
    const alone = convForwardFast(last, w, b);
    assertEquals(out.slice(4999, 5000).data, alone.out.data);
    const { dx } = convBackwardFast(out, cache);
    const { dx: dxAlone } = convBackwardFast(alone.out, alone.cache);
    assertEquals(dx.slice(4999, 5000).data, dxAlone.data);
  });

  it("leave the inputs as they are and share no memory with them", () => {
    const random = new RandomState(0);
    const [x, w, b] = [[2, 3, 8, 8], [4, 3, 3, 3], [4]].map((s) =>
      random.randn(s)
    );
    const before = [x!, w!, b!].map((t) => t.clone());
    const { out, cache } = convForwardFast(x!, w!, b!, { stride: 1, pad: 1 });
    const kept = out.clone();
    const { dx } = convBackwardFast(out, cache);
    assertEquals([x!, w!, b!].map((t) => t.data), before.map((t) => t.data));
    assertEquals(out.data, kept.data);
    assertEquals(dx.data.buffer instanceof ArrayBuffer, true);
    assertEquals(out.data.buffer instanceof ArrayBuffer, true);
  });

  it("compute in float64 as soon as one argument is float64", () => {
    const random = new RandomState(0);
    const x = random.randn([1, 2, 6, 6]);
    const w = random.randn([3, 2, 3, 3]).astype("float32");
    const b = zeros([3], "float32");
    const { out } = convForwardFast(x, w, b);
    assertAgree(out, convForwardNaive(x, w, b).out, "out");
  });

  it("name the argument whose shape or value is wrong", () => {
    const [x, w, b] = [zeros([1, 3, 5, 5]), zeros([2, 3, 3, 3]), zeros([2])];
    const fails = (
      f: () => unknown,
      type: typeof TypeError | typeof RangeError,
      message: string,
    ) => assertThrows(f, type, message);
    fails(
      () => convForwardFast(zeros([3, 5, 5]), w, b),
      TypeError,
      "expected x of shape (N, C, H, W)",
    );
    fails(
      () => convForwardFast(x, zeros([2, 4, 3, 3]), b),
      TypeError,
      "expected w.shape[1] to equal x.shape[1] (3) but found 4",
    );
    fails(
      () => convForwardFast(x, w, zeros([3])),
      TypeError,
      "expected b of shape (2,) but found (3,)",
    );
    fails(
      () => convForwardFast(x, w, b, { stride: 0 }),
      RangeError,
      "expected stride",
    );
    fails(
      () => convForwardFast(x, w, b, { pad: -1 }),
      RangeError,
      "expected pad",
    );
    fails(
      () => convForwardFast(x, zeros([2, 3, 6, 3]), b),
      RangeError,
      "expected w.shape[2]",
    );
    fails(
      () => convForwardFast(x, w, b, { dilation: 3 }),
      RangeError,
      "expected w.shape[2] to be an integer from 1 to 2 but found 3",
    );
    fails(
      () => convForwardFast(x, w, b, { dilation: 0 }),
      RangeError,
      "expected dilation",
    );
    fails(
      () => convForwardFast(x, w, b, { groups: 2 }),
      RangeError,
      "expected groups to divide x.shape[1] (3) and w.shape[0] (2) but found 2",
    );
    fails(
      () => convForwardFast(zeros([1, 4, 5, 5]), w, b, { groups: 2 }),
      TypeError,
      "expected w.shape[1] to equal x.shape[1] / groups (2) but found 3",
    );
    const { cache } = convForwardFast(x, w, b);
    const dout: Tensor = zeros([1, 2, 5, 5]);
    fails(
      () => convBackwardFast(dout, cache),
      TypeError,
      "expected dout of shape (1, 2, 3, 3) but found (1, 2, 5, 5)",
    );
  });
});
