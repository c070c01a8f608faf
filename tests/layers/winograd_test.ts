// Copyright 2026 the Convlab authors. MIT license.

/**
 * Convolutions of many products in float32, which are done by Winograd's minimal
 * filtering: compared with float64, where they are not, and with the naive layers.
 */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import type { Conv2dGeometry } from "../../kernels/conv2d_tables.ts";
import { profileKernels } from "../../kernels/profile.ts";
import {
  convBackwardNaive,
  convForwardNaive,
  type ConvGradients,
} from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluForward,
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import { maxPoolForwardFast } from "../../layers/pool_fast.ts";
import { reluForward } from "../../layers/relu.ts";
import { RandomState } from "../../numerics/random.ts";
import { Tensor, zeros } from "../../numerics/tensor.ts";
import { assertAgree, assertSameNonFinite, bytesOf } from "./agreement.ts";

/** Images and filters, and the zeros around the images. */
type Shape = Omit<
  Conv2dGeometry,
  "stride" | "dilation" | "groups" | "outHeight" | "outWidth"
>;

interface Result extends ConvGradients {
  readonly out: Tensor;
}

interface Inputs {
  readonly x: Tensor;
  readonly w: Tensor;
  readonly b: Tensor;
  readonly dout: Tensor;
  readonly options: { readonly stride: 1; readonly pad: number };
}

/** Numbers of the normal distribution, which float32 holds. */
function draw(s: Shape): Inputs {
  const random = new RandomState(3);
  const fill = (...shape: number[]) => random.randn(shape).astype("float32");
  return {
    x: fill(s.images, s.channels, s.height, s.width),
    w: fill(s.filters, s.channels, s.filterHeight, s.filterWidth),
    b: fill(s.filters),
    dout: fill(
      ...[s.images, s.filters],
      s.height + 2 * s.pad - s.filterHeight + 1,
      s.width + 2 * s.pad - s.filterWidth + 1,
    ),
    options: { stride: 1, pad: s.pad },
  };
}

function inFloat64({ x, w, b, dout, options }: Inputs): Inputs {
  const wide = (t: Tensor) => t.astype("float64");
  return { x: wide(x), w: wide(w), b: wide(b), dout: wide(dout), options };
}

function fast({ x, w, b, dout, options }: Inputs): Result {
  const { out, cache } = convForwardFast(x, w, b, options);
  return { out, ...convBackwardFast(dout, cache) };
}

function naive({ x, w, b, dout, options }: Inputs): Result {
  const { out, cache } = convForwardNaive(x, w, b, options);
  return { out, ...convBackwardNaive(dout, cache) };
}

const RESULTS = ["out", "dx", "dw", "db"] as const;

/** Asserts that results in float32 are what they should be, but for rounding. */
function assertClose(actual: Result, exact: Result, name: string): void {
  for (const key of RESULTS) {
    const expected = exact[key].astype("float32");
    assertAgree(actual[key], expected, `${key} of ${name}`);
  }
}

/** Names of the kernels that ran. */
function kernelsOf(body: () => unknown): string {
  return profileKernels(body).kernels.map(({ name }) => name).join(" ");
}

/** Asserts that all three passes are done so. */
function assertWinograd(inputs: Inputs, name: string): void {
  const names = kernelsOf(() => fast(inputs));
  assert(/conv2d_winograd_5x/.test(names), name);
  assert(/conv2d_winograd_backward_filter_/.test(names), name);
  assert(!/conv2d_(forward|backward)/.test(names), `${name}: ${names}`);
}

/** Images × channels × height × width, filters × height × width, and the padding. */
function shapeOf(
  [images, channels, height, width]: readonly number[],
  [filters, filterHeight, filterWidth]: readonly number[],
  pad: number,
): Shape {
  return {
    ...{ images: images!, channels: channels!, height: height! },
    ...{ width: width!, filters: filters!, filterHeight: filterHeight! },
    ...{ filterWidth: filterWidth!, pad },
  };
}

