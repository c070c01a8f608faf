// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  convBackwardNaive,
  convForwardNaive,
  type ConvOptions,
} from "../../layers/conv.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { sum } from "../../numerics/sum.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";

/** Inputs of any shape whose filters fit, one to three images. */
const cases = fc.record({
  seed: fc.nat(),
  images: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 3 }),
  filters: fc.integer({ min: 1, max: 3 }),
  filterHeight: fc.integer({ min: 1, max: 4 }),
  filterWidth: fc.integer({ min: 1, max: 4 }),
  extraHeight: fc.nat(5),
  extraWidth: fc.nat(5),
  stride: fc.integer({ min: 1, max: 4 }),
  pad: fc.nat(3),
  dilation: fc.constantFrom(1, 1, 2, 3),
  groups: fc.constantFrom(1, 1, 2, 3),
}).map((c) => {
  const random = new RandomState(c.seed);
  const { stride, pad, dilation, groups } = c;
  const length = (filter: number, extra: number) =>
    Math.max(1, dilation * (filter - 1) + 1 - 2 * pad + extra);
  const height = length(c.filterHeight, c.extraHeight);
  const width = length(c.filterWidth, c.extraWidth);
  const filters = c.filters * groups;
  return {
    random,
    x: random.randn([c.images, c.channels * groups, height, width]),
    w: random.randn([filters, c.channels, c.filterHeight, c.filterWidth]),
    b: random.randn([filters]),
    options: { stride, pad, dilation, groups },
  };
});

/** One output from the definition, reading 0 outside the image. */
function outputAt(
  x: Tensor,
  w: Tensor,
  b: Tensor,
  { stride, pad, dilation, groups }: Required<ConvOptions>,
  [n, f, i, j]: readonly [number, number, number, number],
): number {
  const [, , height, width] = x.shape;
  const [filters = 0, channels = 0] = w.shape;
  const first = channels * Math.floor(f / (filters / groups));
  let total = b.at(f);
  for (let c = 0; c < channels; c++) {
    for (let hh = 0; hh < w.shape[2]!; hh++) {
      for (let ww = 0; ww < w.shape[3]!; ww++) {
        const row = i * stride + hh * dilation - pad;
        const column = j * stride + ww * dilation - pad;
        const inside = row >= 0 && row < height! && column >= 0 &&
          column < width!;
        if (inside) {
          total += x.at(n, first + c, row, column) * w.at(f, c, hh, ww);
        }
      }
    }
  }
  return total;
}

const dot = (a: Tensor, b: Tensor) =>
  sum(a.data.map((value, i) => value * b.data[i]!));

function assertNear(actual: number, expected: number, scale: number) {
  assert(
    Math.abs(actual - expected) <= 1e-12 * Math.max(1, scale),
    `expected ${expected} but found ${actual}`,
  );
}

