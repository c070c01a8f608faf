// Copyright 2026 the Convlab authors. MIT license.

/** Batch normalisation joined with a ReLU and a max-pooling, against the three of them apart. */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import { profileKernels } from "../../kernels/profile.ts";
import {
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
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type DType, Tensor, tensor, zeros } from "../../numerics/tensor.ts";
import { assertSameNonFinite, bytesOf } from "./agreement.ts";

const POOL = { poolHeight: 2, poolWidth: 2, stride: 2 } as const;
const TRAIN = { mode: "train" } as const;
const GRADIENTS = ["dx", "dgamma", "dbeta"] as const;

/** Images of any size, many of whose numbers are equal. */
const cases = fc.record({
  seed: fc.nat(),
  dtype: fc.constantFrom<DType>("float64", "float32"),
  images: fc.integer({ min: 1, max: 4 }),
  channels: fc.integer({ min: 1, max: 5 }),
  height: fc.integer({ min: 2, max: 7 }),
  width: fc.integer({ min: 2, max: 21 }),
  integers: fc.boolean(),
  test: fc.boolean(),
}).map((c) => {
  const random = new RandomState(c.seed);
  const draw = (...shape: number[]) => {
    const t = random.randn(shape).astype(c.dtype);
    return c.integers ? new Tensor(t.data.map(Math.round), shape) : t;
  };
  const x = draw(c.images, c.channels, c.height, c.width);
  const running = {
    runningMean: random.randn([c.channels]),
    runningVar: tensor(random.randn([c.channels]).data.map((v) => 1 + v * v)),
  };
  const options = (): BatchnormOptions =>
    c.test ? { mode: "test", ...running } : { mode: "train", eps: 0.1 };
  return { draw, x, gamma: draw(c.channels), beta: draw(c.channels), options };
});

/** Normalisation and ReLU apart. */
function apart(
  x: Tensor,
  gamma: Tensor,
  beta: Tensor,
  options: BatchnormOptions,
) {
  const bn = spatialBatchnormForward(x, gamma, beta, options);
  const relu = reluForward(bn.out);
  return {
    out: relu.out,
    backward: (dout: Tensor) =>
      spatialBatchnormBackward(reluBackward(dout, relu.cache).dx, bn.cache),
  };
}

