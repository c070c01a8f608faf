// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { splitByClass } from "../../data/split_by_class.ts";

const labelsOf = (...counts: number[]) =>
  counts.flatMap((count, label) => new Array<number>(count).fill(label));

describe("splitByClass()", () => {
  it("puts each example into one part, and its share of each class into each part", () => {
    fc.assert(fc.property(
      fc.array(fc.nat(4), { maxLength: 60 }),
      fc.double({ min: 0, max: 0.49, noNaN: true }),
      fc.double({ min: 0, max: 0.49, noNaN: true }),
      fc.nat(99),
      (labels, valFraction, testFraction, seed) => {
        const options = { valFraction, testFraction, seed };
        const { train, validation, test } = splitByClass(labels, options);
        const all = [...train, ...validation, ...test].sort((a, b) => a - b);
        assertEquals(all, [...labels.keys()]);
        for (const label of new Set(labels)) {
          const countOf = (part: Int32Array) =>
            part.filter((i) => labels[i] === label).length;
          const n = labels.filter((other) => other === label).length;
          assert(countOf(train) >= 1);
          for (
            const [part, fraction] of [
              [validation, valFraction],
              [test, testFraction],
            ] as const
          ) {
            if (fraction === 0) assertEquals(countOf(part), 0);
            else if (n >= 3) {
              const most = Math.max(1, Math.round(fraction * n));
              assert(countOf(part) >= 1 && countOf(part) <= most);
            }
          }
        }
        assertEquals(splitByClass(labels, options).train, train);
      },
    ));
  });

  it("takes a tenth of each class by default", () => {
    const labels = labelsOf(100, 20, 3, 2, 1);
    const { train, validation, test } = splitByClass(labels);
    const counts = (part: Int32Array) =>
      [0, 1, 2, 3, 4].map((label) =>
        part.filter((i) => labels[i] === label).length
      );
    assertEquals(counts(validation), [10, 2, 1, 1, 0]);
    assertEquals(counts(test), [10, 2, 1, 0, 0]);
    assertEquals(counts(train), [80, 16, 1, 1, 1]);
  });

  it("depends on the seed, and mixes the classes", () => {
    const labels = labelsOf(50, 50);
    const first = splitByClass(labels, { seed: 1 }).train;
    assert(
      splitByClass(labels, { seed: 2 }).train.some((v, i) => v !== first[i]),
    );
    assertEquals(
      new Set([...first.subarray(0, 20)].map((i) => labels[i])).size,
      2,
    );
  });

  it("refuses fractions out of range", () => {
    for (
      const [options, message] of [
        [
          { valFraction: 1 },
          "expected valFraction to be from 0 to below 1 but found 1",
        ],
        [
          { testFraction: -0.1 },
          "expected testFraction to be from 0 to below 1 but found -0.1",
        ],
        [{ valFraction: NaN }, "but found NaN"],
        [
          { valFraction: 0.5, testFraction: 0.5 },
          "to be below 1 together but found 0.5 and 0.5",
        ],
      ] as const
    ) {
      assertThrows(() => splitByClass([0, 1], options), RangeError, message);
    }
  });
});