const SHAPES: Readonly<Record<string, Shape>> = {
  "7 × 7, colours": shapeOf([3, 3, 32, 32], [32, 7, 7], 3),
  "3 × 3": shapeOf([3, 32, 16, 16], [64, 3, 3], 1),
  "3 × 3, images of two tiles": shapeOf([9, 64, 8, 8], [70, 3, 3], 1),
  "3 × 3, no padding": shapeOf([2, 17, 30, 26], [24, 3, 3], 0),
  "3 × 3, more padding": shapeOf([2, 21, 17, 22], [27, 3, 3], 2),
  "5 × 5": shapeOf([2, 16, 28, 28], [19, 5, 5], 2),
  "3 × 8": shapeOf([2, 16, 24, 64], [20, 3, 8], 2),
  "4 × 4": shapeOf([2, 16, 24, 25], [20, 4, 4], 1),
  "9 × 9": shapeOf([2, 6, 24, 26], [24, 9, 9], 4),
  "3 × 3, in bands": shapeOf([2, 40, 60, 61], [40, 3, 3], 1),
  "7 × 7, in bands": shapeOf([3, 16, 70, 96], [24, 7, 7], 3),
  "2 × 11": shapeOf([1, 11, 24, 40], [26, 2, 11], 1),
};

describe("convolutions by Winograd's minimal filtering", () => {
  for (const [name, shape] of Object.entries(SHAPES)) {
    it(`agree with float64 (${name})`, () => {
      const inputs = draw(shape);
      assertWinograd(inputs, name);
      assertClose(fast(inputs), fast(inFloat64(inputs)), name);
    });
  }

  it("agree with the naive layers", () => {
    const inputs = draw(shapeOf([2, 8, 16, 23], [20, 5, 7], 3));
    assertWinograd(inputs, "8 channels");
    assertClose(fast(inputs), naive(inFloat64(inputs)), "8 channels");
  });

  it("agree with float64 for any shape", () => {
    const sizes = fc.record({
      images: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 8, max: 16 }),
      height: fc.integer({ min: 12, max: 30 }),
      width: fc.integer({ min: 12, max: 50 }),
      filters: fc.integer({ min: 12, max: 24 }),
      filterHeight: fc.integer({ min: 2, max: 7 }),
      filterWidth: fc.integer({ min: 3, max: 9 }),
      pad: fc.integer({ min: 0, max: 3 }),
    });
    let done = 0;
    fc.assert(
      fc.property(sizes, (shape) => {
        const inputs = draw(shape);
        const names = kernelsOf(() => fast(inputs));
        if (names.includes("winograd")) done++;
        assertClose(fast(inputs), fast(inFloat64(inputs)), "any shape");
      }),
      { numRuns: 40 },
    );
    assert(done >= 10, `only ${done} of them were done so`);
  });

  it("give the same bytes with a ReLU and a pooling as one after the other", () => {
    for (const shape of Object.values(SHAPES)) {
      const { x, w, b, options } = draw(shape);
      const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
      const { out } = convForwardFast(x, w, b, options);
      const relu = reluForward(out).out;
      assertEquals(
        bytesOf(convReluForward(x, w, b, options).out),
        bytesOf(relu),
      );
      const joined = convReluPoolForward(x, w, b, options, pool);
      assertEquals(
        bytesOf(joined.out),
        bytesOf(maxPoolForwardFast(relu, pool).out),
      );
      assert("selected" in joined.cache);
      assertSelected(relu, joined.cache.selected);
    }
  });

  it("spread the gradient behind a pooling as it is by hand", () => {
    for (const [name, shape] of Object.entries(SHAPES)) {
      const { x, w, b, dout, options } = draw(shape);
      const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
      const { out, cache } = convReluPoolForward(x, w, b, options, pool);
      assert("selected" in cache);
      const pooled = new Tensor(dout.data.slice(0, out.size), out.shape);
      const names = kernelsOf(() => convReluPoolBackward(pooled, cache));
      assert(!names.includes("conv2d_pool_backward_input"), name);
      const spread = spreadByHand(pooled, cache.selected, dout.shape);
      const conv = { x, w, b, dilation: 1, groups: 1, ...options };
      assertEquals(
        bytesOf(convReluPoolBackward(pooled, cache).dx),
        bytesOf(convBackwardFast(spread, conv).dx),
        name,
      );
    }
  });

  it("give an image the same bytes alone and among others", () => {
    const { x, w, b, options } = draw(SHAPES["3 × 3"]!);
    const all = convForwardFast(x, w, b, options).out;
    const size = x.size / 3;
    const second = new Tensor(x.data.slice(size, 2 * size), [
      ...[1, ...x.shape.slice(1)],
    ]);
    const alone = convForwardFast(second, w, b, options).out;
    assertEquals(
      alone.data,
      all.data.slice(all.size / 3, 2 * all.size / 3),
    );
  });

  it("are direct where anything is infinite or NaN, or would overflow", () => {
    const shape = shapeOf([2, 8, 14, 19], [20, 5, 7], 3);
    const sound = draw(shape);
    assertWinograd(sound, "sound");
    for (const value of [Infinity, -Infinity, NaN, 3e38]) {
      for (const key of ["x", "w", "b", "dout"] as const) {
        const inputs = draw(shape);
        inputs[key].data[inputs[key].size >> 1] = value;
        const [actual, expected] = [fast(inputs), naive(inputs)];
        for (const result of RESULTS) {
          const name = `${result} for ${value} in ${key}`;
          assertSameNonFinite(actual[result], expected[result], name);
        }
      }
    }
  });

  it("do not depend on what was computed before", () => {
    const before = draw(shapeOf([4, 32, 40, 40], [64, 5, 5], 2));
    before.x.data.fill(NaN);
    before.dout.data.fill(NaN);
    for (const [name, shape] of Object.entries(SHAPES)) {
      const inputs = draw(shape);
      const wanted = bytesOf(...Object.values(fast(inputs)));
      fast(before);
      assertWinograd(inputs, name);
      fast(before);
      assertEquals(bytesOf(...Object.values(fast(inputs))), wanted, name);
    }
  });

  it("leave whole numbers whole where there are few", () => {
    const inputs = draw(shapeOf([2, 4, 12, 12], [16, 3, 3], 1));
    const whole = (t: Tensor) => new Tensor(t.data.map(Math.round), t.shape);
    const rounded = {
      ...{ x: whole(inputs.x), w: whole(inputs.w), b: whole(inputs.b) },
      ...{ dout: whole(inputs.dout), options: inputs.options },
    };
    const [actual, expected] = [fast(rounded), naive(rounded)];
    for (const key of RESULTS) assertEquals(actual[key], expected[key]);
  });
});

