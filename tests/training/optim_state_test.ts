// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { tensor } from "../../numerics/tensor.ts";
import {
  type OptimConfig,
  optimState,
  restoreOptimState,
} from "../../training/optim_state.ts";

describe("optimState()", () => {
  it("copies the configuration", () => {
    const config = { learningRate: 0.1 };
    const state = optimState(config);
    assert(state.config !== config);
    assertEquals(state, { config, steps: 0, slots: {} });
  });

  it("takes the ends of the ranges that belong to them", () => {
    optimState({
      ...{ learningRate: 0, epsilon: 0, weightDecay: 0, momentum: 0 },
      ...{ beta1: 0, beta2: 0, decayRate: 0 },
    });
  });

  it("refuses numbers that are out of range, and names them", () => {
    for (const name of ["momentum", "decayRate", "beta1", "beta2"]) {
      for (const value of [-0.1, 1, NaN]) {
        assertThrows(
          () => optimState({ [name]: value }),
          RangeError,
          `expected ${name} to be at least 0 and less than 1 but found ${value}`,
        );
      }
    }
    for (const name of ["learningRate", "epsilon", "weightDecay"]) {
      for (const value of [-1e-9, Infinity, NaN]) {
        assertThrows(
          () => optimState({ [name]: value }),
          RangeError,
          `expected ${name} to be finite and at least 0 but found ${value}`,
        );
      }
    }
  });

  it("refuses what is no number, and names that no rule has", () => {
    assertThrows(
      () => optimState({ momentum: "0.9" } as unknown as OptimConfig),
      TypeError,
      'expected momentum to be a number but found "0.9"',
    );
    assertThrows(
      () => optimState({ weight_decay: 1 } as OptimConfig),
      TypeError,
      'but found "weight_decay"',
    );
    assertThrows(
      () => optimState({ toString: 1 } as unknown as OptimConfig),
      TypeError,
    );
  });
});

describe("restoreOptimState()", () => {
  it("copies the tensors", () => {
    const slots = { m: tensor([1, 2]) };
    const state = restoreOptimState({ config: {}, steps: 3, slots });
    slots.m.data[0] = 7;
    assertEquals([...state.slots.m!.data], [1, 2]);
    assertEquals(state.steps, 3);
  });

  it("refuses a wrong number of steps", () => {
    const restore = (steps: unknown) =>
      restoreOptimState({ config: {}, steps: steps as number, slots: {} });
    assertThrows(() => restore(-1), RangeError, "at least 0 but found -1");
    assertThrows(() => restore(1.5), TypeError, "an integer but found 1.5");
    assertThrows(() => restore(null), TypeError, "found null");
  });
});