describe("bnReluForward() and bnReluBackward()", () => {
  it("equal the two layers apart, the output to the bit", () => {
    fc.assert(
      fc.property(cases, ({ draw, x, gamma, beta, options }) => {
        const expected = apart(x, gamma, beta, options());
        const { out, cache } = bnReluForward(x, gamma, beta, options());
        assertEquals(bytesOf(out), bytesOf(expected.out));
        const dout = draw(...x.shape);
        const actual = bnReluBackward(dout, cache);
        const gradients = expected.backward(dout);
        for (const name of GRADIENTS) {
          assertClose(actual[name], gradients[name], name);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("give no gradient where the normalised number is 0, and pass NaN on", () => {
    const x = tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 1, 9]);
    const running = { runningMean: tensor([5]), runningVar: tensor([1]) };
    const options = { mode: "test", eps: 0, ...running } as const;
    const { out, cache } = bnReluForward(x, tensor([1]), tensor([0]), options);
    assertEquals([...out.data], [0, 0, 0, 0, 0, 1, 2, 3, 4]);
    const { dx } = bnReluBackward(tensor([...x.data], x.shape), cache);
    assertEquals([...dx.data], [0, 0, 0, 0, 0, 6, 7, 8, 9]);
    x.data[3] = NaN;
    const nan = bnReluForward(x, tensor([1]), tensor([0]), TRAIN);
    assert(nan.out.data.every(Number.isNaN));
  });

  it("agree with numeric gradients", () => {
    const random = new RandomState(4);
    const x = random.randn([3, 4, 3, 5]);
    const [gamma, beta] = [random.randn([4]), random.randn([4])];
    const f = () => bnReluForward(x, gamma, beta, TRAIN).out;
    const { out, cache } = bnReluForward(x, gamma, beta, TRAIN);
    const dout = random.randn(out.shape);
    const actual = bnReluBackward(dout, cache);
    for (const [name, at] of Object.entries({ x, gamma, beta })) {
      const numeric = evalNumericalGradientArray(f, at, dout);
      const gradient = actual[`d${name}` as "dx"];
      assert(relError(numeric, gradient) < 1e-6, name);
    }
  });

  it("update running averages as the layer apart does", () => {
    const random = new RandomState(4);
    const x = random.randn([3, 2, 3, 5]);
    const [gamma, beta] = [random.randn([2]), random.randn([2])];
    const run = (forward: typeof spatialBatchnormForward) => {
      const running = { runningMean: zeros([2]), runningVar: zeros([2]) };
      forward(x, gamma, beta, { mode: "train", momentum: 0.5, ...running });
      return running;
    };
    assertEquals(run(bnReluForward), run(spatialBatchnormForward));
  });

  it("name the argument that is wrong", () => {
    const [x, two] = [zeros([1, 2, 4, 4]), zeros([2])];
    assertThrows(
      () => bnReluForward(zeros([3, 2]), two, two, TRAIN),
      TypeError,
      "expected x of 4 axes, (N, C, H, W), but found (3, 2)",
    );
    assertThrows(
      () => bnReluForward(x, zeros([3]), two, TRAIN),
      TypeError,
      "expected gamma of shape (2,) but found (3,)",
    );
    assertThrows(
      () => bnReluForward(x, two, two, { mode: "test" }),
      TypeError,
      "expected runningMean and runningVar",
    );
    const { cache } = bnReluForward(x, two, two, TRAIN);
    assertThrows(
      () => bnReluBackward(zeros([1, 2, 4, 5]), cache),
      TypeError,
      "expected dout of shape (1, 2, 4, 4)",
    );
  });
});

describe("bnReluPoolForward() and bnReluPoolBackward()", () => {
  it("equal the three layers apart, the output to the bit, ties included", () => {
    fc.assert(
      fc.property(cases, ({ draw, x, gamma, beta, options }) => {
        const inner = apart(x, gamma, beta, options());
        const pool = maxPoolForwardNaive(inner.out, POOL);
        const { out, cache } = bnReluPoolForward(
          ...[x, gamma, beta, options(), POOL] as const,
        );
        assertEquals(bytesOf(out), bytesOf(pool.out));
        const dout = draw(...out.shape);
        const actual = bnReluPoolBackward(dout, cache);
        const { dx } = maxPoolBackwardNaive(dout, pool.cache);
        const gradients = inner.backward(dx);
        for (const name of GRADIENTS) {
          assertClose(actual[name], gradients[name], name);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("equal the three layers apart for other windows", () => {
    const random = new RandomState(1);
    const x = random.randn([2, 3, 7, 9]);
    const [gamma, beta] = [random.randn([3]), random.randn([3])];
    for (const [size, stride] of [[3, 2], [2, 1], [1, 1]] as const) {
      const window = { poolHeight: size, poolWidth: size, stride };
      const inner = apart(x, gamma, beta, TRAIN);
      const pool = maxPoolForwardNaive(inner.out, window);
      const { out, cache } = bnReluPoolForward(x, gamma, beta, TRAIN, window);
      assertEquals(bytesOf(out), bytesOf(pool.out));
      const dout = random.randn(out.shape);
      const { dx } = maxPoolBackwardNaive(dout, pool.cache);
      const gradients = inner.backward(dx);
      const actual = bnReluPoolBackward(dout, cache);
      for (const name of GRADIENTS) {
        assertClose(actual[name], gradients[name], name);
      }
    }
  });

  it("spread NaN and infinity over the channel in training, as the layers apart do", () => {
    for (const value of [NaN, Infinity, -Infinity]) {
      const random = new RandomState(1);
      const x = random.randn([2, 3, 4, 6]);
      x.data[30] = value;
      const [gamma, beta] = [random.randn([3]), random.randn([3])];
      const inner = apart(x, gamma, beta, TRAIN);
      const pool = maxPoolForwardNaive(inner.out, POOL);
      const { out, cache } = bnReluPoolForward(x, gamma, beta, TRAIN, POOL);
      assertSameNonFinite(out, pool.out, "out");
      const dout = random.randn(out.shape);
      const { dx } = maxPoolBackwardNaive(dout, pool.cache);
      const gradients = inner.backward(dx);
      const actual = bnReluPoolBackward(dout, cache);
      for (const name of GRADIENTS) {
        assertSameNonFinite(actual[name], gradients[name], name);
      }
    }
  });

  it("agree with numeric gradients, in training and at test time", () => {
    const random = new RandomState(4);
    const x = random.randn([2, 4, 5, 6]);
    const [gamma, beta] = [random.randn([4]), random.randn([4])];
    const running = {
      runningMean: random.randn([4]),
      runningVar: tensor([1, 2, 3, 4]),
    };
    const all: BatchnormOptions[] = [TRAIN, { mode: "test", ...running }];
    for (const options of all) {
      const forward = () => bnReluPoolForward(x, gamma, beta, options, POOL);
      const { out, cache } = forward();
      const dout = random.randn(out.shape);
      const actual = bnReluPoolBackward(dout, cache);
      for (const [name, at] of Object.entries({ x, gamma, beta })) {
        const f = () => forward().out;
        const numeric = evalNumericalGradientArray(f, at, dout);
        const gradient = actual[`d${name}` as "dx"];
        assert(relError(numeric, gradient) < 1e-6, name);
      }
    }
  });

  it("run on kernels of their own where windows are 2 × 2 at stride 2", () => {
    const [x, two] = [new RandomState(0).randn([1, 2, 4, 4]), tensor([1, 2])];
    const { kernels } = profileKernels(() => {
      const { out, cache } = bnReluPoolForward(x, two, two, TRAIN, POOL);
      bnReluPoolBackward(out, cache);
    });
    assertEquals(kernels.map(({ name }) => name).sort(), [
      "f64_batchnorm_statistics",
      "f64_bn_relu_pool_backward_input",
      "f64_bn_relu_pool_backward_sums",
      "f64_bn_relu_pool_forward",
    ]);
  });

  it("name the argument that is wrong", () => {
    const [x, two] = [zeros([1, 2, 5, 4]), zeros([2])];
    assertThrows(
      () => bnReluPoolForward(zeros([1, 2, 1, 4]), two, two, TRAIN, POOL),
      RangeError,
      "expected poolHeight to be an integer from 1 to 1 but found 2",
    );
    const { cache } = bnReluPoolForward(x, two, two, TRAIN, POOL);
    assertThrows(
      () => bnReluPoolBackward(zeros([1, 2, 5, 4]), cache),
      TypeError,
      "Cannot differentiate max-pooling: expected dout of shape (1, 2, 2, 2)",
    );
  });
});

/** Within 1e-12 of the largest element, or of 1 if that is less, in float64. */
function assertClose(actual: Tensor, expected: Tensor, name: string): void {
  assertEquals(actual.shape, expected.shape, name);
  assertEquals(actual.dtype, expected.dtype, name);
  const largest = Math.max(1, ...expected.data.map(Math.abs));
  const bound = actual.dtype === "float64" ? 1e-12 : 2e-5;
  for (const [i, value] of expected.data.entries()) {
    const error = Math.abs(actual.data[i]! - value);
    assert(error <= bound * largest, `${name}[${i}]: ${error} of ${value}`);
  }
}
