// Copyright 2026 the Convlab authors. MIT license.

/** The same bytes on 1, 2, 3 and 5 threads, for work that is large enough to be shared. */

import { assert, assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { getThreads, setThreads } from "../../kernels/runtime.ts";
import { addTensors } from "../../layers/add.ts";
import { affineBackward, affineForward } from "../../layers/affine.ts";
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
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  convReluPoolBackward,
  convReluPoolForward,
} from "../../layers/conv_relu.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { ThreeLayerConvNet } from "../../models/three_layer_conv_net.ts";
import { RandomState } from "../../numerics/random.ts";
import { type DType, type Tensor, tensor } from "../../numerics/tensor.ts";
import { clipGradients } from "../../training/clip_gradients.ts";
import { Solver } from "../../training/solver.ts";
import { optimState, UPDATE_RULES } from "../../training/update_rules.ts";
import { WeightAverage } from "../../training/weight_average.ts";
import { bytesOf } from "./agreement.ts";

const THREADS = [1, 2, 3, 5];
const DTYPES: DType[] = ["float32", "float64"];

/** Work items that this thread has done; what it has not, workers did. */
let itemsDone = 0;

/** An instance of the kernels that counts the work items of its calls. */
class CountingInstance {
  readonly exports: Record<string, unknown>;

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const instance = new Instance(module, imports);
    this.exports = Object.fromEntries(
      Object.entries(instance.exports).map(([name, value]) => [
        name,
        typeof value !== "function" ? value : (...args: number[]) => {
          itemsDone += args.at(-1)! - args.at(-2)!;
          value(...args);
        },
      ]),
    );
  }
}

const { Instance } = WebAssembly;

/** How long workers may take to start and to get a turn, in milliseconds. */
const PATIENCE = 20_000;

/**
 * Runs the work on every number of threads, until workers have done some of it,
 * and compares the bytes.
 */
function assertSameBytes(work: () => readonly Tensor[]): void {
  let items = 0;
  const results = THREADS.flatMap((threads) => {
    setThreads(threads);
    const start = performance.now();
    const rounds: string[] = [];
    for (let shared = threads === 1; !shared || rounds.length < 4;) {
      itemsDone = 0;
      rounds.push(bytesOf(...work()));
      if (threads === 1) items = itemsDone;
      else shared ||= itemsDone < items;
      assert(performance.now() - start < PATIENCE, "no worker took part");
    }
    return rounds;
  });
  assertEquals(new Set(results).size, 1, "results differ between threads");
}

describe("results on 1, 2, 3 and 5 threads", () => {
  const before = getThreads();
  beforeAll(() => setInstance(CountingInstance));
  afterAll(() => {
    setInstance(Instance);
    setThreads(before);
  });

  for (const dtype of DTYPES) {
    const random = new RandomState(7);
    const draw = (...shape: number[]) => random.randn(shape).astype(dtype);

    for (
      const [stride, pad, size] of [[1, 3, 7], [2, 1, 3], [3, 0, 5]] as const
    ) {
      it(`of a convolution are the same bytes (${dtype}, stride ${stride})`, () => {
        const x = draw(23, 3, 26, 31);
        const w = draw(13, 3, size, size);
        const b = draw(13);
        const dout = convForwardFast(x, w, b, { stride, pad }).out;
        assertSameBytes(() => {
          const { out, cache } = convForwardFast(x, w, b, { stride, pad });
          const { dx, dw, db } = convBackwardFast(dout, cache);
          return [out, dx, dw, db];
        });
      });
    }

    for (
      const [stride, pad, size] of [[1, 3, 7], [2, 1, 2], [1, 0, 5]] as const
    ) {
      it(`of a convolution with a ReLU and a pooling of 2 × 2 are the same bytes (${dtype}, filters of ${size} × ${size})`, () => {
        // More images than partial sums: some of these are of several images.
        const x = draw(70, 3, 20, 23);
        const w = draw(13, 3, size, size);
        const b = draw(13);
        const pool = { poolHeight: 2, poolWidth: 2, stride: 2 };
        const forward = () =>
          convReluPoolForward(x, w, b, { stride, pad }, pool);
        const dout = draw(...forward().out.shape);
        assertSameBytes(() => {
          const { out, cache } = forward();
          const { dx, dw, db } = convReluPoolBackward(dout, cache);
          return [out, dx, dw, db];
        });
      });
    }

    it(`of a convolution with dilation, in groups and depthwise, are the same bytes (${dtype})`, () => {
      for (const groups of [1, 2, 12]) {
        const x = draw(23, 12, 17, 20);
        const w = draw(24, 12 / groups, 3, 3);
        const b = draw(24);
        const options = { pad: 2, dilation: 2, groups };
        const dout = convForwardFast(x, w, b, options).out;
        assertSameBytes(() => {
          const { out, cache } = convForwardFast(x, w, b, options);
          const { dx, dw, db } = convBackwardFast(dout, cache);
          return [out, dx, dw, db];
        });
      }
    });

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

    it(`of an affine layer are the same bytes (${dtype})`, () => {
      const [x, w, b, dout] = [
        draw(50, 1111),
        draw(1111, 77),
        draw(77),
        draw(50, 77),
      ];
      assertSameBytes(() => {
        const { out, cache } = affineForward(x!, w!, b!);
        const { dx, dw, db } = affineBackward(dout!, cache);
        return [out, dx, dw, db];
      });
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

    it(`of a network's loss and gradients are the same bytes (${dtype})`, () => {
      const model = new ThreeLayerConvNet({
        inputDim: [3, 16, 16],
        reg: 0.5,
        dtype,
        random: new RandomState(3),
      });
      const x = draw(50, 3, 16, 16);
      const y = random.randint(0, 10, 50);
      assertSameBytes(() => {
        const { loss, grads } = model.loss(x, y);
        return [tensor([loss]), ...Object.values(grads)];
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

    it(`of some steps of training are the same bytes (${dtype})`, () => {
      const x = draw(120, 3, 16, 16);
      const y = random.randint(0, 10, 120);
      assertSameBytes(() => {
        const seeded = new RandomState(3);
        const model = new ThreeLayerConvNet({
          inputDim: [3, 16, 16],
          reg: 0.01,
          dtype,
          random: seeded,
        });
        const data = { xTrain: x, yTrain: y, xVal: x, yVal: y };
        const solver = new Solver(model, data, {
          updateRule: "adam",
          batchSize: 50,
          verbose: false,
          random: seeded,
        });
        for (let i = 0; i < 4; i++) solver.step();
        return Object.values(model.params);
      });
    });
  }
});

/** Lets `new WebAssembly.Instance` make these, on this thread. */
function setInstance(value: unknown): void {
  Object.defineProperty(WebAssembly, "Instance", {
    value,
    configurable: true,
    writable: true,
  });
}
