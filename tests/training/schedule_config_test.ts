// Copyright 2026 the Convlab authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { parseSchedule } from "../../training/parse_schedule.ts";
import { checkSchedule, makeSchedule } from "../../training/schedule_config.ts";

describe("makeSchedule()", () => {
  it("takes stretches in iterations, percent and epochs", () => {
    for (const every of [10, "10%", "2epochs", "2 epochs", "10.1 %"]) {
      const schedule = makeSchedule(
        { kind: "step", every, factor: 0.5 },
        100,
        5,
      );
      assertEquals([9, 10, 19, 20].map(schedule), [1, 0.5, 0.5, 0.25]);
    }
    const one = makeSchedule({ kind: "step", every: "1epoch" }, 100, 7);
    assertEquals(one(6), 1);
  });

  it("refuses stretches that do not fit the training", () => {
    assertThrows(
      () => makeSchedule({ kind: "cosine", warmup: 100 }, 100),
      RangeError,
      "expected warmup to be less than total (100) but found 100",
    );
    assertThrows(
      () => makeSchedule({ kind: "step", every: "2epochs" }, 100),
      RangeError,
      "as the length of an epoch is not known",
    );
    assertThrows(
      () => makeSchedule({ kind: "step", every: "0.1%" }, 100),
      RangeError,
      "expected every to be a positive integer but found 0",
    );
  });
});

describe("checkSchedule()", () => {
  it("refuses what is no schedule, and says what is wrong", () => {
    const refused: [unknown, new (...args: string[]) => Error, string][] = [
      [null, TypeError, "expected an object but found null"],
      [[], TypeError, "expected an object but found []"],
      ["cosine", TypeError, 'expected an object but found "cosine"'],
      [
        {},
        TypeError,
        "expected kind to be one of constant, step, cosine, one-cycle but found undefined",
      ],
      [{ kind: "toString" }, TypeError, 'but found "toString"'],
      [
        { kind: "cosine", every: 3 },
        TypeError,
        'expected the numbers of cosine to be among warmup, startFactor, final but found "every"',
      ],
      [
        { kind: "cosine", final: "0" },
        TypeError,
        'expected final to be a number but found "0"',
      ],
      [
        { kind: "cosine", warmup: [1] },
        TypeError,
        "expected warmup to be iterations or a text",
      ],
      [
        { kind: "cosine", warmup: null },
        TypeError,
        "expected warmup to be iterations or a text",
      ],
      [
        { kind: "cosine", warmup: "5" },
        SyntaxError,
        'expected warmup in iterations, percent ("5%") or epochs ("2epochs") but found "5"',
      ],
      [
        { kind: "step", milestones: 5 },
        TypeError,
        "expected milestones to be a list",
      ],
      [
        { kind: "step" },
        TypeError,
        "expected one of every and milestones but found neither",
      ],
      [
        { kind: "step", every: -1 },
        RangeError,
        "expected every to be a positive integer but found -1",
      ],
      [
        { kind: "one-cycle", peakAt: 25 },
        RangeError,
        "expected peakAt to be from 0 to 1 but found 25",
      ],
    ];
    for (const [value, kind, message] of refused) {
      assertThrows(() => checkSchedule(value), kind, message);
    }
  });
});

describe("parseSchedule()", () => {
  it("reads kinds and their numbers", () => {
    const texts = {
      "constant": { kind: "constant" },
      " one-cycle ": { kind: "one-cycle" },
      "one-cycle:peakAt=.25,endFactor=1e-4": {
        ...{ kind: "one-cycle", peakAt: 0.25, endFactor: 1e-4 },
      },
      "cosine:warmup=500": { kind: "cosine", warmup: 500 },
      "cosine: warmup = 5% , final = 0": {
        ...{ kind: "cosine", warmup: "5%", final: 0 },
      },
      "step:every=10,factor=0.5": { kind: "step", every: 10, factor: 0.5 },
      "step:every=2epochs": { kind: "step", every: "2epochs" },
      "step:milestones=100+75%+9epochs": {
        ...{ kind: "step", milestones: [100, "75%", "9epochs"] },
      },
    };
    for (const [text, config] of Object.entries(texts)) {
      assertEquals(parseSchedule(text), config as never);
    }
  });

  it("says what is wrong with a text", () => {
    const refused: [string, new (...args: string[]) => Error, string][] = [
      [
        "",
        SyntaxError,
        'expected it to begin with one of constant, step, cosine, one-cycle but found ""',
      ],
      ["linear", SyntaxError, 'but found "linear"'],
      [
        "cosine:",
        SyntaxError,
        'expected NAME=VALUE after the colon, separated by commas, but found ""',
      ],
      ["cosine:warmup", SyntaxError, 'but found "warmup"'],
      ["cosine:warmup=5,,final=0", SyntaxError, 'but found ""'],
      [
        "cosine:warmup=five",
        SyntaxError,
        'expected warmup in iterations, percent ("5%") or epochs ("2epochs") but found "five"',
      ],
      [
        "cosine:final=low",
        SyntaxError,
        'expected final to be a number but found "low"',
      ],
      [
        "cosine:final=0x10",
        SyntaxError,
        'expected final to be a number but found "0x10"',
      ],
      [
        "cosine:final=",
        SyntaxError,
        'expected final to be a number but found ""',
      ],
      [
        "cosine:final=0,final=1",
        SyntaxError,
        "expected final once but found it twice",
      ],
      ["cosine:kind=step", SyntaxError, 'but found "kind"'],
      ["cosine:__proto__=1", SyntaxError, 'but found "__proto__"'],
      ["step", SyntaxError, "expected step with one of every and milestones"],
      [
        "step:every=5,milestones=3",
        SyntaxError,
        "expected step with one of every and milestones",
      ],
      ["step:milestones=", SyntaxError, 'but found ""'],
      [
        "cosine:final=-1",
        RangeError,
        "expected final to be finite and at least 0 but found -1",
      ],
      ["cosine:final=1e999", RangeError, "but found Infinity"],
      [
        "step:every=0",
        RangeError,
        "expected every to be a positive integer but found 0",
      ],
    ];
    for (const [text, kind, message] of refused) {
      assertThrows(() => parseSchedule(text), kind, message);
    }
  });

  it("gives a schedule or a SyntaxError or RangeError for any text", () => {
    const word = fc.constantFrom(
      ...[
        "constant",
        "step",
        "cosine",
        "one-cycle",
        "warmup",
        "every",
        "final",
      ],
      ...["milestones", "peakAt", ":", ":", "=", "=", ",", "+", "%", "epochs"],
      ...["5", "0.5", "-1", "1e9", " ", "\n", "\0", "é"],
    );
    fc.assert(
      fc.property(fc.array(word, { maxLength: 8 }), (words) => {
        try {
          makeSchedule(parseSchedule(words.join("")), 1000, 10)(3);
        } catch (error) {
          const expected = error instanceof SyntaxError ||
            error instanceof RangeError;
          if (!expected) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
