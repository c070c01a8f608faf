// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import torch from "../../fixtures/torch_optimizers.json" with { type: "json" };
import { RandomState } from "../../numerics/random.ts";
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import { WeightAverage } from "../../training/weight_average.ts";
import { bytesOf } from "../layers/agreement.ts";

describe("WeightAverage", () => {
  const cases = [
    [torch.averages.plain, { decay: 0.9, warmup: false }],
    [torch.averages.warm, { decay: 0.4 }],
  ] as const;
  for (const [{ weights, average }, options] of cases) {
    it(`equals PyTorch's AveragedModel within 1e-14, with ${JSON.stringify(options)}`, () => {
      const [first, ...rest] = weights.map((w) => ({ w: tensor(w) }));
      const averages = new WeightAverage(first!, options);
      for (const params of rest) averages.update(params);
      for (const [i, value] of average.flat().entries()) {
        assertAlmostEquals(averages.tensors.w!.data[i]!, value, 1e-14);
      }
      assertEquals(averages.count, rest.length);
    });
  }

  const draw = (dtype: DType) => {
    const random = new RandomState(3);
    return (): Record<string, Tensor> => ({
      w: random.randn([5, 7]).astype(dtype),
      b: random.randn([3]).astype(dtype),
    });
  };

  for (const dtype of ["float32", "float64"] as const) {
    it(`goes on from a saved state with the same bytes (${dtype})`, () => {
      const next = draw(dtype);
      const first = next();
      const average = new WeightAverage(first);
      for (let i = 0; i < 5; i++) average.update(next());
      const count: number = JSON.parse(JSON.stringify(average.state.count));
      const tensors = Object.fromEntries(
        Object.entries(average.state.tensors).map(([k, t]) => [k, t.clone()]),
      );
      const restored = new WeightAverage(first);
      restored.restore({ tensors, count });
      tensors.w!.data.fill(NaN);
      for (let i = 0; i < 5; i++) {
        const params = next();
        average.update(params);
        restored.update(params);
      }
      assertEquals(
        bytesOf(...Object.values(restored.tensors)),
        bytesOf(...Object.values(average.tensors)),
      );
      assertEquals(restored.count, 10);
    });

    it(`does not move where it is there already, nor touch the parameters (${dtype})`, () => {
      const params = draw(dtype)();
      const copy = bytesOf(...Object.values(params));
      const average = new WeightAverage(params);
      for (let i = 0; i < 100; i++) average.update(params);
      assertEquals(bytesOf(...Object.values(average.tensors)), copy);
      assertEquals(bytesOf(...Object.values(params)), copy);
      assert(average.tensors.w!.data !== params.w!.data);
    });
  }

  it("refuses parameters that are not those that it began with", () => {
    const average = new WeightAverage({ w: zeros([2, 3]) });
    assertThrows(
      () => average.update({ v: zeros([2, 3]) }),
      TypeError,
      "Cannot average weights: expected w of shape (2, 3) but it is missing",
    );
    assertThrows(
      () => average.update({ w: zeros([3, 2]) }),
      TypeError,
      "expected w of shape (2, 3) but found (3, 2)",
    );
    assertEquals(average.count, 0);
  });

  it("refuses states and options that are wrong", () => {
    const average = new WeightAverage({ w: zeros([2]) });
    const restore = (w: Tensor, count: number) => () =>
      average.restore({ tensors: { w }, count });
    assertThrows(restore(zeros([3]), 0), TypeError, "but found (3,)");
    assertThrows(restore(zeros([2], "float32"), 0), TypeError, "found float32");
    assertThrows(restore(zeros([2]), -1), RangeError, "found -1");
    for (const decay of [-0.1, 1.1, NaN]) {
      assertThrows(
        () => new WeightAverage({}, { decay }),
        RangeError,
        `expected decay to be from 0 to 1 but found ${decay}`,
      );
    }
  });
});
