// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { regularize } from "../../models/regularize.ts";
import { type DType, tensor, zeros } from "../../numerics/tensor.ts";

/** Thirteen weights, whose sum of squares differs from dtype to dtype. */
function weights(dtype: DType) {
  const values = Array.from({ length: 13 }, (_, i) => i * 0.37 - 2);
  return tensor(values, [13], "float32").astype(dtype);
}

describe("regularize()", () => {
  it("sums squares in the weights' dtype, as NumPy does", () => {
    // numpy.sum(w * w) in float32, and of the same weights in float64.
    const expected = {
      float32: 25.545000076293945,
      float64: 25.545000123381627,
    };
    for (const dtype of ["float32", "float64"] as const) {
      const w = weights(dtype);
      assertEquals(
        regularize([{ w, dw: zeros([13], dtype) }], 0.5),
        0.25 * expected[dtype],
      );
    }
  });

  it("adds the sums of several weights in their dtype", () => {
    // 2²⁴ + 1 is no float32, so the 1 is lost, twice.
    const pair = (value: number, dtype: DType) => ({
      w: tensor([value], [1], dtype),
      dw: zeros([1], dtype),
    });
    const total = (dtype: DType) =>
      regularize([pair(4096, dtype), pair(1, dtype), pair(1, dtype)], 2);
    assertEquals([total("float32"), total("float64")], [2 ** 24, 2 ** 24 + 2]);
  });

  it("adds reg · w to each gradient, in place", () => {
    for (const dtype of ["float32", "float64"] as const) {
      const w = weights(dtype);
      const before = w.clone();
      const dw = tensor(new Array(13).fill(1), [13], dtype);
      regularize([{ w, dw }], 0.5);
      const round = dtype === "float32" ? Math.fround : (n: number) => n;
      w.data.forEach((value: number, i: number) =>
        assertEquals(dw.data[i], round(1 + 0.5 * value))
      );
      assertEquals(w, before);
    }
  });

  it("rounds reg · w to float32 before it goes into a float64 gradient", () => {
    const w = weights("float32");
    const dw = zeros([13]);
    regularize([{ w, dw }], 0.001);
    let rounded = 0;
    w.data.forEach((value: number, i: number) => {
      const penalty = Math.fround(Math.fround(0.001) * value);
      assertEquals(dw.data[i], penalty);
      if (penalty !== 0.001 * value) rounded++;
    });
    assert(rounded > 10);
  });

  it("does nothing if reg is 0", () => {
    const dw = tensor([1, -0, NaN]);
    assertEquals(regularize([{ w: tensor([Infinity, 1, 2]), dw }], 0), 0);
    assertEquals([...dw.data], [1, -0, NaN]);
  });
});
