// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  BatchSampler,
  type BatchSamplerOptions,
  type SamplerState,
} from "../../data/batch_sampler.ts";
import { RandomState } from "../../numerics/random.ts";

const images = (length: number) => ({ length, imageShape: [3, 6, 8] }) as const;

/** Any options. */
const options: fc.Arbitrary<Omit<BatchSamplerOptions, "random">> = fc.record({
  batchSize: fc.integer({ min: 1, max: 12 }),
  sampling: fc.constantFrom("shuffle", "replacement"),
  dropLast: fc.boolean(),
  augmentation: fc.record({
    flip: fc.boolean(),
    crop: fc.nat(5),
    cutout: fc.nat(6),
  }),
});

describe("BatchSampler", () => {
  it("draws with replacement what RandomState.choice() draws, and nothing else", () => {
    const random = new RandomState(3);
    const sampler = new BatchSampler(images(50), {
      batchSize: 7,
      sampling: "replacement",
      random,
    });
    const expected = new RandomState(3);
    for (let i = 0; i < 20; i++) {
      assertEquals(sampler.next().indices, expected.choice(50, 7));
    }
    assertEquals(random.getState(), expected.getState());
    assertEquals(sampler.batchesPerEpoch, 7);
  });

  it("draws what NumPy draws, in the order that its documentation states", () => {
    // r = numpy.random.RandomState(7); r.permutation(4)[:3], r.randint(0, 2, 3),
    // r.randint(-2, 3, 3) twice, r.randint(0, 6, 3), r.randint(0, 8, 3)
    const plan = new BatchSampler(images(4), {
      batchSize: 3,
      augmentation: { flip: true, crop: 2, cutout: 4 },
      random: new RandomState(7),
    }).next();
    assertEquals(plan, {
      indices: Int32Array.of(2, 1, 0),
      flips: Uint8Array.of(0, 1, 1),
      dy: Int32Array.of(2, -1, -2),
      dx: Int32Array.of(-1, 0, 0),
      cutout: 4,
      cutoutY: Int32Array.of(0, 4, 0),
      cutoutX: Int32Array.of(7, 7, 4),
    });
  });

  it("goes through every image once an epoch, in a new order each time", () => {
    const sampler = new BatchSampler(images(30), {
      batchSize: 10,
      random: new RandomState(0),
    });
    const orders = Array.from(
      { length: 4 },
      () => Array.from({ length: 3 }, () => [...sampler.next().indices]).flat(),
    );
    for (const order of orders) {
      assertEquals(
        order.toSorted((a, b) => a - b),
        Array.from({ length: 30 }, (_, i) => i),
      );
    }
    assertEquals(new Set(orders.map(String)).size, 4);
  });

  it("leaves out the images that make up no whole batch, or not, as dropLast says", () => {
    const lengths = (length: number, dropLast: boolean) => {
      const sampler = new BatchSampler(images(length), {
        batchSize: 4,
        dropLast,
      });
      return [
        sampler.batchesPerEpoch,
        ...Array.from({ length: 4 }, () => sampler.next().indices.length),
      ];
    };
    assertEquals(lengths(10, true), [2, 4, 4, 4, 4]);
    assertEquals(lengths(10, false), [3, 4, 4, 2, 4]);
    assertEquals(lengths(8, true), [2, 4, 4, 4, 4]);
    assertEquals(lengths(8, false), [2, 4, 4, 4, 4]);
    assertEquals(lengths(3, true), [1, 3, 3, 3, 3]);
    assertEquals(lengths(3, false), [1, 3, 3, 3, 3]);
  });

  it("draws within bounds, and reaches them", () => {
    const sampler = new BatchSampler(images(9), {
      batchSize: 1000,
      sampling: "replacement",
      augmentation: { flip: true, crop: 2, cutout: 3 },
      random: new RandomState(1),
    });
    const plan = sampler.next();
    const range = (values: ArrayLike<number>) =>
      [...new Set(Array.from(values))].toSorted((a, b) => a - b);
    assertEquals(range(plan.flips), [0, 1]);
    assertEquals(range(plan.dy), [-2, -1, 0, 1, 2]);
    assertEquals(range(plan.dx), [-2, -1, 0, 1, 2]);
    assertEquals(range(plan.cutoutY), [0, 1, 2, 3, 4, 5]);
    assertEquals(range(plan.cutoutX), [0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it("peek() gives what next() gives, and leaves everything as it was", () => {
    fc.assert(
      fc.property(
        options,
        fc.integer({ min: 1, max: 30 }),
        fc.nat(),
        (options, length, seed) => {
          const random = new RandomState(seed);
          const sampler = new BatchSampler(images(length), {
            ...options,
            random,
          });
          for (let i = 0; i < 5; i++) {
            const before = sampler.getState();
            const peeked = sampler.peek();
            assertEquals(sampler.getState(), before);
            assertEquals(random.getState(), before.random);
            assertEquals(sampler.next(), peeked);
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it("goes on from a saved state, in another sampler and through JSON", () => {
    fc.assert(
      fc.property(
        options,
        fc.integer({ min: 1, max: 30 }),
        fc.nat(9),
        (options, length, taken) => {
          const sampler = new BatchSampler(images(length), options);
          for (let i = 0; i < taken; i++) sampler.next();
          const saved = JSON.stringify(sampler.getState());
          const other = new BatchSampler(images(length), options);
          other.next();
          other.setState(JSON.parse(saved));
          for (let i = 0; i < 8; i++) {
            assertEquals(other.next(), sampler.next());
          }
          assertEquals(other.getState(), sampler.getState());
        },
      ),
      { numRuns: 50 },
    );
  });

  it("refuses a state that does not fit, and stays as it was", () => {
    const sampler = new BatchSampler(images(10), { batchSize: 3 });
    sampler.next();
    const state = sampler.getState();
    const wrong = [
      { ...state, length: 9 },
      { ...state, position: -1 },
      { ...state, position: 11 },
      { ...state, position: 0.5 },
      { ...state, epochStart: null },
      { ...state, random: { ...state.random, key: [1] } },
      { ...state, epochStart: { ...state.random, position: 625 } },
    ];
    for (const each of wrong) {
      assertThrows(
        () => sampler.setState(each),
        RangeError,
        "Cannot set state: expected",
      );
      assertEquals(sampler.getState(), state);
    }
  });

  it("refuses a state with anything else in it, and stays as it was", () => {
    const sampler = new BatchSampler(images(10), { batchSize: 3 });
    sampler.next();
    const state = sampler.getState();
    const parts = fc.constantFrom("length", "random", "position", "epochStart");
    const generatorParts = fc.constantFrom("key", "position", "hasGauss");
    const wrong = fc.oneof(
      fc.tuple(parts, fc.oneof(fc.string(), fc.constant(undefined)))
        .map(([part, value]) => ({ ...state, [part]: value })),
      fc.tuple(
        fc.constantFrom("random" as const, "epochStart" as const),
        generatorParts,
        fc.oneof(fc.string(), fc.constant(undefined), fc.constant([0.5])),
      ).map(([name, part, value]) => ({
        ...state,
        [name]: { ...state[name], [part]: value },
      })),
    );
    fc.assert(fc.property(wrong, (wrong) => {
      const error = assertThrows(
        () => sampler.setState(wrong as SamplerState),
        Error,
        "Cannot set state: expected",
      );
      assert(error instanceof TypeError || error instanceof RangeError);
      assertEquals(sampler.getState(), state);
    }));
  });

  it("refuses options that are wrong, by name", () => {
    const make = (options: Record<string, unknown>, length = 10) => () =>
      new BatchSampler(images(length), options as BatchSamplerOptions);
    assertThrows(make({}, 0), RangeError, "expected at least 1 image");
    for (const batchSize of [0, 1.5, NaN]) {
      assertThrows(
        make({ batchSize }),
        RangeError,
        `expected batchSize to be a positive integer but found ${batchSize}`,
      );
    }
    assertThrows(
      make({ sampling: "sorted" }),
      TypeError,
      'expected sampling to be "shuffle" or "replacement" but found "sorted"',
    );
    assertThrows(
      make({ augmentation: { flip: 1 } }),
      TypeError,
      "expected flip to be a boolean but found 1",
    );
    assertThrows(
      make({ augmentation: { crop: 6 } }),
      RangeError,
      "expected crop to be an integer from 0 to 5 for images of 6 x 8 pixels but found 6",
    );
    assertThrows(
      make({ augmentation: { cutout: 7 } }),
      RangeError,
      "expected cutout to be an integer from 0 to 6 for images of 6 x 8 pixels but found 7",
    );
    assertThrows(make({ augmentation: { crop: -1 } }), RangeError);
    assertThrows(make({ augmentation: { cutout: 0.5 } }), RangeError);
  });

  it("uses a seed of its own if it is given none", () => {
    const key = () => new BatchSampler(images(3)).getState().random.key;
    assert(String(key()) !== String(key()));
  });
});
