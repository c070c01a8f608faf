// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { relError } from "../../numerics/rel_error.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";

describe("relError()", () => {
  it("is the largest |x - y| / (|x| + |y|)", () => {
    assertEquals(relError(tensor([1, 2, -3]), tensor([1, 2.5, -9])), 0.5);
    assertEquals(relError(5, -5), 1);
  });

  it("divides by 1e-8 where both are smaller", () => {
    assertEquals(relError(3e-10, -2e-10), 5e-10 / 1e-8);
    assertEquals(relError(0, 0), 0);
  });

  it("is symmetric, 0 for equal and at most 1 for finite tensors", () => {
    const list = fc.array(
      fc.double({ min: -1e300, max: 1e300, noNaN: true }),
      { minLength: 3, maxLength: 3 },
    );
    fc.assert(fc.property(list, list, (a, b) => {
      const [x, y] = [tensor(a), tensor(b)];
      const error = relError(x, y);
      assertEquals(error, relError(y, x));
      assertEquals(relError(x, x), 0);
      assertEquals(error >= 0 && error <= 1, true);
    }));
  });

  it("is NaN as soon as one element is, wherever it stands", () => {
    assertEquals(relError(tensor([NaN, 1]), tensor([1, 2])), NaN);
    assertEquals(relError(tensor([1, 2]), tensor([3, NaN])), NaN);
    assertEquals(relError(Infinity, Infinity), NaN);
  });

  it("compares tensors of different dtypes in float64", () => {
    const x = tensor([0.1]);
    const y = tensor([0.1], [1], "float32");
    const single = Math.fround(0.1);
    assertEquals(relError(x, y), (single - 0.1) / (single + 0.1));
  });

  it("is 0 for empty tensors", () => {
    assertEquals(relError(zeros([0, 3]), zeros([0, 3])), 0);
  });

  it("throws if shapes differ or a number meets a tensor", () => {
    assertThrows(
      () => relError(zeros([2, 3]), zeros([3, 2])),
      TypeError,
      "Cannot compare: expected y.shape to equal x.shape (2, 3) but found (3, 2)",
    );
    assertThrows(
      () => relError(zeros([1]), 0),
      TypeError,
      "expected two tensors or two numbers but found Tensor float64 (1,) and 0",
    );
  });
});
