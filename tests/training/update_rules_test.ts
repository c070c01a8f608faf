// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import torch from "../../fixtures/torch_optimizers.json" with { type: "json" };
import reference from "../../fixtures/update_rules.json" with { type: "json" };
import { resident } from "../../kernels/frame.ts";
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import {
  adamw,
  DEFAULT_LEARNING_RATES,
  type OptimConfig,
  type OptimState,
  optimState,
  restoreOptimState,
  UPDATE_RULES,
  type UpdateRuleName,
} from "../../training/update_rules.ts";
import { bytesOf } from "../layers/agreement.ts";

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

/** A configuration with PyTorch's names for its numbers. */
interface TorchOptions {
  readonly lr: number;
  readonly momentum?: number;
  readonly alpha?: number;
  readonly betas?: readonly number[];
  readonly eps?: number;
  readonly weight_decay?: number;
}

/** The same with ours. */
function fromTorch(options: TorchOptions): OptimConfig {
  const { lr, momentum, alpha, betas, eps, weight_decay } = options;
  return JSON.parse(JSON.stringify({
    ...{ learningRate: lr, momentum, decayRate: alpha, epsilon: eps },
    ...{ beta1: betas?.[0], beta2: betas?.[1], weightDecay: weight_decay },
  }));
}

/** The gradient of w A w / 2 - b w. */
function quadraticGradient(w: Tensor): Tensor {
  const { a, b } = torch.quadratic;
  return tensor(
    a.map((row, i) =>
      row.reduce((sum, value, j) => sum + value * w.at(j), -b[i]!)
    ),
  );
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

  for (const { rule, changes, options, weights } of torch.runs) {
    it(
      `${rule} equals PyTorch within 1e-12 over 20 steps on a quadratic function, with ${
        JSON.stringify(options)
      }`,
      () => {
        const w = tensor(torch.quadratic.w);
        const config = fromTorch(options);
        const state = optimState(config);
        for (let step = 1; step <= 20; step++) {
          const learningRate = options.lr / (changes ? step : 1);
          state.config = { ...config, learningRate };
          UPDATE_RULES[rule as UpdateRuleName](w, quadraticGradient(w), state);
          const kept: Record<number, number[]> = weights;
          for (const [i, expected] of (kept[step] ?? []).entries()) {
            assertAlmostEquals(w.at(i), expected, 1e-12);
          }
        }
      },
    );
  }

  it("are all compared with PyTorch, with weight decay and without, and have a learning rate", () => {
    for (const name of NAMES) {
      const runs = torch.runs.filter(({ rule }) => rule === name);
      assert(runs.some(({ options }) => (options.weight_decay ?? 0) > 0));
      assert(runs.some(({ options }) => !options.weight_decay));
      assert(DEFAULT_LEARNING_RATES[name] > 0);
    }
  });

  it("adamw keeps the digits of a small decay in float32", () => {
    const start = Float32Array.from({ length: 1001 }, (_, i) => 1 + i / 1000);
    const w = tensor(start, [-1], "float32");
    const state = optimState({ learningRate: 1e-4, weightDecay: 1e-2 });
    for (let i = 0; i < 1000; i++) adamw(w, zeros([1001], "float32"), state);
    const kept = [...w.data].reduce(
      (sum, value, i) => sum + value / start[i]! / 1001,
      0,
    );
    // Multiplied by 1 - 1e-6 in float32, 1000 times, they would be 0.998986.
    assertAlmostEquals(kept, 0.999, 2e-6);
  });

  for (const name of NAMES) {
    for (const dtype of ["float64", "float32"] as const) {
      it(`${name} leaves weight decay out where it is 0, also of infinite weights (${dtype})`, () => {
        const results = [{}, { weightDecay: 0 }].map((config) => {
          const w = tensor([Infinity, 1, 2, -Infinity, NaN], [-1], dtype);
          const state = optimState(
            name === "adamw" ? { weightDecay: 0 } : config,
          );
          UPDATE_RULES[name](w, tensor([1, 1, 1, 1, 1], [-1], dtype), state);
          return [...w.data];
        });
        assertEquals(results[0], results[1]);
        assertEquals(results[0]![0], Infinity);
        assertEquals(results[0]![3], -Infinity);
      });

      it(`${name} goes on from a saved state with the same bytes (${dtype})`, () => {
        const train = (w: Tensor, state: OptimState, from: number) => {
          for (let k = from; k < from + STEPS; k++) {
            UPDATE_RULES[name](w, gradient(k, dtype), state);
          }
        };
        const w = start(dtype);
        const state = optimState({ learningRate: 0.1, weightDecay: 0.01 });
        train(w, state, 0);
        const { config, steps } = JSON.parse(
          JSON.stringify({ config: state.config, steps: state.steps }),
        );
        const slots = Object.fromEntries(
          Object.entries(state.slots).map(([key, slot]) => [key, slot.clone()]),
        );
        const saved = w.clone();
        train(w, state, STEPS);
        const restored = restoreOptimState({ config, steps, slots });
        train(saved, restored, STEPS);
        assertEquals(bytesOf(saved), bytesOf(w));
        assertEquals(restored, state);
      });
    }
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
