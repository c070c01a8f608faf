// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import reference from "../../fixtures/update_rules.json" with { type: "json" };
import { resident } from "../../kernels/frame.ts";
import { linspace, type Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import {
  optimState,
  UPDATE_RULES,
  type UpdateRuleName,
} from "../../training/update_rules.ts";

const SIZE = 7;
const NAMES = Object.keys(UPDATE_RULES) as UpdateRuleName[];

/** The gradient of step k, as the reference was computed with. */
function gradient(k: number) {
  return tensor(
    Array.from(
      { length: SIZE },
      (_, i) => Math.cos(0.7 * i + k) * (k + 1) * 0.3,
    ),
  );
}

describe("update rules", () => {
  for (const name of NAMES) {
    const rule = UPDATE_RULES[name];

    it(`${name} equals NumPy after four steps, in place`, () => {
      for (const make of [(t: Tensor) => t, resident]) {
        const w = make(linspace(-1, 1, [SIZE]));
        const state = optimState({ learningRate: 0.1 });
        for (let k = 0; k < 4; k++) assert(rule(w, gradient(k), state) === w);
        w.data.forEach((value: number, i: number) =>
          assertAlmostEquals(value, reference[name][i]!, 1e-14)
        );
        assertEquals(state.steps, 4);
      }
    });

    it(`${name} works in float32`, () => {
      const w = linspace(-1, 1, [SIZE], "float32");
      const state = optimState({ learningRate: 0.1 });
      for (let k = 0; k < 4; k++) rule(w, gradient(k).astype("float32"), state);
      assertEquals(w.dtype, "float32");
      w.data.forEach((value: number, i: number) =>
        assertAlmostEquals(value, reference[name][i]!, 1e-5)
      );
    });

    it(`${name} makes a float32 parameter float64 if its gradient is`, () => {
      const w = linspace(-1, 1, [SIZE], "float32");
      const before = w.clone();
      const state = optimState({ learningRate: 0.1 });
      let updated = w;
      for (let k = 0; k < 4; k++) updated = rule(updated, gradient(k), state);
      assertEquals(updated.dtype, "float64");
      assertEquals(w.data, before.data);
      // The same as from the rounded parameters in float64 throughout.
      const double = before.astype("float64");
      const other = optimState({ learningRate: 0.1 });
      for (let k = 0; k < 4; k++) rule(double, gradient(k), other);
      assertEquals([...updated.data], [...double.data]);
    });

    it(`${name} treats every element alike, whatever the length`, () => {
      for (const size of [1, 2, 3, 4, 5, 9, 100_001]) {
        const w = tensor(new Float64Array(size).fill(1));
        rule(w, tensor(new Float64Array(size).fill(0.5)), optimState());
        assert(
          w.data.every((value: number) => value === w.data[0] && value < 1),
        );
      }
    });

    it(`${name} refuses a gradient of another shape`, () => {
      assertThrows(
        () => rule(zeros([2, 3]), zeros([3, 2]), optimState()),
        TypeError,
        "expected a gradient of shape (2, 3) but found (3, 2)",
      );
    });
  }

  it("read their numbers from the configuration", () => {
    const step = (
      name: UpdateRuleName,
      config: Parameters<typeof optimState>[0],
    ) => {
      const w = tensor([1]);
      const state = optimState(config);
      UPDATE_RULES[name](w, tensor([2]), state);
      UPDATE_RULES[name](w, tensor([2]), state);
      return w.at(0);
    };
    assertAlmostEquals(step("sgd", {}), 1 - 2 * 0.02);
    assertAlmostEquals(step("sgd_momentum", { momentum: 0 }), 1 - 2 * 0.02);
    assertAlmostEquals(
      step("rmsprop", { decayRate: 0, learningRate: 0.1 }),
      0.8,
      1e-6,
    );
    assertAlmostEquals(
      step("adam", { beta1: 0, beta2: 0, learningRate: 0.1 }),
      0.8,
      1e-6,
    );
    assertAlmostEquals(
      step("adam", { beta1: 0, beta2: 0, epsilon: 2, learningRate: 1 }),
      0,
      1e-12,
    );
  });
});
