// Copyright 2026 the Convlab authors. MIT license.

import {
  assert,
  assertAlmostEquals,
  assertEquals,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  batchnormBackward,
  batchnormForward,
  type BatchnormOptions,
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import {
  type DType,
  type Tensor,
  tensor,
  zeros,
} from "../../numerics/tensor.ts";
import { assertAgree, assertWithinRounding } from "./agreement.ts";

/** The two kinds, on inputs whose sizes are no multiples of a vector. */
const KINDS = [
  {
    name: "batchnorm",
    shape: [7, 5],
    forward: batchnormForward,
    backward: batchnormBackward,
  },
  {
    name: "spatialBatchnorm",
    shape: [3, 5, 3, 7],
    forward: spatialBatchnormForward,
    backward: spatialBatchnormBackward,
  },
] as const;

/** The definition by plain loops: channel is the second axis. */
function normalised(x: Tensor, gamma: Tensor, beta: Tensor, eps: number) {
  const [images = 0, channels = 0, ...rest] = x.shape;
  const size = rest.reduce((a, b) => a * b, 1);
  const out = zeros(x.shape);
  const means: number[] = [];
  const variances: number[] = [];
  for (let c = 0; c < channels; c++) {
    const at: number[] = [];
    for (let n = 0; n < images; n++) {
      for (let i = 0; i < size; i++) at.push((n * channels + c) * size + i);
    }
    const mean = at.reduce((t, i) => t + x.data[i]!, 0) / at.length;
    const variance = at.reduce((t, i) => t + (x.data[i]! - mean) ** 2, 0) /
      at.length;
    for (const i of at) {
      const xhat = (x.data[i]! - mean) / Math.sqrt(variance + eps);
      out.data[i] = gamma.data[c]! * xhat + beta.data[c]!;
    }
    means.push(mean);
    variances.push(variance);
  }
  return { out, means, variances };
}

/**
 * The gradients by plain loops; and `sizes`, what they would be if nothing that
 * is added up had a sign, which bounds what rounding does to them.
 */
function differentiated(x: Tensor, gamma: Tensor, dout: Tensor, eps: number) {
  const { means, variances } = normalised(x, gamma, zeros(gamma.shape), eps);
  const [, channels = 0] = x.shape;
  const size = x.size / (x.shape[0]! * channels);
  const count = x.size / channels;
  const empty = () => ({
    dx: zeros(x.shape),
    dgamma: zeros([channels]),
    dbeta: zeros([channels]),
  });
  const [gradients, sizes] = [empty(), empty()];
  const each = (
    visit: (i: number, c: number, xhat: number, g: number) => void,
  ) =>
    x.data.forEach((value, i) => {
      const c = Math.floor(i / size) % channels;
      const inverse = 1 / Math.sqrt(variances[c]! + eps);
      visit(i, c, (value - means[c]!) * inverse, gamma.data[c]! * inverse);
    });
  /** Of a normalised value, as large as what it is the difference of. */
  const sizeOf = (i: number, c: number) =>
    (Math.abs(x.data[i]!) + Math.abs(means[c]!)) /
    Math.sqrt(variances[c]! + eps);
  each((i, c, xhat) => {
    const d = dout.data[i]!;
    gradients.dbeta.data[c]! += d;
    gradients.dgamma.data[c]! += d * xhat;
    sizes.dbeta.data[c]! += Math.abs(d);
    sizes.dgamma.data[c]! += Math.abs(d) * sizeOf(i, c);
  });
  each((i, c, xhat, g) => {
    const { dx, dbeta, dgamma } = gradients;
    dx.data[i] = g * (dout.data[i]! - dbeta.data[c]! / count -
      xhat * dgamma.data[c]! / count);
    sizes.dx.data[i] = Math.abs(g) *
      (Math.abs(dout.data[i]!) + sizes.dbeta.data[c]! / count +
        sizeOf(i, c) * sizes.dgamma.data[c]! / count);
  });
  return { gradients, sizes };
}

for (const { name, shape, forward, backward } of KINDS) {
  describe(`${name}Forward() and ${name}Backward()`, () => {
    const random = new RandomState(5);
    const x = random.randn(shape);
    for (let i = 0; i < x.size; i++) x.data[i] = 3 * x.data[i]! + 10;
    const gamma = random.randn([5]);
    const beta = random.randn([5]);
    const dout = random.randn(shape);

    it("equal the definition by plain loops, in float64 and float32", () => {
      for (const dtype of ["float64", "float32"] as const) {
        const [a, g, b] = [x, gamma, beta].map((t) => t.astype(dtype));
        const { out } = forward(a!, g!, b!, { mode: "train", eps: 1e-3 });
        assertAgree(out, normalised(a!, g!, b!, 1e-3).out.astype(dtype), "out");
      }
    });

    it("equal the definition and its gradients by plain loops for any shape", () => {
      const cases = fc.record({
        seed: fc.nat(),
        dtype: fc.constantFrom<DType>("float64", "float32"),
        images: fc.integer({ min: 1, max: 9 }),
        channels: fc.integer({ min: 1, max: 6 }),
        height: fc.integer({ min: 1, max: 4 }),
        width: fc.integer({ min: 1, max: 12 }),
      });
      fc.assert(
        fc.property(cases, ({ seed, dtype, images, channels, ...axes }) => {
          const random = new RandomState(seed);
          const draw = (...shape: number[]) =>
            random.randn(shape).astype(dtype);
          const rest = shape.length === 4 ? [axes.height, axes.width] : [];
          const x = draw(images, channels, ...rest);
          const [gamma, beta, dout] = [
            ...[draw(channels), draw(channels), draw(...x.shape)],
          ];
          // As large as the variance: no gradient is a small difference.
          const eps = 1;
          const { out, cache } = forward(x, gamma!, beta!, {
            mode: "train",
            eps,
          });
          const expected = normalised(x, gamma!, beta!, eps).out;
          const largest = Math.max(...[...x.data, ...beta!.data].map(Math.abs));
          const most = 1 + Math.max(...gamma!.data.map(Math.abs));
          const terms = 4 * x.size / channels + 20;
          assertWithinRounding(
            out,
            expected.astype(dtype),
            tensor(x.data.map(() => 2 * most * largest), x.shape),
            terms,
            "out",
          );
          const { gradients, sizes } = differentiated(x, gamma!, dout!, eps);
          const actual = backward(dout!, cache);
          for (const name of ["dx", "dgamma", "dbeta"] as const) {
            assertWithinRounding(
              actual[name],
              gradients[name].astype(dtype),
              sizes[name],
              terms,
              name,
            );
          }
        }),
        { numRuns: 100 },
      );
    });

    it("keep the digits of the variance where images are far from each other and from 0", () => {
      for (const scale of [0, 1, 1e3]) {
        const random = new RandomState(6);
        const far = random.randn([40, ...shape.slice(1)]).astype("float32");
        const example = far.size / 40;
        for (let i = 0; i < far.size; i++) {
          const image = Math.floor(i / example);
          far.data[i] = far.data[i]! + 1e4 + scale * (image % 7 - 3);
        }
        const { cache } = forward(far, gamma, beta, { mode: "train", eps: 0 });
        const { means, variances } = normalised(far, gamma, beta, 0);
        for (let c = 0; c < 5; c++) {
          assertAlmostEquals(cache.mean.at(c) / means[c]!, 1, 1e-6);
          const variance = cache.inverseStd.at(c) ** -2;
          assertAlmostEquals(variance / variances[c]!, 1, 2e-6);
        }
      }
    });

    it("give in float32 the gradients of float64, rounded", () => {
      const gradients = (dtype: DType) => {
        const [a, g, b, d] = [x, gamma, beta, dout].map((t) =>
          t.astype("float32").astype(dtype)
        );
        return backward(d!, forward(a!, g!, b!, { mode: "train" }).cache);
      };
      const [single, double] = [gradients("float32"), gradients("float64")];
      for (const name of ["dx", "dgamma", "dbeta"] as const) {
        assertAgree(single[name], double[name].astype("float32"), name);
      }
    });

    it("agree with numeric gradients, in training and at test time", () => {
      const running = {
        runningMean: random.randn([5]),
        runningVar: tensor([1, 2, 3, 4, 5]),
      };
      const modes: BatchnormOptions[] = [{ mode: "train" }, {
        mode: "test",
        ...running,
      }];
      for (const options of modes) {
        const f = () => forward(x, gamma, beta, options).out;
        const { dx, dgamma, dbeta } = backward(
          dout,
          forward(x, gamma, beta, options).cache,
        );
        for (
          const [at, gradient] of [[x, dx], [gamma, dgamma], [
            beta,
            dbeta,
          ]] as const
        ) {
          const numeric = evalNumericalGradientArray(f, at, dout);
          assert(relError(numeric, gradient) < 1e-6, options.mode);
        }
      }
    });

    it("keep running averages by the momentum, and use them at test time", () => {
      const { means, variances } = normalised(x, gamma, beta, 1e-5);
      for (const momentum of [0, 0.9, 1]) {
        const runningMean = tensor([1, 2, 3, 4, 5]);
        const runningVar = tensor([5, 4, 3, 2, 1]);
        forward(x, gamma, beta, {
          mode: "train",
          momentum,
          runningMean,
          runningVar,
        });
        for (let c = 0; c < 5; c++) {
          assertAlmostEquals(
            runningMean.at(c),
            momentum * (c + 1) + (1 - momentum) * means[c]!,
            1e-12,
          );
          assertAlmostEquals(
            runningVar.at(c),
            momentum * (5 - c) + (1 - momentum) * variances[c]!,
            1e-12,
          );
        }
        const kept = runningMean.clone();
        const { out } = forward(x, gamma, beta, {
          mode: "test",
          runningMean,
          runningVar,
        });
        assertEquals(runningMean.data, kept.data);
        const size = x.size / (shape[0] * 5);
        const expected = x.data.map((value, i) => {
          const c = Math.floor(i / size) % 5;
          const deviation = Math.sqrt(runningVar.at(c) + 1e-5);
          return gamma.at(c) * (value - runningMean.at(c)) / deviation +
            beta.at(c);
        });
        assertAgree(out, tensor(expected, shape), "out");
      }
    });

    it("give the gradients of the forward pass, whatever happens to the running averages since", () => {
      const running = {
        runningMean: random.randn([5]),
        runningVar: tensor([1, 2, 3, 4, 5]),
      };
      const { cache } = forward(x, gamma, beta, { mode: "test", ...running });
      const before = backward(dout, cache);
      forward(x, gamma, beta, { mode: "train", ...running });
      assertEquals(backward(dout, cache), before);
    });

    it("have finite gradients where all values are equal", () => {
      const same = tensor(new Float64Array(x.size).fill(4), shape);
      const { out, cache } = forward(same, gamma, beta, { mode: "train" });
      assertAgree(out, normalised(same, gamma, beta, 1e-5).out, "out");
      const { dx } = backward(dout, cache);
      assert(dx.data.every(Number.isFinite));
    });

    it("name the argument that is wrong", () => {
      const run = (options: BatchnormOptions) => () =>
        forward(x, gamma, beta, options);
      assertThrows(
        () => forward(zeros([5]), gamma, beta, { mode: "train" }),
        TypeError,
        "expected x of",
      );
      assertThrows(
        () => forward(x, zeros([4]), beta, { mode: "train" }),
        TypeError,
        "expected gamma of shape (5,)",
      );
      assertThrows(
        () => forward(x, gamma, zeros([4]), { mode: "train" }),
        TypeError,
        "expected beta of shape (5,)",
      );
      assertThrows(
        run({ mode: "test" }),
        TypeError,
        "expected runningMean and runningVar",
      );
      assertThrows(run({ mode: "eval" as "test" }), RangeError, 'found "eval"');
      assertThrows(run({ mode: "train", eps: -1 }), RangeError, "expected eps");
      assertThrows(
        run({ mode: "train", momentum: 1.5 }),
        RangeError,
        "momentum",
      );
      assertThrows(
        run({ mode: "train", runningMean: zeros([4]) }),
        TypeError,
        "expected runningMean of shape (5,)",
      );
      assertThrows(
        () =>
          forward(zeros([0, ...shape.slice(1)]), gamma, beta, {
            mode: "train",
          }),
        RangeError,
        "at least one example",
      );
      const { cache } = forward(x, gamma, beta, { mode: "train" });
      assertThrows(
        () => backward(zeros([1]), cache),
        TypeError,
        "expected dout of shape",
      );
    });
  });
}
