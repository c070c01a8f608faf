// Copyright 2026 the Convlab authors. MIT license.

/** The same bytes on 1, 2, 3 and 5 threads, for work that is large enough to be shared. */

import { it } from "@std/testing/bdd";
import { addTensors } from "../../layers/add.ts";
import {
  avgPoolBackwardFast,
  avgPoolForwardFast,
} from "../../layers/avgpool_fast.ts";
import {
  bnReluBackward,
  bnReluForward,
  bnReluPoolBackward,
  bnReluPoolForward,
} from "../../layers/bn_relu.ts";
import { geluBackward, geluForward } from "../../layers/gelu.ts";
import {
  globalAvgPoolBackward,
  globalAvgPoolForward,
} from "../../layers/global_avgpool.ts";
import {
  groupnormBackward,
  groupnormForward,
  layernormBackward,
  layernormForward,
} from "../../layers/groupnorm.ts";
import {
  leakyReluBackward,
  leakyReluForward,
} from "../../layers/leaky_relu.ts";
import {
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { clipGradients } from "../../training/clip_gradients.ts";
import { optimState, UPDATE_RULES } from "../../training/update_rules.ts";
import { WeightAverage } from "../../training/weight_average.ts";
import { assertSameBytes, describeThreads } from "./describe_threads.ts";

describeThreads(({ dtype, draw }) => {
  it(`of average-poolings are the same bytes (${dtype})`, () => {
    const x = draw(40, 16, 33, 30);
    const gap = globalAvgPoolForward(x);
    for (const [pool, stride] of [[2, 2], [3, 2]] as const) {
      const window = { poolHeight: pool, poolWidth: pool, stride };
      const dout = avgPoolForwardFast(x, window).out;
      assertSameBytes(() => {
        const { out, cache } = avgPoolForwardFast(x, window);
        return [
          ...[out, avgPoolBackwardFast(dout, cache).dx],
          globalAvgPoolForward(x).out,
          globalAvgPoolBackward(gap.out, gap.cache).dx,
        ];
      });
    }
  });

  it(`of layer and group normalisations are the same bytes (${dtype})`, () => {
    const x = draw(50, 16, 20, 21);
    const [gamma, beta] = [draw(16), draw(16)];
    const [flat, wide, narrow] = [draw(900, 517), draw(517), draw(517)];
    const group = groupnormForward(x, gamma, beta, { groups: 4 });
    const layer = layernormForward(flat, wide, narrow);
    assertSameBytes(() => {
      const one = groupnormBackward(group.out, group.cache);
      const two = layernormBackward(layer.out, layer.cache);
      return [
        groupnormForward(x, gamma, beta, { groups: 4 }).out,
        layernormForward(flat, wide, narrow).out,
        ...[one.dx, one.dgamma, one.dbeta],
        ...[two.dx, two.dgamma, two.dbeta],
      ];
    });
  });

  it(`of leaky ReLU, GELU and a sum are the same bytes (${dtype})`, () => {
    const x = draw(200_003);
    assertSameBytes(() => {
      const leaky = leakyReluForward(x);
      const gelu = geluForward(x);
      return [
        ...[leaky.out, leakyReluBackward(x, leaky.cache).dx],
        ...[gelu.out, geluBackward(x, gelu.cache).dx, addTensors(x, x)],
      ];
    });
  });

  it(`of a max-pooling are the same bytes (${dtype})`, () => {
    const x = draw(40, 16, 33, 30);
    for (const [pool, stride] of [[2, 2], [3, 2], [2, 1]] as const) {
      const window = { poolHeight: pool, poolWidth: pool, stride };
      const dout = maxPoolForwardFast(x, window).out;
      assertSameBytes(() => {
        const { out, cache } = maxPoolForwardFast(x, window);
        return [out, maxPoolBackwardFast(dout, cache).dx];
      });
    }
  });

  it(`of a spatial batch normalisation are the same bytes (${dtype})`, () => {
    const [x, gamma, beta, dout] = [
      ...[draw(30, 16, 20, 21), draw(16), draw(16), draw(30, 16, 20, 21)],
    ];
    assertSameBytes(() => {
      const { out, cache } = spatialBatchnormForward(x!, gamma!, beta!, {
        mode: "train",
      });
      const { dx, dgamma, dbeta } = spatialBatchnormBackward(dout!, cache);
      return [out, dx, dgamma, dbeta];
    });
  });

  it(`of a batch normalisation with a ReLU and a pooling are the same bytes (${dtype})`, () => {
    const x = draw(30, 16, 21, 22);
    const [gamma, beta] = [draw(16), draw(16)];
    const train = { mode: "train" } as const;
    const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
    const dout = draw(30, 16, 10, 11);
    assertSameBytes(() => {
      const one = bnReluForward(x, gamma, beta, train);
      const two = bnReluPoolForward(x, gamma, beta, train, pool);
      const a = bnReluBackward(x, one.cache);
      const b = bnReluPoolBackward(dout, two.cache);
      return [
        ...[one.out, a.dx, a.dgamma, a.dbeta],
        ...[two.out, b.dx, b.dgamma, b.dbeta],
      ];
    });
  });

  it(`of a ReLU are the same bytes (${dtype})`, () => {
    const x = draw(1_000_003);
    assertSameBytes(() => {
      const { out, cache } = reluForward(x);
      return [out, reluBackward(out, cache).dx];
    });
  });

  it(`of update rules, clipped gradients and averages are the same bytes (${dtype})`, () => {
    const [start, first, second] = [
      draw(100_003),
      draw(100_003),
      draw(100_003),
    ];
    for (const rule of Object.values(UPDATE_RULES)) {
      assertSameBytes(() => {
        let w = start!.clone();
        const state = optimState({ learningRate: 0.1, weightDecay: 0.2 });
        const average = new WeightAverage({ w });
        for (const drawn of [first!, second!]) {
          const dw = drawn.clone();
          clipGradients({ dw }, { maxValue: 2, maxNorm: 9 });
          w = rule(w, dw, state);
          average.update({ w });
        }
        return [w, average.tensors.w!, ...Object.values(state.slots)];
      });
    }
  });
});
