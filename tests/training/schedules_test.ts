// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import torch from "../../fixtures/torch_optimizers.json" with { type: "json" };
import {
  makeSchedule,
  type ScheduleConfig,
} from "../../training/schedule_config.ts";
import {
  constantSchedule,
  cosineSchedule,
  oneCycleSchedule,
  stepSchedule,
  warmUp,
} from "../../training/schedules.ts";

describe("learning-rate schedules", () => {
  for (const { config, total, rates } of torch.schedules) {
    it(`equal PyTorch's within 1e-12: ${JSON.stringify(config)}`, () => {
      const schedule = makeSchedule(config as ScheduleConfig, total);
      for (const [iteration, rate] of rates.entries()) {
        assertAlmostEquals(schedule(iteration), rate, 1e-12);
      }
    });
  }

  it("are finite, from 0 to 1, and stay at their end, whatever their numbers", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(fc.property(
      ...[fc.integer({ min: 1, max: 30 }), share, share, share, share] as const,
      (total, a, b, c, d) => {
        const warmup = Math.floor(a * total * 0.99);
        const schedules = [
          constantSchedule(),
          cosineSchedule({ total, warmup, startFactor: b, final: c }),
          oneCycleSchedule({ total, peakAt: d, startFactor: b, endFactor: c }),
          warmUp(cosineSchedule({ total }), { iterations: warmup }),
        ];
        for (const schedule of schedules) {
          for (let i = 0; i < total + 3; i++) {
            const factor = schedule(i);
            assert(factor >= 0 && factor <= 1 + 1e-15, `${factor} at ${i}`);
            if (i > total) assertEquals(factor, schedule(total));
          }
        }
      },
    ));
  });

  it("oneCycleSchedule() has its peak at the end of its part, if that is an iteration", () => {
    for (const [total, peakAt, peak] of [[40, 0.25, 9], [10, 1, 9]] as const) {
      const schedule = oneCycleSchedule({ total, peakAt });
      assertEquals(schedule(peak), 1);
      assert(schedule(peak - 1) < 1);
    }
    // PyTorch divides by zero here.
    assertEquals(oneCycleSchedule({ total: 10, peakAt: 0.1 })(0), 1);
    assertEquals(oneCycleSchedule({ total: 1, peakAt: 1 })(0), 1);
  });

  it("stepSchedule() takes milestones in any order, and counts those that occur twice", () => {
    const schedule = stepSchedule({ milestones: [9, 3, 3], factor: 0.5 });
    assertEquals([2, 3, 8, 9].map(schedule), [1, 0.25, 0.25, 0.125]);
  });

  it("keep no reference to the milestones that they are given", () => {
    const milestones = [3];
    const schedule = stepSchedule({ milestones });
    milestones[0] = 0;
    assertEquals(schedule(0), 1);
  });

  it("refuse numbers that are out of range, and name them", () => {
    const refused: [() => unknown, string][] = [
      [
        () => stepSchedule({ every: 0 }),
        "every to be a positive integer but found 0",
      ],
      [
        () => stepSchedule({ every: 2.5 }),
        "every to be a positive integer but found 2.5",
      ],
      [
        () => stepSchedule({ milestones: [1, -1] }),
        "each milestone to be a non-negative integer but found -1",
      ],
      [
        () => stepSchedule({ every: 1, factor: 0 }),
        "factor to be positive and finite but found 0",
      ],
      [
        () => cosineSchedule({ total: 0 }),
        "total to be a positive integer but found 0",
      ],
      [
        () => cosineSchedule({ total: NaN }),
        "total to be a positive integer but found NaN",
      ],
      [
        () => cosineSchedule({ total: 9, warmup: 9 }),
        "warmup to be less than total (9) but found 9",
      ],
      [
        () => cosineSchedule({ total: 9, final: -1 }),
        "final to be finite and at least 0 but found -1",
      ],
      [
        () => oneCycleSchedule({ total: 9, peakAt: 1.1 }),
        "peakAt to be from 0 to 1 but found 1.1",
      ],
      [
        () => oneCycleSchedule({ total: 9, peakAt: NaN }),
        "peakAt to be from 0 to 1 but found NaN",
      ],
      [
        () => oneCycleSchedule({ total: 9, endFactor: Infinity }),
        "endFactor to be finite and at least 0 but found Infinity",
      ],
      [
        () => warmUp(constantSchedule(), { iterations: -1 }),
        "iterations to be a non-negative integer but found -1",
      ],
    ];
    for (const [make, message] of refused) {
      assertThrows(
        make,
        RangeError,
        `Cannot make schedule: expected ${message}`,
      );
    }
    assertThrows(() => stepSchedule({}), TypeError, "but found neither");
    assertThrows(
      () => stepSchedule({ every: 1, milestones: [] }),
      TypeError,
      "but found both",
    );
  });
});