describe("convForwardNaive()", () => {
  it("equals the definition for any stride, pad, dilation, groups and size", () => {
    fc.assert(fc.property(cases, ({ x, w, b, options }) => {
      const { out } = convForwardNaive(x, w, b, options);
      const [images, filters, height, width] = out.shape;
      const span = (length: number, window: number) =>
        1 +
        Math.floor(
          (length + 2 * options.pad - options.dilation * (window - 1) - 1) /
            options.stride,
        );
      assertEquals(out.shape, [
        x.shape[0]!,
        w.shape[0]!,
        span(x.shape[2]!, w.shape[2]!),
        span(x.shape[3]!, w.shape[3]!),
      ]);
      for (let n = 0; n < images!; n++) {
        for (let f = 0; f < filters!; f++) {
          for (let i = 0; i < height!; i++) {
            for (let j = 0; j < width!; j++) {
              const expected = outputAt(x, w, b, options, [n, f, i, j]);
              assertNear(out.at(n, f, i, j), expected, 100);
            }
          }
        }
      }
    }));
  });

  it("has stride 1, pad 0, dilation 1 and one group by default", () => {
    const random = new RandomState(0);
    const x = random.randn([1, 2, 5, 4]);
    const w = random.randn([3, 2, 2, 3]);
    const b = random.randn([3]);
    const { out, cache } = convForwardNaive(x, w, b);
    assertEquals(out, convForwardNaive(x, w, b, { stride: 1, pad: 0 }).out);
    assertEquals(out.shape, [1, 3, 4, 2]);
    const defaults = { stride: 1, pad: 0, dilation: 1, groups: 1 };
    assertEquals(cache, { x, w, b, ...defaults });
  });

  it("leaves the last rows and columns unused where windows do not tile", () => {
    const x = tensor([[[[1, 2, 3, 4, 5]]]]);
    const w = tensor([[[[1, 1]]]]);
    const { out } = convForwardNaive(x, w, tensor([0]), { stride: 2 });
    assertEquals(out, tensor([[[[3, 7]]]]));
  });

  it("works on a single pixel", () => {
    const one = (value: number) => tensor([value], [1, 1, 1, 1]);
    const { out } = convForwardNaive(one(3), one(5), tensor([7]));
    assertEquals(out, one(22));
  });

  it("sees nothing but bias and padding where windows lie outside the image", () => {
    const x = tensor([[[[2]]]]);
    const w = tensor([[[[1]]]]);
    const { out } = convForwardNaive(x, w, tensor([5]), { pad: 1 });
    assertEquals(out, tensor([[[[5, 5, 5], [5, 7, 5], [5, 5, 5]]]]));
  });

  it("gives empty results for an empty batch, and biases for no channels", () => {
    const { out, cache } = convForwardNaive(
      zeros([0, 2, 4, 4]),
      zeros([3, 2, 3, 3]),
      zeros([3]),
    );
    assertEquals(out, zeros([0, 3, 2, 2]));
    const { dx, dw, db } = convBackwardNaive(out, cache);
    assertEquals(dx, zeros([0, 2, 4, 4]));
    assertEquals(dw, zeros([3, 2, 3, 3]));
    assertEquals(db, zeros([3]));
    const none = convForwardNaive(
      zeros([1, 0, 2, 2]),
      zeros([1, 0, 2, 2]),
      tensor([4]),
    );
    assertEquals(none.out, tensor([[[[4]]]]));
  });

  it("passes NaN and infinity on as NumPy does, padding included", () => {
    const x = tensor([[[[1, NaN, 1]]]]);
    const w = tensor([[[[1, 1]]]]);
    const nan = convForwardNaive(x, w, tensor([0])).out;
    assertEquals(nan, tensor([[[[NaN, NaN]]]]));
    const infinite = convForwardNaive(
      tensor([[[[1, -1]]]]),
      tensor([[[[Infinity]]]]),
      tensor([0]),
      { pad: 1 },
    );
    assertEquals(
      infinite.out.data.subarray(4, 8), // 0 * Infinity is NaN
      new Float64Array([NaN, Infinity, -Infinity, NaN]),
    );
  });

  it("computes in float64 and rounds float32 results once", () => {
    fc.assert(fc.property(cases, ({ random, options, ...inputs }) => {
      const [x, w, b] = [inputs.x, inputs.w, inputs.b]
        .map((t) => t.astype("float32")) as [Tensor, Tensor, Tensor];
      const single = convForwardNaive(x, w, b, options);
      const double = convForwardNaive(x.clone("float64"), w, b, options);
      assertEquals(double.out.dtype, "float64");
      assertEquals(single.out, double.out.astype("float32"));

      const dout = random.randn(single.out.shape);
      const rounded = dout.astype("float32");
      const gradients = convBackwardNaive(rounded, single.cache);
      const exact = convBackwardNaive(rounded, double.cache);
      assertEquals(gradients.dx, exact.dx.astype("float32"));
      assertEquals(gradients.dw, exact.dw.astype("float32"));
      assertEquals(gradients.db, exact.db.astype("float32"));
      assertEquals(convBackwardNaive(dout, single.cache).dx.dtype, "float64");
    }));
  });

  it("does not touch its arguments", () => {
    const random = new RandomState(4);
    const [x, w, b] = [[1, 2, 4, 4], [2, 2, 3, 3], [2]]
      .map((shape) => random.randn(shape)) as [Tensor, Tensor, Tensor];
    const kept = [x, w, b].map((t) => t.clone());
    const options = Object.freeze({ stride: 2, pad: 1 });
    const { out, cache } = convForwardNaive(x, w, b, options);
    convBackwardNaive(out, cache);
    assertEquals([x, w, b], kept);
  });

  it("says which argument does not fit", () => {
    const x = zeros([2, 3, 5, 6]);
    const w = zeros([4, 3, 3, 3]);
    const b = zeros([4]);
    const shapes: [() => unknown, string][] = [
      [
        () => convForwardNaive(zeros([3, 5, 6]), w, b),
        "Cannot convolve: expected x of shape (N, C, H, W) but found (3, 5, 6)",
      ],
      [
        () => convForwardNaive([[1]] as never, w, b),
        "expected x of shape (N, C, H, W) but found object",
      ],
      [
        () => convForwardNaive(x, zeros([4, 27]), b),
        "expected w of shape (F, C, HH, WW) but found (4, 27)",
      ],
      [
        () => convForwardNaive(x, zeros([4, 2, 3, 3]), b),
        "Cannot convolve: expected w.shape[1] to equal x.shape[1] (3) but found 2",
      ],
      [
        () => convForwardNaive(x, w, zeros([3])),
        "expected b of shape (4,) but found (3,)",
      ],
      [
        () => convForwardNaive(x, w, zeros([4, 1])),
        "expected b of shape (4,) but found (4, 1)",
      ],
    ];
    for (const [convolve, message] of shapes) {
      assertThrows(convolve, TypeError, message);
    }
    const ranges: [Tensor, ConvOptions, string][] = [
      [
        w,
        { stride: 0 },
        "Cannot convolve: expected stride to be an integer of at least 1 but found 0",
      ],
      [w, { stride: 1.5 }, "but found 1.5"],
      [w, { stride: NaN }, "but found NaN"],
      [
        w,
        { pad: -1 },
        "expected pad to be an integer of at least 0 but found -1",
      ],
      [w, { pad: 0.5 }, "but found 0.5"],
      [
        zeros([4, 3, 6, 3]),
        {},
        "expected w.shape[2] to be an integer from 1 to 5 but found 6",
      ],
      [
        zeros([4, 3, 3, 9]),
        { pad: 1 },
        "expected w.shape[3] to be an integer from 1 to 8 but found 9",
      ],
      [zeros([4, 3, 0, 3]), {}, "from 1 to 5 but found 0"],
    ];
    for (const [filters, options, message] of ranges) {
      assertThrows(
        () => convForwardNaive(x, filters, b, options),
        RangeError,
        message,
      );
    }
  });
});

