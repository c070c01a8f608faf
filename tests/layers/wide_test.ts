// Copyright 2026 the Convlab authors. MIT license.

/**
 * The layers with wide and joined register tiles: the tests of narrow ones again,
 * and the same bytes from all.
 */

import { assert, assertEquals } from "@std/assert";
import { afterEach, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { profileKernels } from "../../kernels/profile.ts";
import { instructions, setTileWidth } from "../../kernels/runtime.ts";
import {
  dtypesOf,
  hasTile,
  kernelName,
  KERNELS,
  type TileWidth,
} from "../../kernels/select.ts";
import { affineBackward, affineForward } from "../../layers/affine.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import { RandomState } from "../../numerics/random.ts";
import { type DType, type Tensor, tensor } from "../../numerics/tensor.ts";
import { bytesOf } from "./agreement.ts";

const DTYPES = ["float32", "float64"] as const;

/** A convolution: of images channels × height × width with filters rows × columns. */
interface Shape {
  readonly dtype: DType;
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly rows: number;
  readonly columns: number;
  readonly stride: number;
  readonly pad: number;
}

/** The inputs of a convolution. */
function inputs(s: Shape) {
  const random = new RandomState(1);
  const draw = (...shape: number[]) => random.randn(shape).astype(s.dtype);
  return {
    x: draw(s.images, s.channels, s.height, s.width),
    w: draw(s.filters, s.channels, s.rows, s.columns),
    b: draw(s.filters),
    options: { stride: s.stride, pad: s.pad },
    draw,
  };
}

/** All that a convolution gives. */
function convolution(s: Shape): Tensor[] {
  const { x, w, b, options, draw } = inputs(s);
  const { out, cache } = convForwardFast(x, w, b, options);
  const { dx, dw, db } = convBackwardFast(draw(...out.shape), cache);
  return [out, dx, dw, db];
}

/** All that a convolution gives with a ReLU and a pooling of 2 × 2. */
function pooled(s: Shape): Tensor[] {
  const { x, w, b, options, draw } = inputs(s);
  const { out, cache } = convReluPoolForward(x, w, b, options, {
    ...{ poolHeight: 2, poolWidth: 2, stride: 2 },
  });
  const { dx, dw, db } = convReluPoolBackward(draw(...out.shape), cache);
  return [out, dx, dw, db];
}

/** All that an affine layer gives for x (n × d) and w (d × m). */
function affine(
  dtype: DType,
  n: number,
  d: number,
  m: number,
  reg = 0,
): Tensor[] {
  const random = new RandomState(1);
  const draw = (...shape: number[]) => random.randn(shape).astype(dtype);
  const { out, cache } = affineForward(draw(n, d), draw(d, m), draw(m));
  const gradients = affineBackward(draw(n, m), cache, { reg });
  const { dx, dw, db, sumSquares = 0 } = gradients;
  return [out, dx, dw, db, tensor([sumSquares])];
}

/** Asserts that the work gives the same bytes with any tile. */
function assertSameBytes(work: () => Tensor[], name: string): void {
  const run = (width: TileWidth) => {
    setTileWidth(width);
    return bytesOf(...work());
  };
  const narrow = run("narrow");
  assertEquals(run("wide"), narrow, `${name}, wide`);
  assertEquals(run("joined"), narrow, `${name}, joined`);
}

/** A convolution whose output has this size; its taps are a multiple of three, or one or two more. */
function ofOutput(
  dtype: DType,
  outHeight: number,
  outWidth: number,
  filters: number,
): Shape {
  const [channels, rows, columns, pad] = [
    [1, 1, 1, 0],
    [2, 1, 2, 0],
    [1, 3, 3, 1],
    [2, 2, 5, 0],
    [5, 1, 1, 0],
  ][
    (outHeight + outWidth + filters) % 5
  ] as [number, number, number, number];
  return {
    ...{ dtype, images: 1, channels, filters, rows, columns, stride: 1, pad },
    height: outHeight + rows - 1 - 2 * pad,
    width: outWidth + columns - 1 - 2 * pad,
  };
}

/** Runs the work for outputs of every width and height, and 1 to 13 filters. */
function eachShape(smallest: number, visit: (shape: Shape) => void): void {
  for (const dtype of DTYPES) {
    for (const width of WIDTHS.filter((width) => width >= smallest)) {
      for (const height of [smallest, smallest + 1, 5, 6]) {
        for (let filters = 1; filters <= 13; filters++) {
          visit(ofOutput(dtype, height, width, filters));
        }
      }
    }
  }
}

/** Columns of outputs. Half a wide tile is 8 columns in float32 and 4 in float64. */
const WIDTHS = [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 20, 24, 25, 32, 35];

const suite = instructions === "relaxed" ? describe : describe.skip;
const note = instructions === "relaxed"
  ? ""
  : " (skipped: this engine has no fused multiply-add, and so no wide tiles)";

suite(`wide register tiles${note}`, () => {
  afterEach(() => setTileWidth("wide"));

  it("setTileWidth() runs the wide or joined kernels, of all that have a tile", () => {
    for (const width of ["wide", "joined"] as const) assertRuns(width);
  });

  /** Asserts that all kernels with a tile run in this form. */
  function assertRuns(width: TileWidth): void {
    setTileWidth(width);
    const { kernels } = profileKernels(() => {
      for (const dtype of DTYPES) {
        const shape: Shape = {
          ...{ dtype, images: 1, channels: 2, height: 9, width: 9, filters: 3 },
          ...{ rows: 5, columns: 5, stride: 1, pad: 1 },
        };
        convolution(shape);
        const three = { ...shape, filters: 16, rows: 3, columns: 3 };
        convolution(three);
        convolution({ ...three, channels: 16, height: 24, width: 24 });
        pooled(shape);
        affine(dtype, 3, 4, 5);
        affine(dtype, 3, 4000, 5, 0.3);
      }
    });
    const names = kernels.map(({ name }) => name);
    for (const kernel of KERNELS) {
      if (!hasTile(kernel) || kernel === "multiplyAddPeak") continue;
      // Of this one there is no faster form.
      const narrow = width === "joined" &&
        kernel === "conv2dPoolBackwardFilter";
      for (const dtype of dtypesOf(kernel)) {
        const name = kernelName(kernel, dtype, narrow ? "narrow" : width);
        assert(names.includes(name), `${name} did not run`);
        assert(narrow || !names.includes(kernelName(kernel, dtype, "narrow")));
      }
    }
  }

  it("convForwardFast() and convBackwardFast() give the same bytes as with narrow ones for outputs of every width and height, and 1 to 13 filters", () => {
    eachShape(1, (shape) => {
      assertSameBytes(() => convolution(shape), JSON.stringify(shape));
    });
  });

  it("convReluPoolForward() and convReluPoolBackward() give the same bytes as with narrow ones for outputs of every width and height, and 1 to 13 filters", () => {
    eachShape(2, (shape) => {
      assertSameBytes(() => pooled(shape), JSON.stringify(shape));
    });
  });

  it("convolutions give the same bytes as with narrow ones for any shape, with a pooling and without", () => {
    const shapes: fc.Arbitrary<Shape> = fc.record({
      dtype: fc.constantFrom<DType>(...DTYPES),
      images: fc.nat(3),
      channels: fc.integer({ min: 1, max: 7 }),
      height: fc.integer({ min: 9, max: 14 }),
      width: fc.integer({ min: 9, max: 40 }),
      filters: fc.integer({ min: 1, max: 20 }),
      rows: fc.oneof(fc.constant(3), fc.integer({ min: 1, max: 7 })),
      columns: fc.oneof(fc.constant(3), fc.integer({ min: 1, max: 9 })),
      stride: fc.integer({ min: 1, max: 3 }),
      pad: fc.nat(3),
    });
    fc.assert(
      fc.property(shapes, (shape) => {
        assertSameBytes(() => convolution(shape), "conv");
        // Less than two rows or columns of outputs cannot be pooled.
        if (shape.width < 12 || shape.height < 12) return;
        assertSameBytes(() => pooled(shape), "conv-relu-pool");
      }),
      { numRuns: 100 },
    );
  });

  it("convolutions of many products give the same bytes as with narrow ones, with a pooling and without", () => {
    for (const [width, columns] of [[16, 3], [21, 5], [32, 7], [35, 9]]) {
      const shape: Shape = {
        ...{ dtype: "float32", images: 3, channels: 8, filters: 13, rows: 3 },
        ...{ height: 18, width: width!, columns: columns!, stride: 1, pad: 1 },
      };
      assertSameBytes(() => convolution(shape), `${width}`);
      assertSameBytes(() => pooled(shape), `${width}, pooled`);
    }
  });

  it("affineForward() and affineBackward() give the same bytes as with narrow ones, for more rows than one block has and sums of several panels too", () => {
    for (const dtype of DTYPES) {
      for (const [i, m] of [...WIDTHS, 127, 128, 129, 150].entries()) {
        const n = 1 + i % 13;
        assertSameBytes(() => affine(dtype, n, 7 + i, m), `${n}, ${m}`);
      }
      for (
        const [n, d, m] of [
          ...[[4, 255, 9], [5, 256, 17], [9, 511, 24], [3, 1030, 20]],
          ...[[501, 5, 9], [999, 7, 16], [1013, 4, 33], [0, 4, 5]],
        ]
      ) {
        assertSameBytes(() => affine(dtype, n!, d!, m!), `${n}, ${d}, ${m}`);
      }
      assertSameBytes(() => affine(dtype, 13, 4003, 37, 0.3), "with a penalty");
    }
  });
});

if (instructions === "relaxed") {
  setTileWidth("wide");
  await import("./conv_fast_test.ts");
  await import("./conv_relu_pool_test.ts");
  await import("./affine_test.ts");
  await import("./sandwich_test.ts");
  await import("./torch_test.ts");
}
