// Copyright 2026 the Convlab authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import fixture from "../../fixtures/rng.json" with { type: "json" };
import { RandomState } from "../../numerics/random.ts";
import { sum } from "../../numerics/sum.ts";

const seed32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** NumPy's log is the C library's, so its normal numbers may be one unit off. */
function assertClose(actual: ArrayLike<number>, expected: readonly number[]) {
  assertEquals(actual.length, expected.length);
  for (const [i, value] of expected.entries()) {
    const found = actual[i]!;
    assert(
      Math.abs(found - value) <= 1e-15 * Math.abs(value),
      `[${i}]: expected ${value} but found ${found}`,
    );
  }
}

function assertState(
  random: RandomState,
  expected: typeof fixture.seeds[231]["final_state"],
) {
  const { key, position, hasGauss, cachedGauss } = random.getState();
  assertEquals(position, expected.pos);
  assertEquals(hasGauss, expected.has_gauss === 1);
  assertClose([cachedGauss], [expected.cached]);
  assertEquals(key.slice(0, 4), expected.key_first4);
  assertEquals(key.slice(-2), expected.key_last2);
}

const times = (n: number, draw: () => number) =>
  Array.from({ length: n }, draw);

describe("RandomState", () => {
  for (const [seed, expected] of Object.entries(fixture.seeds)) {
    const fresh = () => new RandomState(Number(seed));

    it(`equals numpy.random for seed ${seed}: state, words and uniform numbers`, () => {
      assertState(fresh(), expected.state_after_seed);
      const random = fresh();
      assertEquals(
        times(20, () => random.randint(0, 2 ** 32)),
        expected.uint32,
      );
      assertEquals([...fresh().uniform([20]).data], expected.random_sample);
    });

    it(`equals numpy.random for seed ${seed}: normal numbers, and the one kept over randint`, () => {
      const random = fresh();
      assertClose(random.randn([3, 7]).data, expected.randn_21);
      assertEquals([...random.randint(0, 10, 20)], expected.then_randint10_20);
      assertClose(random.randn([3]).data, expected.then_randn_3);
      assertState(random, expected.state_after);
    });

    it(`equals numpy.random for seed ${seed}: integers of every range`, () => {
      for (const [name, values] of Object.entries(expected)) {
        const high = Number(/^randint_(\d+)$/.exec(name)?.[1]);
        if (!high) continue;
        const one = fresh();
        assertEquals(times(20, () => one.randint(0, high)), values);
        if (high <= 2 ** 31) {
          assertEquals([...fresh().randint(0, high, 20)], values);
        }
      }
    });

    it(`equals numpy.random for seed ${seed}: choices, permutations and what follows`, () => {
      const random = fresh();
      assertEquals([...random.choice(100, 50)], expected.choice_100_50);
      assertEquals([...random.choice(49000, 10)], expected.choice_49000_10);
      assertEquals([...random.permutation(20)], expected.permutation_20);
      const list = Array.from({ length: 15 }, (_, i) => i);
      random.shuffle(list);
      assertEquals(list, expected.shuffle_15);
      assertEquals(
        [...random.choice(1000, 10, { replace: false })],
        expected.choice_noreplace_1000_10,
      );
      assertClose(
        random.randn([5]).data.map((z) => 3 + 1e-3 * z),
        expected["normal_3_1e-3_5"],
      );
      assertEquals(
        [...random.uniform([5], { low: -5, high: -1 }).data],
        expected.uniform_m5_m1_5,
      );
      assertEquals([...random.uniform([2, 3]).data], expected.rand_2x3);
      assertState(random, expected.final_state);
    });
  }

  it("equals numpy.random for a sequence of seeds", () => {
    const random = new RandomState([231]);
    assertEquals(
      times(20, () => random.randint(0, 2 ** 32)),
      fixture["seed_array_[231]_uint32"],
    );
    // numpy.random.RandomState([231]).randint(0, 2**32, 1300)[620:626]
    const words = times(606, () => random.randint(0, 2 ** 32)).slice(-6);
    assertEquals(words, [
      599111585,
      863098631,
      3840144659,
      1088015779,
      1203722119,
      4190156223,
    ]);
    assertEquals(new RandomState([231]).getState().key[0], 2 ** 31);
  });

  it("takes sequences of seeds longer than the state", () => {
    // numpy.random.RandomState(list(range(700))).random_sample()
    const seeds = Array.from({ length: 700 }, (_, i) => i);
    assertEquals(new RandomState(seeds).random(), 0.867898393018711);
  });

  it("equals a million of NumPy's normal numbers", () => {
    const { n, at, sum_first_1e6 } = fixture.randn_231;
    const { data } = new RandomState(231).randn([n]);
    for (const [i, value] of Object.entries(at)) {
      assertClose([data[Number(i)]!], [value]);
    }
    assert(Math.abs(sum(data) - sum_first_1e6) < 1e-9);
  });

  it("setState() continues where getState() was taken, through JSON", () => {
    fc.assert(fc.property(seed32, fc.nat(700), (seed, draws) => {
      const random = new RandomState(seed);
      random.randn([draws]);
      const state = JSON.parse(JSON.stringify(random.getState()));
      const expected = random.randn([5]).data;
      const other = new RandomState(0);
      other.setState(state);
      assertEquals(other.randn([5]).data, expected);
      assertEquals(other.getState(), random.getState());
    }));
  });

  it("getState() is a copy that later draws leave alone", () => {
    const random = new RandomState(1);
    const state = random.getState();
    const { key, position } = structuredClone(state);
    random.randn([1000]);
    assertEquals([state.key, state.position], [key, position]);
  });

  it("permutation() and shuffle() keep every element", () => {
    fc.assert(fc.property(seed32, fc.nat(50), (seed, n) => {
      const sorted = new RandomState(seed).permutation(n).sort();
      assertEquals(sorted, Int32Array.from({ length: n }, (_, i) => i));
    }));
  });

  it("randint() stays within its bounds and draws nothing for a single value", () => {
    const bound = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(fc.property(seed32, bound, bound, (seed, a, b) => {
      const [low, last] = a < b ? [a, b] : [b, a];
      for (const value of new RandomState(seed).randint(low, last + 1, 9)) {
        assert(value >= low && value <= last);
      }
    }));
    const random = new RandomState(3);
    const before = random.getState();
    assertEquals(random.randint(7, 8, 3), new Int32Array([7, 7, 7]));
    assertEquals(random.getState(), before);
  });

  it("randint() draws from the whole range of safe integers", () => {
    const random = new RandomState(0);
    const max = Number.MAX_SAFE_INTEGER;
    const values = times(1000, () => random.randint(0, max));
    assert(values.every((v) => Number.isSafeInteger(v) && v >= 0 && v < max));
    assert(Math.max(...values) > 0.99 * max);
    assert(Math.min(...values) < 0.01 * max);
  });

  it("says which argument is out of range", () => {
    const random = new RandomState(0);
    const cases: [() => unknown, string][] = [
      [() => new RandomState(-1), "expected seed to be an integer from 0"],
      [() => new RandomState(1.5), "found 1.5"],
      [() => new RandomState(2 ** 32), "found 4294967296"],
      [() => new RandomState([]), "expected at least one seed"],
      [() => new RandomState([0, NaN]), "expected seed[1] to be an integer"],
      [
        () => random.randint(3, 3),
        "expected safe integers low < high but found 3 and 3",
      ],
      [() => random.randint(0, 2 ** 53), "found 0 and 9007199254740992"],
      [() => random.randint(-(2 ** 53) + 1, 2 ** 53 - 1), "safe integers"],
      [() => random.randint(0.5, 3), "found 0.5 and 3"],
      [() => random.randint(0, 2 ** 31 + 1, 1), "within 32 bits"],
      [
        () => random.randint(0, 5, -1),
        "expected size to be a non-negative integer but found -1",
      ],
      [
        () => random.choice(5, 6, { replace: false }),
        "at most 5 of 5 indices but found size 6",
      ],
      [() => random.choice(0, 1), "at most 0 of 0"],
      [() => random.choice(-1, 0), "expected n to be"],
      [() => random.permutation(2.5), "expected n to be"],
      [() => random.uniform([1], { low: 0, high: Infinity }), "finite bounds"],
      [() => random.randn([-1]), "non-negative integers but found -1"],
      [
        () => random.setState({ ...random.getState(), key: [1] }),
        "key of 624 words but found 1",
      ],
      [
        () => random.setState({ ...random.getState(), position: 625 }),
        "found 625",
      ],
    ];
    for (const [draw, message] of cases) {
      assertThrows(draw, RangeError, message);
    }
    const state = { ...random.getState(), cachedGauss: NaN };
    assertThrows(() => random.setState(state), TypeError, "finite cachedGauss");
    assertEquals(random.choice(0, 0), new Int32Array());
  });
});
