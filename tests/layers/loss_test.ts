// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import fixture from "../../fixtures/losses.json" with { type: "json" };
import { type Labels, softmaxLoss, svmLoss } from "../../layers/loss.ts";
import { evalNumericalGradient } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { sum } from "../../numerics/sum.ts";
import { tensor, zeros } from "../../numerics/tensor.ts";

const batches = fc.tuple(
  fc.nat(),
  fc.integer({ min: 1, max: 6 }),
  fc.integer({ min: 1, max: 6 }),
).map(([seed, rows, classes]) => {
  const random = new RandomState(seed);
  return {
    scores: random.randn([rows, classes]),
    labels: random.randint(0, classes, rows),
  };
});

for (
  const [name, f] of Object.entries({ softmax: softmaxLoss, svm: svmLoss })
) {
  describe(`${name}Loss()`, () => {
    it("equals NumPy's loss and gradient", () => {
      for (const { scores, labels, ...expected } of fixture.cases) {
        const { loss, dx } = f(tensor(scores.data, scores.shape), labels);
        const reference = expected[name as "softmax" | "svm"];
        assert(relError(loss, reference.loss) < 1e-15);
        const { data, shape } = reference.dx;
        assert(relError(dx, tensor(data, shape)) < 1e-9);
      }
    });

    it("equals the numerical gradient", () => {
      fc.assert(
        fc.property(batches, ({ scores, labels }) => {
          const numeric = evalNumericalGradient(
            (x) => f(x, labels).loss,
            scores,
            { h: 1e-6 },
          );
          const { dx } = f(scores, labels);
          for (const [i, value] of dx.data.entries()) {
            assertAlmostEquals(value, numeric.data[i]!, 1e-8);
          }
        }),
        { seed: 1 },
      );
    });

    it("is at least 0, and its gradient sums to 0 in every row", () => {
      fc.assert(fc.property(batches, ({ scores, labels }) => {
        const { loss, dx } = f(scores, labels);
        assert(loss >= 0);
        for (let n = 0; n < dx.shape[0]!; n++) {
          assertAlmostEquals(sum(dx.slice(n, n + 1).data), 0, 1e-14);
        }
      }));
    });

    it("computes float32 scores in float64, and rounds dx", () => {
      fc.assert(fc.property(batches, ({ scores, labels }) => {
        const single = scores.astype("float32");
        const exact = f(single.astype("float64"), labels);
        const { loss, dx } = f(single, labels);
        assertEquals(loss, exact.loss);
        assertEquals(dx, exact.dx.astype("float32"));
      }));
    });

    it("takes labels as numbers or Int32Array, and leaves the scores alone", () => {
      const scores = tensor([[1, 2, 3], [3, 1, 2]]);
      const kept = scores.clone();
      assertEquals(f(scores, [2, 0]), f(scores, new Int32Array([2, 0])));
      assertEquals(scores, kept);
    });

    it("is 0 without gradient for a single class", () => {
      const { loss, dx } = f(tensor([[5], [-3]]), [0, 0]);
      assertEquals(Math.abs(loss), 0);
      assertEquals(dx, zeros([2, 1]));
    });

    it("passes NaN on", () => {
      const { loss } = f(tensor([[1, NaN], [1, 2]]), [0, 1]);
      assertEquals(loss, NaN);
    });

    it("throws if scores are not of shape (N, C) or empty", () => {
      for (const shape of [[3], [0, 3], [3, 0], [1, 2, 3]]) {
        assertThrows(
          () => f(zeros(shape), [0]),
          TypeError,
          "expected scores of shape (N, C), not empty, but found (",
        );
      }
      assertThrows(() => f([[1]] as never, [0]), TypeError, "found object");
    });

    it("throws if labels are too few, too many or no classes", () => {
      const scores = zeros([2, 3]);
      for (const labels of [[0], [0, 1, 2]]) {
        assertThrows(
          () => f(scores, labels),
          TypeError,
          `expected 2 labels, one for each row of scores, but found ${labels.length}`,
        );
      }
      for (const label of [-1, 3, 0.5, NaN]) {
        assertThrows(
          () => f(scores, [0, label]),
          RangeError,
          `expected labels[1] to be an integer from 0 to 2 but found ${label}`,
        );
      }
      const missing: Labels = new Int32Array([0, 7]);
      assertThrows(() => f(scores, missing), RangeError, "but found 7");
    });
  });
}

describe("softmaxLoss()", () => {
  it("is log C for even scores", () => {
    const labels = new RandomState(0).randint(0, 10, 50);
    assertAlmostEquals(softmaxLoss(zeros([50, 10]), labels).loss, Math.log(10));
  });

  it("does not overflow, and is not changed by a shift", () => {
    const { loss } = softmaxLoss(tensor([[1e308, 1e308]]), [1]);
    assertEquals(loss, Math.LN2);
    const scores = tensor([[1, 2, 4]]);
    const shifted = tensor([[1025, 1026, 1028]]);
    assertEquals(softmaxLoss(scores, [0]), softmaxLoss(shifted, [0]));
  });

  it("spreads a share of the target over all classes, and equals the numerical gradient", () => {
    fc.assert(
      fc.property(batches, fc.double({ min: 0, max: 1, noNaN: true }), (
        { scores, labels },
        labelSmoothing,
      ) => {
        const options = { labelSmoothing };
        const { loss, dx } = softmaxLoss(scores, labels, options);
        const numeric = evalNumericalGradient(
          (x) => softmaxLoss(x, labels, options).loss,
          scores,
          { h: 1e-6 },
        );
        for (const [i, value] of dx.data.entries()) {
          assertAlmostEquals(value, numeric.data[i]!, 1e-8);
        }
        // It lies between the loss without, and the mean loss of all classes.
        const [rows, classes] = scores.shape as [number, number];
        let mean = 0;
        for (let c = 0; c < classes; c++) {
          mean += softmaxLoss(scores, Array(rows).fill(c)).loss / classes;
        }
        const plain = softmaxLoss(scores, labels).loss;
        const blend = (1 - labelSmoothing) * plain + labelSmoothing * mean;
        assertAlmostEquals(loss, blend, 1e-12);
      }),
      { seed: 2 },
    );
    for (const labelSmoothing of [-0.1, 1.1, NaN]) {
      assertThrows(
        () => softmaxLoss(tensor([[1, 2]]), [0], { labelSmoothing }),
        RangeError,
        `expected labelSmoothing from 0 to 1 but found ${labelSmoothing}`,
      );
    }
  });

  it("takes a score of -Infinity as probability 0", () => {
    const { loss, dx } = softmaxLoss(tensor([[0, -Infinity]]), [0]);
    assertEquals(Math.abs(loss), 0);
    assertEquals(dx, tensor([[0, 0]]));
    assertEquals(softmaxLoss(tensor([[0, -Infinity]]), [1]).loss, Infinity);
  });
});

describe("svmLoss()", () => {
  it("counts a margin of exactly 0 as kept", () => {
    const { loss, dx } = svmLoss(tensor([[2, 1, 1.25]]), [0]);
    assertEquals(loss, 0.25);
    assertEquals(dx, tensor([[-1, 0, 1]]));
  });
});
