// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { EarlyStopping } from "../../training/early_stopping.ts";

describe("EarlyStopping", () => {
  it("stops after as many checks without an improvement as it has patience for", () => {
    const stopping = new EarlyStopping({ patience: 3 });
    const answers = [0.1, 0.3, 0.2, 0.3, 0.31, 0.1, 0.1, 0.1]
      .map((accuracy) => stopping.update(accuracy));
    assertEquals(answers, [...Array(7).fill(false), true]);
    assertEquals(stopping.state, { best: 0.31, checksSinceBest: 3 });
  });

  it("takes the first accuracy for an improvement, whatever it is, but for NaN", () => {
    const stopping = new EarlyStopping({ patience: 1 });
    assertEquals(stopping.update(-5), false);
    assertEquals(new EarlyStopping({ patience: 1 }).update(NaN), true);
  });

  it("wants more than minDelta", () => {
    const stopping = new EarlyStopping({ patience: 1, minDelta: 0.25 });
    assertEquals(stopping.update(0.5), false);
    assertEquals(stopping.update(0.75), true);
    assertEquals(stopping.update(0.76), false);
  });

  it("goes on from a saved state as if there had been no break", () => {
    const accuracies = fc.array(fc.double({ min: 0, max: 1 }));
    fc.assert(fc.property(accuracies, accuracies, (before, after) => {
      const whole = new EarlyStopping({ patience: 3, minDelta: 0.01 });
      for (const accuracy of before) whole.update(accuracy);
      const resumed = new EarlyStopping({ patience: 3, minDelta: 0.01 });
      resumed.restore(JSON.parse(JSON.stringify(whole.state)));
      for (const accuracy of after) {
        assertEquals(resumed.update(accuracy), whole.update(accuracy));
      }
      assertEquals(resumed.state, whole.state);
    }));
  });

  it("refuses options and states that are wrong", () => {
    for (const patience of [0, -1, 1.5, NaN]) {
      assertThrows(
        () => new EarlyStopping({ patience }),
        RangeError,
        `expected patience to be a positive integer but found ${patience}`,
      );
    }
    assertThrows(
      () => new EarlyStopping({ patience: 1, minDelta: -1 }),
      RangeError,
      "expected minDelta",
    );
    const stopping = new EarlyStopping({ patience: 1 });
    for (
      const state of [{}, { best: "1", checksSinceBest: 0 }, {
        best: null,
        checksSinceBest: -1,
      }]
    ) {
      assertThrows(
        () => stopping.restore(state as never),
        TypeError,
        "Cannot restore",
      );
    }
  });
});
