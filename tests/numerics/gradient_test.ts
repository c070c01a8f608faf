// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  evalNumericalGradient,
  evalNumericalGradientArray,
} from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { sum } from "../../numerics/sum.ts";
import { Tensor, tensor, zeros } from "../../numerics/tensor.ts";

const map = (x: Tensor, f: (value: number) => number) =>
  new Tensor(x.data.map(f), x.shape);

describe("evalNumericalGradientArray()", () => {
  it("gives the gradient of an elementwise function", () => {
    const random = new RandomState(1);
    const [x, df] = [random.randn([3, 4]), random.randn([3, 4])];
    const dx = evalNumericalGradientArray((x) => map(x, Math.sin), x, df);
    const exact = map(x, Math.cos);
    exact.data.forEach((v, i) => exact.data[i] = v * df.data[i]!);
    assert(relError(dx, exact) < 1e-8);
    assertEquals(dx.shape, [3, 4]);
  });

  it("is exact for linear functions with a step that is a power of two", () => {
    const integers = fc.array(fc.integer({ min: -50, max: 50 }), {
      minLength: 4,
      maxLength: 4,
    });
    fc.assert(fc.property(integers, integers, (values, weights) => {
      const f = (x: Tensor) => map(x, (v) => 3 * v);
      const dx = evalNumericalGradientArray(
        f,
        tensor(values),
        tensor(weights),
        {
          h: 2 ** -10,
        },
      );
      assertEquals([...dx.data], weights.map((v) => 3 * v || 0));
    }));
  });

  it("lets f reuse its output and read x from elsewhere", () => {
    const x = tensor([2, 3]);
    const out = zeros([1]);
    const product = () => {
      out.data[0] = x.data[0]! * x.data[1]!;
      return out;
    };
    const dx = evalNumericalGradientArray(product, x, tensor([1]));
    assert(relError(dx, tensor([3, 2])) < 1e-10);
  });

  it("takes the step of the option, 1e-5 by default", () => {
    const seen: number[] = [];
    const f = (x: Tensor) => {
      seen.push(x.data[0]!);
      return x;
    };
    evalNumericalGradientArray(f, tensor([0]), tensor([1]));
    evalNumericalGradientArray(f, tensor([0]), tensor([1]), { h: 0.5 });
    assertEquals(seen, [1e-5, -1e-5, 0.5, -0.5]);
  });

  it("restores x, also when f throws", () => {
    const x = tensor([0.1, 0.2, 0.3]);
    const kept = x.clone();
    evalNumericalGradientArray((x) => map(x, Math.exp), x, tensor([1, 1, 1]));
    assertEquals(x, kept);
    for (const failing of [1, 2, 4]) {
      let calls = 0;
      const f = (x: Tensor) => {
        if (++calls === failing) throw new Error("no value");
        return x;
      };
      assertThrows(
        () => evalNumericalGradientArray(f, x, tensor([1, 1, 1])),
        Error,
        "no value",
      );
      assertEquals(x, kept);
    }
  });

  it("throws if x is float32, h not positive, or df of another shape", () => {
    const [x, df] = [zeros([2]), zeros([2])];
    const f = (x: Tensor) => x;
    assertThrows(
      () => evalNumericalGradientArray(f, x.astype("float32"), df),
      TypeError,
      "expected x to be float64 but found float32",
    );
    for (const h of [0, -1, NaN, Infinity]) {
      assertThrows(
        () => evalNumericalGradientArray(f, x, df, { h }),
        RangeError,
        `expected h to be positive but found ${h}`,
      );
    }
    assertThrows(
      () => evalNumericalGradientArray(f, x, zeros([1, 2])),
      TypeError,
      "expected f(x) to have df.shape (1, 2) but found (2,)",
    );
    assertEquals(x, zeros([2]));
  });

  it("gives an empty gradient for an empty x", () => {
    const dx = evalNumericalGradientArray(
      () => zeros([3]),
      zeros([0, 2]),
      zeros([3]),
    );
    assertEquals(dx, zeros([0, 2]));
  });
});

describe("evalNumericalGradient()", () => {
  it("gives the gradient of a function to a number", () => {
    const x = new RandomState(2).randn([5]);
    const kept = x.clone();
    const f = (x: Tensor) => sum(map(x, (v) => v ** 3).data);
    const dx = evalNumericalGradient(f, x, { h: 1e-6 });
    assert(relError(dx, map(x, (v) => 3 * v * v)) < 1e-7);
    assertEquals(x, kept);
  });

  it("restores x when f throws", () => {
    const x = tensor([1]);
    const f = () => {
      throw new Error("no value");
    };
    assertThrows(() => evalNumericalGradient(f, x), Error, "no value");
    assertEquals(x, tensor([1]));
  });

  it("throws if x is float32", () => {
    assertThrows(
      () => evalNumericalGradient(() => 0, zeros([1], "float32")),
      TypeError,
      "expected x to be float64",
    );
  });
});
