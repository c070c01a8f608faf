// Copyright 2026 the Convlab authors. MIT license.

/** Layers on parts of a batch, against the same layers on all of it. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import * as fc from "fast-check";
import fixture from "../../fixtures/torch/layers.json" with { type: "json" };
import {
  batchnormBackward,
  batchnormForward,
  type BatchnormGradients,
  type BatchnormOptions,
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import {
  bnReluBackward,
  bnReluForward,
  bnReluPoolBackward,
  bnReluPoolForward,
} from "../../layers/bn_relu.ts";
import { dropoutBackward, dropoutForward } from "../../layers/dropout.ts";
import { softmaxLoss } from "../../layers/loss.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { partOf } from "../../numerics/part.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";

/** Adds numbers up over all parts. */
type Sum = (values: Float64Array) => void;

/**
 * Runs parts that add numbers up on the way: each is run anew until all that it
 * asks for is known, which is once more for each sum.
 */
function runParts<R>(parts: number, run: (part: number, sum: Sum) => R): R[] {
  const known: Float64Array[] = [];
  for (;;) {
    const next: Float64Array[] = [];
    const results: R[] = [];
    for (let part = 0; part < parts; part++) {
      let sums = 0;
      try {
        results.push(run(part, (values) => {
          const found = known[sums++];
          if (found) return values.set(found);
          next.push(values.slice());
          throw next;
        }));
      } catch (thrown) {
        if (thrown !== next) throw thrown;
      }
    }
    if (next.length === 0) return results;
    known.push(next[0]!.map((_, i) => next.reduce((a, v) => a + v[i]!, 0)));
  }
}

/** A normalisation, forward and backward. */
type Normalise = (
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
) => { out: Tensor; back: (dout: Tensor) => BatchnormGradients };

/** A normalisation of a forward and a backward function, with further arguments. */
function normalisation<C>(
  // deno-lint-ignore no-explicit-any
  forward: (...args: any[]) => { out: Tensor; cache: C },
  backward: (dout: Tensor, cache: C) => BatchnormGradients,
  ...rest: readonly object[]
): Normalise {
  return (...args) => {
    const { out, cache } = forward(...args, ...rest);
    return { out, back: (dout) => backward(dout, cache) };
  };
}

const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
const KINDS: Record<string, { shape: number[]; run: Normalise }> = {
  batchnorm: {
    shape: [7, 5],
    run: normalisation(batchnormForward, batchnormBackward),
  },
  spatialBatchnorm: {
    shape: [7, 3, 4, 5],
    run: normalisation(spatialBatchnormForward, spatialBatchnormBackward),
  },
  bnRelu: {
    shape: [7, 3, 5, 3],
    run: normalisation(bnReluForward, bnReluBackward),
  },
  bnReluPool: {
    shape: [7, 3, 6, 4],
    run: normalisation(bnReluPoolForward, bnReluPoolBackward, pool),
  },
  "bnReluPool, of another window": {
    shape: [7, 2, 5, 5],
    run: normalisation(bnReluPoolForward, bnReluPoolBackward, {
      ...pool,
      stride: 1,
    }),
  },
};

/** Parts of a batch, one after the other. */
function split(x: Tensor, parts: number): Tensor[] {
  return Array.from({ length: parts }, (_, i) => {
    const { begin, end } = partOf(x.shape[0]!, i, parts);
    return x.slice(begin, end);
  });
}

function join(parts: readonly Tensor[]): Tensor {
  const values = parts.flatMap(({ data }) => [...data]);
  const [, ...rest] = parts[0]!.shape;
  const rows = parts.reduce((sum, { shape }) => sum + shape[0]!, 0);
  return tensor(values, [rows, ...rest], parts[0]!.dtype);
}

function add(parts: readonly Tensor[]): Tensor {
  const sum = zeros(parts[0]!.shape);
  for (const { data } of parts) {
    data.forEach((value, i) => sum.data[i]! += value);
  }
  return sum;
}

interface Inputs {
  readonly x: Tensor;
  readonly gamma: Tensor;
  readonly beta: Tensor;
  readonly dout?: Tensor | undefined;
}

