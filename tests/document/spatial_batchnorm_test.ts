// Copyright 2026 the Convlab authors. MIT license.

/** The cells about spatial batch normalisation, against the same in NumPy. */

import { assert, assertAlmostEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/bn_spatial.json" with { type: "json" };
import {
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import { RandomState } from "../../numerics/random.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type Tensor, tensor, zeros } from "../../numerics/tensor.ts";

/** scale · x + shift, in place. */
function scaled(x: Tensor, scale: number, shift: number): Tensor {
  for (let i = 0; i < x.size; i++) x.data[i] = scale * x.data[i]! + shift;
  return x;
}

function assertClose(
  actual: Tensor,
  { data, shape }: { data: number[]; shape: number[] },
  tolerance: number,
): void {
  assert(relError(actual, tensor(data, shape)) < tolerance);
}

describe("spatial batch normalisation", () => {
  it("equals NumPy's forward pass in training", () => {
    const x = scaled(new RandomState(231).randn([2, 3, 4, 5]), 4, 10);
    assertClose(x, fixture.forward_train.x, 1e-14);
    const run = (gamma: number[], beta: number[]) =>
      spatialBatchnormForward(x, tensor(gamma), tensor(beta), { mode: "train" })
        .out;
    assertClose(run([1, 1, 1], [0, 0, 0]), fixture.forward_train.out, 1e-11);
    assertClose(run([3, 4, 5], [6, 7, 8]), fixture.forward_train.out_gb, 1e-11);
  });

  it("equals NumPy's running averages after 50 batches", () => {
    const random = new RandomState(231);
    const draw = () => scaled(random.randn([10, 4, 11, 12]), 2.3, 13);
    const running = { runningMean: zeros([4]), runningVar: zeros([4]) };
    const [gamma, beta] = [tensor([1, 1, 1, 1]), zeros([4])];
    for (let t = 0; t < 50; t++) {
      spatialBatchnormForward(draw(), gamma, beta, {
        mode: "train",
        ...running,
      });
    }
    assertClose(running.runningMean, fixture.forward_test.running_mean, 1e-13);
    assertClose(running.runningVar, fixture.forward_test.running_var, 1e-13);
    const { out } = spatialBatchnormForward(draw(), gamma, beta, {
      mode: "test",
      ...running,
    });
    for (let c = 0; c < 4; c++) {
      let total = 0;
      for (let n = 0; n < 10; n++) {
        for (let i = 0; i < 132; i++) total += out.data[(n * 4 + c) * 132 + i]!;
      }
      assertAlmostEquals(
        total / 1320,
        fixture.forward_test.means.data[c]!,
        1e-13,
      );
    }
  });

  it("equals NumPy's gradients, and their errors against numeric ones", () => {
    const random = new RandomState(231);
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
    assertClose(dx, fixture.backward.dx, 1e-9);
    assertClose(dgamma, fixture.backward.dgamma, 1e-12);
    assertClose(dbeta, fixture.backward.dbeta, 1e-12);
    const error = (at: Tensor, gradient: Tensor) =>
      relError(
        evalNumericalGradientArray(() => forward().out, at, dout),
        gradient,
      );
    assert(error(x, dx) < 1e-6);
    assert(error(gamma, dgamma) < 1e-11);
    assert(error(beta, dbeta) < 1e-11);
  });
});