/** The gradient of a pooling's input: zeros, but for one of each window in which anything is positive. */
function spreadByHand(
  { data, shape }: Tensor,
  selected: Uint8Array,
  before: readonly number[],
): Tensor {
  const [height, width] = before.slice(2) as [number, number];
  const [rows, columns] = shape.slice(2) as [number, number];
  const result = zeros(before, "float32");
  for (let i = 0; i < data.length; i++) {
    const tap = selected[i]!;
    if (tap === 4) continue;
    const plane = Math.floor(i / (rows * columns));
    const y = 2 * (Math.floor(i / columns) % rows) + (tap >> 1);
    const x = 2 * (i % columns) + (tap & 1);
    result.data[(plane * height + y) * width + x] = data[i]!;
  }
  return result;
}

/** Asserts that each window of 2 × 2 has its first maximum there, or 4 where it is 0. */
function assertSelected(relu: Tensor, selected: Uint8Array): void {
  const [images, filters, height, width] = relu.shape as [
    number,
    number,
    number,
    number,
  ];
  let at = 0;
  for (let plane = 0; plane < images * filters; plane++) {
    for (let y = 0; y + 1 < height; y += 2) {
      for (let x = 0; x + 1 < width; x += 2) {
        const first = (plane * height + y) * width + x;
        const window = [0, 1, width, width + 1].map((k) =>
          relu.data[first + k]!
        );
        const largest = Math.max(...window);
        const wanted = largest > 0 ? window.indexOf(largest) : 4;
        if (selected[at++] !== wanted) {
          assertEquals(selected[at - 1], wanted, `window ${at - 1}`);
        }
      }
    }
  }
  assertEquals(at, selected.length);
}