/** A normalisation in parts: outputs and gradients of all, joined, and running averages of each. */
function inParts(run: Normalise, inputs: Inputs, parts: number) {
  const { x, gamma, beta, dout } = inputs;
  const douts = dout && split(dout, parts);
  const xs = split(x, parts);
  const results = runParts(parts, (part, sum) => {
    const [runningMean, runningVar] = [zeros(gamma.shape), zeros(gamma.shape)];
    const { out, back } = run(xs[part]!, gamma, beta, {
      ...{ mode: "train", runningMean, runningVar },
      whole: { images: x.shape[0]!, sum },
    });
    return { out, runningMean, runningVar, ...douts && back(douts[part]!) };
  });
  const dxs = results.flatMap(({ dx }) => dx ?? []);
  return {
    out: join(results.map(({ out }) => out)),
    averages: results.map((r) => [r.runningMean.data, r.runningVar.data]),
    ...(dxs.length === 0 ? {} : {
      dx: join(dxs),
      dgamma: add(results.map(({ dgamma }) => dgamma!)),
      dbeta: add(results.map(({ dbeta }) => dbeta!)),
    }),
  };
}

function inputsOf(shape: readonly number[], dtype: DType, run: Normalise) {
  const random = new RandomState(3);
  const features = [shape[1]!];
  // Far from 0, where a sum of squares would lose most of its digits.
  const draw = (s: readonly number[], shift: number) => {
    const t = random.randn(s);
    t.data.forEach((value, i) => t.data[i] = value + shift);
    return t.astype(dtype);
  };
  const x = draw(shape, 10);
  const [gamma, beta] = [draw(features, 1), draw(features, 0.5)];
  const { out } = run(x, gamma, beta, { mode: "train" });
  return { x, gamma, beta, dout: draw(out.shape, 0.2) };
}

describe("Batch normalisation over all parts of a batch", () => {
  for (const [name, { shape, run }] of Object.entries(KINDS)) {
    it(`gives what the whole gives: ${name}`, () => {
      for (const dtype of ["float64", "float32"] as const) {
        const inputs = inputsOf(shape, dtype, run);
        const [mean, variance] = [zeros([shape[1]!]), zeros([shape[1]!])];
        const { out, back } = run(inputs.x, inputs.gamma, inputs.beta, {
          ...{ mode: "train", runningMean: mean, runningVar: variance },
        });
        const expected = { out, ...back(inputs.dout) };
        const tolerance = dtype === "float64" ? 1e-12 : 2e-5;
        for (const parts of [1, 2, 3]) {
          const { averages, ...actual } = inParts(run, inputs, parts);
          for (const [key, value] of Object.entries(actual)) {
            const wanted = expected[key as keyof typeof expected];
            assertEquals(value.shape, wanted.shape);
            for (const [i, number] of wanted.data.entries()) {
              assert(
                Math.abs(number - value.data[i]!) <
                  tolerance * Math.max(1, Math.abs(number)),
                `${key}[${i}] of ${parts} parts in ${dtype}`,
              );
            }
          }
          for (const [runningMean, runningVar] of averages) {
            assert(relError(tensor(runningMean!), mean) < tolerance);
            assert(relError(tensor(runningVar!), variance) < tolerance);
            assertEquals([runningMean, runningVar], averages[0]);
          }
        }
      }
    });

    it(`has the gradients that it seems to have: ${name}`, () => {
      const { x, gamma, beta, dout } = inputsOf(shape, "float64", run);
      const { dx, dgamma, dbeta } = inParts(run, { x, gamma, beta, dout }, 3);
      const out = () => inParts(run, { x, gamma, beta }, 3).out;
      for (
        const [value, gradient] of [[x, dx!], [gamma, dgamma!], [beta, dbeta!]]
      ) {
        const numeric = evalNumericalGradientArray(out, value!, dout);
        for (const [i, slope] of numeric.data.entries()) {
          assert(Math.abs(gradient!.data[i]! - slope) < 1e-7, `${i}: ${slope}`);
        }
      }
    });
  }

  it("gives what PyTorch gives for the whole batch", () => {
    const cases = fixture.cases.filter(({ layer }) => layer === "bn");
    assert(cases.length > 0);
    const read = ({ shape, data }: { shape: number[]; data: number[] }) =>
      tensor(data, shape);
    for (const { inputs, dout, out, gradients } of cases) {
      const { x, gamma, beta } = inputs as unknown as Record<
        "x" | "gamma" | "beta",
        { shape: number[]; data: number[] }
      >;
      const kind = x.shape.length === 2 ? "batchnorm" : "spatialBatchnorm";
      const actual = inParts(KINDS[kind]!.run, {
        ...{ x: read(x), gamma: read(gamma), beta: read(beta) },
        dout: read(dout),
      }, 2);
      const wanted: Record<string, { shape: number[]; data: number[] }> = {
        out,
        ...Object.fromEntries(
          Object.entries(gradients).map(([k, v]) => [`d${k}`, v]),
        ),
      };
      for (const key of ["out", "dx", "dgamma", "dbeta"] as const) {
        const error = actual[key]!.data.map((v, i) =>
          v - wanted[key]!.data[i]!
        );
        assert(error.every((e) => Math.abs(e) < 1e-12), key);
      }
    }
  });
});

