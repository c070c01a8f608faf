// Copyright 2026 the Convlab authors. MIT license.

/**
 * The cells about spatial batch normalisation, which the document shows without their output.
 *
 * @module
 */

import {
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type Tensor, tensor } from "../../numerics/tensor.ts";
import {
  type CellChecks,
  type Check,
  near,
  numericGradients,
  order,
  SEED,
} from "./check.ts";

/** The cells about spatial batch normalisation, which the document shows without their output. */
export const BATCHNORM_CELLS: readonly CellChecks[] = [
  {
    cell: "bn train",
    title: "spatialBatchnormForward, training",
    topics: ["batchnorm"],
    source: "numpy",
    run() {
      const x = scaled(new RandomState(SEED).randn([2, 3, 4, 5]), 4, 10);
      const normalise = (gamma: number[], beta: number[]) =>
        spatialBatchnormForward(x, tensor(gamma), tensor(beta), {
          mode: "train",
        }).out;
      const before = channelStatistics(x);
      const after = channelStatistics(normalise([1, 1, 1], [0, 0, 0]));
      const shifted = channelStatistics(normalise([3, 4, 5], [6, 7, 8]));
      return [
        vector(
          "means before",
          before.means,
          "[ 9.33463814  8.90909116  9.11056338]",
        ),
        vector(
          "stds before",
          before.stds,
          "[ 3.61447857  3.19347686  3.5168142 ]",
        ),
        near("largest mean after", maxAbs(after.means), "0", 1e-12),
        vector(
          "stds after",
          after.stds,
          "[ 0.99999962  0.99999951  0.9999996 ]",
        ),
        vector("means with beta 6, 7, 8", shifted.means, "[ 6.  7.  8.]"),
        vector(
          "stds with gamma 3, 4, 5",
          shifted.stds,
          "[ 2.99999885  3.99999804  4.99999798]",
        ),
      ];
    },
  },
  {
    cell: "bn test",
    title: "spatialBatchnormForward, test time after 50 batches",
    topics: ["batchnorm"],
    source: "numpy",
    run() {
      const random = new RandomState(SEED);
      const draw = () => scaled(random.randn([10, 4, 11, 12]), 2.3, 13);
      const runningMean = tensor([0, 0, 0, 0]);
      const runningVar = tensor([0, 0, 0, 0]);
      const [gamma, beta] = [tensor([1, 1, 1, 1]), tensor([0, 0, 0, 0])];
      const options = { runningMean, runningVar };
      for (let t = 0; t < 50; t++) {
        spatialBatchnormForward(draw(), gamma, beta, {
          mode: "train",
          ...options,
        });
      }
      const { out } = spatialBatchnormForward(draw(), gamma, beta, {
        mode: "test",
        ...options,
      });
      const { means, stds } = channelStatistics(out);
      return [
        vector(
          "means",
          means,
          "[-0.08034406  0.07562881  0.05716371  0.04378383]",
        ),
        vector(
          "stds",
          stds,
          "[ 0.96718744  1.0299714   1.02887624  1.00585577]",
        ),
      ];
    },
  },
  {
    cell: "bn backward",
    title: "spatialBatchnormBackward",
    topics: ["batchnorm"],
    source: "numpy",
    run() {
      const random = new RandomState(SEED);
      const x = scaled(random.randn([2, 3, 4, 5]), 5, 12);
      const gamma = random.randn([3]);
      const beta = random.randn([3]);
      const dout = random.randn([2, 3, 4, 5]);
      const forward = () =>
        spatialBatchnormForward(x, gamma, beta, { mode: "train" });
      const { dx, dgamma, dbeta } = spatialBatchnormBackward(
        dout,
        forward().cache,
      );
      const numeric = numericGradients(() => forward().out, dout);
      return [
        order("dx error", relError(numeric(x), dx), "2.78664818902e-07"),
        order(
          "dgamma error",
          relError(numeric(gamma), dgamma),
          "7.09748171136e-12",
        ),
        order(
          "dbeta error",
          relError(numeric(beta), dbeta),
          "3.27560872528e-12",
        ),
      ];
    },
  },
];

/** Numbers printed as NumPy prints an array, with eight digits after the point. */
function vector(name: string, values: number[], reference: string): Check {
  const words = values.map((value) =>
    value.toFixed(8).replace(/0+$/, (zeros) => " ".repeat(zeros.length))
  );
  const trimmed = words.every((word) => word.endsWith(". " + " ".repeat(7)))
    ? words.map((word) => word.trimEnd())
    : words;
  const sign = reference.startsWith("[ ") || reference.startsWith("[-");
  const value = `[${
    trimmed.map((w) => sign && !w.startsWith("-") ? ` ${w}` : w).join(" ")
  }]`;
  return { name, value, reference, passed: value === reference };
}

function scaled(x: Tensor, scale: number, shift: number): Tensor {
  for (let i = 0; i < x.size; i++) x.data[i] = scale * x.data[i]! + shift;
  return x;
}

/** Mean and standard deviation of each channel of x (N, C, H, W). */
function channelStatistics(x: Tensor): { means: number[]; stds: number[] } {
  const [images = 0, channels = 0, height = 0, width = 0] = x.shape;
  const size = height * width;
  const means: number[] = [];
  const stds: number[] = [];
  for (let c = 0; c < channels; c++) {
    const values: number[] = [];
    for (let n = 0; n < images; n++) {
      const first = (n * channels + c) * size;
      values.push(...x.data.subarray(first, first + size));
    }
    const mean = values.reduce((a, b) => a + b) / values.length;
    const squares = values.map((value) => (value - mean) ** 2);
    means.push(mean);
    stds.push(Math.sqrt(squares.reduce((a, b) => a + b) / values.length));
  }
  return { means, stds };
}

function maxAbs(values: readonly number[]): number {
  return Math.max(...values.map(Math.abs));
}