describe("convBackwardNaive()", () => {
  it("is the adjoint of the forward pass for any stride, pad and size", () => {
    fc.assert(fc.property(cases, ({ random, x, w, b, options }) => {
      const { out, cache } = convForwardNaive(x, w, b, options);
      const dout = random.randn(out.shape);
      const { dx, dw, db } = convBackwardNaive(dout, cache);
      const none = zeros(b.shape);
      // The output is linear in x, in w and in b: <dout, out(v)> = <gradient, v>.
      const v = random.randn(x.shape);
      const ofX = convForwardNaive(v, w, none, options).out;
      assertNear(dot(dout, ofX), dot(dx, v), 1000);
      const u = random.randn(w.shape);
      const ofW = convForwardNaive(x, u, none, options).out;
      assertNear(dot(dout, ofW), dot(dw, u), 1000);
      const c = random.randn(b.shape);
      const ofB = convForwardNaive(x, zeros(w.shape), c, options).out;
      assertNear(dot(dout, ofB), dot(db, c), 1000);
    }));
  });

  it("equals the numerical gradient for strides 1 to 3 and pads 0 to 2", () => {
    const random = new RandomState(7);
    for (const [stride, pad] of [[1, 0], [1, 2], [2, 1], [3, 0], [3, 2]]) {
      const options = { stride: stride!, pad: pad! };
      const x = random.randn([2, 2, 5, 4]);
      const w = random.randn([2, 2, 3, 2]);
      const b = random.randn([2]);
      const { out, cache } = convForwardNaive(x, w, b, options);
      const dout = random.randn(out.shape);
      const { dx, dw, db } = convBackwardNaive(dout, cache);
      // With inputs restored in place, f can read all of them from outside.
      const f = () => convForwardNaive(x, w, b, options).out;
      assert(relError(dx, evalNumericalGradientArray(f, x, dout)) < 1e-7);
      assert(relError(dw, evalNumericalGradientArray(f, w, dout)) < 1e-7);
      assert(relError(db, evalNumericalGradientArray(f, b, dout)) < 1e-7);
    }
  });

  it("leaves pixels that no window sees without gradient", () => {
    const x = tensor([[[[1, 2, 3, 4, 5]]]]);
    const { cache } = convForwardNaive(
      x,
      tensor([[[[10, 20]]]]),
      tensor([0]),
      { stride: 3 },
    );
    const { dx } = convBackwardNaive(tensor([[[[1, 2]]]]), cache);
    assertEquals(dx, tensor([[[[10, 20, 0, 20, 40]]]]));
  });

  it("throws if dout is not of the output's shape", () => {
    const { cache } = convForwardNaive(
      zeros([2, 3, 5, 6]),
      zeros([4, 3, 3, 3]),
      zeros([4]),
      { stride: 2 },
    );
    assertThrows(
      () => convBackwardNaive(zeros([2, 4, 2, 3]), cache),
      TypeError,
      "Cannot differentiate convolution: expected dout of shape (2, 4, 2, 2) but found (2, 4, 2, 3)",
    );
  });
});
