// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { addPenalty } from "../../kernels/penalty.ts";
import { profileKernels } from "../../kernels/profile.ts";
import { affineBackward, affineForward } from "../../layers/affine.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type DType, type Tensor, zeros } from "../../numerics/tensor.ts";
import { absolute, assertWithinRounding, bytesOf } from "./agreement.ts";

/** a (n × k) · b (k × m) by plain loops; `t` says which of them is transposed. */
function product(
  a: Tensor,
  b: Tensor,
  n: number,
  k: number,
  m: number,
  t = "",
): Tensor {
  const out = zeros([n, m]);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++) {
      for (let l = 0; l < k; l++) {
        const left = t === "a" ? a.data[l * n + i]! : a.data[i * k + l]!;
        const right = t === "b" ? b.data[j * k + l]! : b.data[l * m + j]!;
        out.data[i * m + j]! += left * right;
      }
    }
  }
  return out;
}

/** Output and gradients of an affine layer by plain loops, in float64. */
function byLoops(x: Tensor, w: Tensor, b: Tensor, dout: Tensor) {
  const [n, d, m] = [x.shape[0]!, w.shape[0]!, w.shape[1]!];
  const out = product(x, w, n, d, m);
  const db = zeros([m]);
  for (let i = 0; i < n * m; i++) {
    out.data[i]! += b.data[i % m]!;
    db.data[i % m]! += dout.data[i]!;
  }
  const dx = product(dout, w, n, m, d, "b");
  return { out, dx, dw: product(x, dout, d, n, m, "a"), db };
}

/** Asserts that the layer equals plain loops, with x (n × d) and w (d × m). */
function assertEqualLoops(
  seed: number,
  dtype: DType,
  n: number,
  d: number,
  m: number,
): void {
  const random = new RandomState(seed);
  const draw = (...shape: number[]) => random.randn(shape).astype(dtype);
  const [x, w, b, dout] = [draw(n, d), draw(d, m), draw(m), draw(n, m)];
  const { out, cache } = affineForward(x!, w!, b!);
  const results = { out, ...affineBackward(dout!, cache) };
  const expected = byLoops(x!, w!, b!, dout!);
  const [ax, aw, ab, adout] = [x!, w!, b!, dout!].map(absolute);
  const sizes = byLoops(ax!, aw!, ab!, adout!);
  for (const name of ["out", "dx", "dw", "db"] as const) {
    assertWithinRounding(
      results[name],
      expected[name].astype(dtype),
      sizes[name],
      Math.max(n, d, m) + 1,
      name,
    );
  }
}

/** Asserts that gradients with a penalty equal those without, and the penalty added to them. */
function assertEqualPasses(x: Tensor, w: Tensor, dout: Tensor): void {
  const { dx, dw, db } = affineBackward(dout, { x, w });
  const sumSquares = addPenalty(w, 0.3, dw);
  const penalized = affineBackward(dout, { x, w }, { reg: 0.3 });
  const name = `${dout.shape[0]} × ${w.shape.join(" × ")}, ${w.dtype}`;
  assertEquals(penalized.sumSquares, sumSquares, name);
  assertEquals(
    bytesOf(penalized.dx, penalized.dw, penalized.db),
    bytesOf(dx, dw, db),
    name,
  );
}

describe("affineForward() and affineBackward()", () => {
  it("equal plain loops for any sizes", () => {
    const size = (max: number) => fc.integer({ min: 1, max });
    fc.assert(
      fc.property(
        fc.nat(),
        fc.constantFrom<DType>("float64", "float32"),
        fc.nat(70),
        fc.oneof(size(40), size(900)),
        size(90),
        assertEqualLoops,
      ),
      // In four files and engines.
      { numRuns: 30 },
    );
  });

  it("equal plain loops where a product takes several panels or blocks of rows", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (
        const [n, d, m] of [[600, 5, 9], [3, 9, 600], [7, 1030, 5], [
          9,
          230,
          70,
        ]]
      ) {
        assertEqualLoops(1, dtype, n!, d!, m!);
      }
    }
  });

  it("equal plain loops where rows lie so far apart that they share lines of the cache", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (const [n, d, m] of [[47, 3, 1024], [20, 261, 1024], [7, 37, 512]]) {
        assertEqualLoops(1, dtype, n!, d!, m!);
      }
    }
  });

  it("agree with numeric gradients for images", () => {
    const random = new RandomState(1);
    const x = random.randn([3, 2, 4, 5]);
    const w = random.randn([40, 6]);
    const b = random.randn([6]);
    const dout = random.randn([3, 6]);
    const f = () => affineForward(x, w, b).out;
    const { dx, dw, db } = affineBackward(dout, affineForward(x, w, b).cache);
    assertEquals(dx.shape, x.shape);
    for (const [at, gradient] of [[x, dx], [w, dw], [b, db]] as const) {
      assert(
        relError(evalNumericalGradientArray(f, at, dout), gradient) < 1e-7,
      );
    }
  });

  it("add the gradient of an L2 penalty to the bit as a pass of its own would", () => {
    for (const dtype of ["float64", "float32"] as const) {
      for (
        const [n, d, m, isOnePass] of [
          // Groups of rows and blocks of the sum end anywhere; bands as low as they get.
          ...[[5, 4000, 9, 1], [7, 5003, 13, 1], [250, 4499, 5, 1]],
          [2, 4001, 640, 1],
          // Few rows, no examples, long sums, panels that do not fit the cache.
          ...[[5, 30, 20, 0], [0, 4000, 3, 0], [251, 4000, 3, 0]],
          [200, 4000, 400, 0],
        ]
      ) {
        const random = new RandomState(n!);
        const draw = (...shape: number[]) => random.randn(shape).astype(dtype);
        const [x, w, dout] = [draw(n!, d!), draw(d!, m!), draw(n!, m!)];
        const { kernels } = profileKernels(() => assertEqualPasses(x, w, dout));
        const names = kernels.map(({ name }) => name);
        assertEquals(
          names.some((name) => name.includes("gemm_penalized")),
          isOnePass === 1,
          `${n} × ${d} × ${m}, ${dtype}`,
        );
      }
    }
  });

  it("round the penalty of float32 weights before it goes into a float64 gradient", () => {
    const random = new RandomState(1);
    const w = random.randn([4000, 3]).astype("float32");
    assertEqualPasses(random.randn([2, 4000]), w, random.randn([2, 3]));
  });

  it("name the argument whose shape is wrong", () => {
    const [x, w, b] = [zeros([2, 3, 4]), zeros([12, 5]), zeros([5])];
    assertThrows(
      () => affineForward(x, zeros([11, 5]), b),
      TypeError,
      "expected w of shape (12, M) for x of shape (2, 3, 4) but found (11, 5)",
    );
    assertThrows(
      () => affineForward(x, w, zeros([4])),
      TypeError,
      "expected b of shape (5,) but found (4,)",
    );
    assertThrows(
      () => affineBackward(zeros([2, 4]), affineForward(x, w, b).cache),
      TypeError,
      "expected dout of shape (2, 5) but found (2, 4)",
    );
  });
});
