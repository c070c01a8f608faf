// Copyright 2026 the Convlab authors. MIT license.

/** Gradients in a few numbers, beside NumPy's histogram, and in a training. */

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ConvNet } from "../../models/conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { tensor } from "../../numerics/tensor.ts";
import {
  isGradientMoment,
  summarizeGradient,
} from "../../training/gradient_summary.ts";
import { Solver } from "../../training/solver.ts";

describe("summarizeGradient()", () => {
  it("counts as numpy.histogram does over these bins", () => {
    // g = RandomState(0).randn(2000) * 10.0 ** RandomState(1).randint(-9, 3, 2000)
    // b = numpy.floor(numpy.log10(abs(g.astype("float32")).astype(float)) * 5)
    // numpy.histogram(b, numpy.arange(b.min(), b.max() + 2))
    const random = new RandomState(0).randn([2000]).data;
    const powers = new RandomState(1).randint(-9, 3, 2000);
    const values = random.map((value, i) => value * 10 ** powers[i]!);
    const { first, counts, sample, norm } = summarizeGradient(tensor(values));
    assertEquals([first, ...counts], NUMPY);
    assertEquals(sample, 2000);
    assertAlmostEquals(norm, NUMPY_NORM, 1e-9);
  });

  it("takes the bin of each edge and of what is just below it", () => {
    for (let bin = -100; bin <= 190; bin++) {
      const edge = Math.fround(10 ** (bin / 5));
      const below = edge * (1 - 1e-6);
      assertEquals(summarizeGradient(tensor([edge])).first, bin);
      const { first } = summarizeGradient(tensor([below]));
      assertEquals(first, Math.max(-100, bin - 1));
    }
  });

  it("tells zeros, NaN and infinities apart", () => {
    const values = [0, -0, NaN, Infinity, -Infinity, 1e-40, 1];
    const { zeros, nonFinite, first, counts } = summarizeGradient(
      tensor(values),
    );
    assertEquals([zeros, nonFinite, first], [2, 3, -100]);
    assertEquals(counts.reduce((a, b) => a + b), 2);
    assertEquals(summarizeGradient(tensor([0, 0])).counts, []);
  });

  it("takes a sample that favours no column of a large matrix", () => {
    // Column j holds 10^j; 8192 rows of 512 are taken by every 65th.
    const columns = 512;
    const values = Float32Array.from(
      { length: 8192 * columns },
      (_, i) => 10 ** (i % columns % 8),
    );
    const { sample, counts } = summarizeGradient(tensor(values));
    assert(sample > 60_000 && sample <= 65_536, `${sample}`);
    const taken = counts.filter((n) => n > 0);
    assertEquals(taken.length, 8);
    assert(taken.every((n) => Math.abs(n - sample / 8) < 2), `${taken}`);
  });
});

describe("isGradientMoment()", () => {
  it("chooses up to 64 iterations, evenly, the first among them", () => {
    for (const last of [1, 2, 63, 64, 65, 1000, 19_531]) {
      const moments = Array.from({ length: last }, (_, i) => i + 1)
        .filter((t) => isGradientMoment(t, last));
      assertEquals(moments[0], 1);
      assert(moments.length <= 64 && moments.length >= Math.min(last, 32));
    }
  });
});

describe("a training whose gradients are looked at", () => {
  it("ends with the same bytes, its gradients also being clipped after", async () => {
    const train = async (watch: boolean) => {
      const random = new RandomState(1);
      const x = random.randn([20, 1, 8, 8]).astype("float32");
      const y = random.randint(0, 3, 20);
      const model = new ConvNet({
        ...{ model: "conv4-bn-relu pool fc3", inputDim: [1, 8, 8], random },
      });
      const norms: number[] = [];
      const solver = new Solver(
        model,
        { xTrain: x, yTrain: y, xVal: x, yVal: y },
        {
          ...{ batchSize: 5, numEpochs: 3, maxGradNorm: 0.01, random },
          verbose: false,
          ...watch
            ? {
              onGradients: (_: number, grads) => {
                for (const g of Object.values(grads)) {
                  norms.push(summarizeGradient(g).norm);
                }
              },
            }
            : {},
        },
      );
      await solver.train();
      return { params: model.params, norms };
    };
    const watched = await train(true);
    const { params } = await train(false);
    for (const [name, { data }] of Object.entries(params)) {
      assertEquals(watched.params[name]!.data, data);
    }
    // As the loss gave them, before they were clipped.
    assert(Math.max(...watched.norms) > 0.01);
  });
});

const NUMPY = [
  -60,
  1,
  0,
  0,
  0,
  1,
  1,
  1,
  2,
  4,
  7,
  7,
  11,
  33,
  25,
  42,
  56,
  24,
  22,
  22,
  32,
  39,
  33,
  24,
  32,
  58,
  35,
  36,
  30,
  36,
  41,
  42,
  31,
  26,
  35,
  39,
  30,
  31,
  13,
  37,
  41,
  32,
  30,
  30,
  23,
  44,
  41,
  33,
  27,
  35,
  33,
  52,
  30,
  22,
  31,
  35,
  40,
  19,
  20,
  29,
  44,
  41,
  36,
  24,
  30,
  41,
  43,
  28,
  10,
  33,
  40,
  26,
  17,
  1,
];
const NUMPY_NORM = 1217.8891038903976;
