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
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import {
  optimState,
  UPDATE_RULES,
  type UpdateRuleName,
} from "../../training/update_rules.ts";

const SIZE = 7;
const STEPS = 6;
const NAMES = Object.keys(UPDATE_RULES) as UpdateRuleName[];
/** Those that the document has, written in NumPy. */
const DOCUMENTED = Object.keys(reference) as (keyof typeof reference)[];

/** Numbers that both dtypes hold exactly, so that NumPy starts from the same. */
function numbers(value: (i: number) => number, dtype: DType): Tensor {
  return tensor(Array.from({ length: SIZE }, (_, i) => value(i)), [-1], dtype);
}

/** The parameter that the reference starts from. */
function start(dtype: DType): Tensor {
  return numbers((i) => ((5 * i) % 7 - 3) / 4, dtype);
}

/** Its gradient at step k, from 0. */
function gradient(k: number, dtype: DType): Tensor {
  return numbers((i) => ((7 * i + 3 * k) % 11 - 5) / 8, dtype);
}

describe("update rules", () => {
  for (const name of DOCUMENTED) {
    const rule = UPDATE_RULES[name];

    for (const dtype of ["float64", "float32"] as const) {
      it(`${name} equals NumPy to the last bit after six steps, in place (${dtype})`, () => {
        for (const w of [start(dtype), resident(start(dtype))]) {
          const state = optimState({ learningRate: 0.1 });
          for (let k = 0; k < STEPS; k++) {
            assert(rule(w, gradient(k, dtype), state) === w);
          }
          assertEquals([...w.data], reference[name][dtype]);
          assertEquals(state.steps, STEPS);
        }
      });
    }

    it(`${name} makes a float32 parameter float64 if its gradient is, as NumPy does`, () => {
      const w = start("float32");
      const state = optimState({ learningRate: 0.1 });
      let updated = w;
      for (let k = 0; k < STEPS; k++) {
        updated = rule(updated, gradient(k, "float64"), state);
      }
      assertEquals(updated.dtype, "float64");
      assertEquals([...updated.data], reference[name].promoted);
      assertEquals(w, start("float32"));
    });
  }

  for (const name of NAMES) {
    const rule = UPDATE_RULES[name];

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