describe("dropoutForward() of a part", () => {
  it("drops what it drops of the whole, and draws as much", () => {
    const shapes = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.nat(400));
    fc.assert(
      fc.property(
        ...[shapes, fc.nat(700), fc.boolean()] as const,
        ([examples, features], drawn, wide) => {
          const dtype = wide ? "float64" : "float32";
          const x = new RandomState(1).randn([examples, features]).astype(
            dtype,
          );
          const options = { p: 0.4, mode: "train" } as const;
          // A number of words, so that blocks of the generator end anywhere.
          const generator = () => {
            const random = new RandomState(2);
            random.randint(0, 2 ** 31, drawn);
            return random;
          };
          const random = generator();
          const whole = dropoutForward(x, { ...options, random });
          const outs = split(x, Math.min(3, examples)).map(
            (piece, i, { length }) => {
              const own = generator();
              const { out, cache } = dropoutForward(piece, {
                ...options,
                random: own,
                whole: {
                  batchSize: examples,
                  part: partOf(examples, i, length),
                },
              });
              assertEquals(own.getState(), random.getState());
              const ones = zeros(piece.shape, dtype);
              ones.data.fill(1);
              const { dx } = dropoutBackward(ones, cache);
              assert(
                dx.data.every((kept, j) =>
                  Math.abs(kept * piece.data[j]! - out.data[j]!) < 1e-6
                ),
              );
              return out;
            },
          );
          assertEquals(join(outs).data, whole.out.data);
        },
      ),
      { numRuns: 60 },
    );
  });

  it("refuses examples that are not the part", () => {
    const random = new RandomState(1);
    for (const part of [{ begin: 0, end: 3 }, { begin: 3, end: 5 }]) {
      assertThrows(
        () =>
          dropoutForward(zeros([2, 3]), {
            ...{ p: 0.5, mode: "train", random },
            whole: { batchSize: 4, part },
          }),
        TypeError,
        `expected x to have examples ${part.begin} to ${part.end} of 4 but found shape (2, 3)`,
      );
    }
  });
});

describe("softmaxLoss() of a part", () => {
  it("is what its examples contribute to the loss of the whole", () => {
    const random = new RandomState(4);
    const scores = random.randn([7, 4]);
    const labels = random.randint(0, 4, 7);
    const options = { labelSmoothing: 0.1 };
    const whole = softmaxLoss(scores, labels, options);
    const parts = [0, 1, 2].map((i) => {
      const { begin, end } = partOf(7, i, 3);
      return softmaxLoss(
        ...[scores.slice(begin, end), labels.slice(begin, end)] as const,
        { ...options, batchSize: 7 },
      );
    });
    assertEquals(join(parts.map(({ dx }) => dx)).data, whole.dx.data);
    const loss = parts.reduce((sum, { loss }) => sum + loss, 0);
    assert(relError(loss, whole.loss) < 1e-15);
  });

  it("refuses a batch that is smaller than the part", () => {
    assertThrows(
      () => softmaxLoss(zeros([3, 2]), [0, 0, 0], { batchSize: 2 }),
      RangeError,
      "expected batchSize to be at least the 3 rows of scores but found 2",
    );
  });
});
