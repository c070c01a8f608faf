// Copyright 2026 the Convlab authors. MIT license.

/** The layers against PyTorch's, whose results make_torch_layers.py wrote down. */

import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import fixture from "../../fixtures/torch/layers.json" with { type: "json" };
import {
  avgPoolBackwardNaive,
  avgPoolForwardNaive,
} from "../../layers/avgpool.ts";
import {
  avgPoolBackwardFast,
  avgPoolForwardFast,
} from "../../layers/avgpool_fast.ts";
import {
  batchnormBackward,
  batchnormForward,
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
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
import { softmaxLoss } from "../../layers/loss.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { reluBackward, reluForward } from "../../layers/relu.ts";
import { relError } from "../../numerics/rel_error.ts";
import { type DType, type Tensor, tensor } from "../../numerics/tensor.ts";

/** A tensor as the fixture has it. */
interface Plain {
  readonly shape: readonly number[];
  readonly data: readonly number[];
}

/** One call of a layer. */
interface Case {
  readonly layer: string;
  // deno-lint-ignore no-explicit-any
  readonly options: any;
  readonly inputs: Readonly<Record<string, Plain>>;
  readonly dout: Plain;
  readonly out: Plain;
  readonly gradients: Readonly<Record<string, Plain>>;
}

/** The output of a layer, and its gradients for a dout. */
type Layer = (
  inputs: Readonly<Record<string, Tensor>>,
  options: Case["options"],
) => { out: Tensor; backward: (dout: Tensor) => object };

/** A layer of forward and backward functions; its arguments are the inputs in order. */
function layer<C>(
  // deno-lint-ignore no-explicit-any
  forward: (...args: any[]) => { out: Tensor; cache: C },
  backward: (dout: Tensor, cache: C) => object,
  // deno-lint-ignore no-explicit-any
  more: any = {},
): Layer {
  return (inputs, options) => {
    const all = { ...options, ...more };
    const { out, cache } = forward(...Object.values(inputs), all);
    return { out, backward: (dout) => backward(dout, cache) };
  };
}

const TRAIN = { mode: "train" };

/** The functions of each layer of the fixture, by name. */
const LAYERS: Record<string, Record<string, Layer>> = {
  conv: {
    convForwardNaive: layer(convForwardNaive, convBackwardNaive),
    convForwardFast: layer(convForwardFast, convBackwardFast),
  },
  avgpool: {
    avgPoolForwardNaive: layer(avgPoolForwardNaive, avgPoolBackwardNaive),
    avgPoolForwardFast: layer(avgPoolForwardFast, avgPoolBackwardFast),
  },
  maxpool: {
    maxPoolForwardNaive: layer(maxPoolForwardNaive, maxPoolBackwardNaive),
    maxPoolForwardFast: layer(maxPoolForwardFast, maxPoolBackwardFast),
  },
  gap: {
    globalAvgPoolForward: layer(globalAvgPoolForward, globalAvgPoolBackward),
  },
  relu: { reluForward: layer(reluForward, reluBackward) },
  leaky: { leakyReluForward: layer(leakyReluForward, leakyReluBackward) },
  gelu: { geluForward: layer(geluForward, geluBackward) },
  ln: { layernormForward: layer(layernormForward, layernormBackward) },
  gn: { groupnormForward: layer(groupnormForward, groupnormBackward) },
  bn: {
    batchnormForward: (inputs, options) =>
      inputs["x"]!.shape.length === 2
        ? layer(batchnormForward, batchnormBackward, TRAIN)(inputs, options)
        : layer(spatialBatchnormForward, spatialBatchnormBackward, TRAIN)(
          inputs,
          options,
        ),
  },
};

/** How far a result may be off, in units of its largest element. */
const TOLERANCE = { float64: 2e-14, float32: 2e-6 } as const;

function assertNear(actual: Tensor, expected: Plain, name: string): void {
  const { dtype, data } = actual;
  assertEquals(actual.shape, expected.shape, name);
  const largest = Math.max(1, ...expected.data.map(Math.abs));
  for (const [i, value] of expected.data.entries()) {
    const error = Math.abs(data[i]! - value) / largest;
    assert(
      error <= TOLERANCE[dtype],
      `${name}[${i}]: ${data[i]} for PyTorch's ${value}`,
    );
  }
}

const read = ({ shape, data }: Plain, dtype: DType) =>
  tensor(data, shape, dtype);

describe("the layers equal PyTorch's", () => {
  for (const [name, functions] of Object.entries(LAYERS)) {
    const cases: readonly Case[] = fixture.cases;
    const mine = cases.filter((c) => c.layer === name);
    for (const [forward, run] of Object.entries(functions)) {
      it(`${forward}(), and its backward pass`, () => {
        assert(mine.length > 0);
        for (const { options, inputs, dout, out, gradients } of mine) {
          for (const dtype of ["float64", "float32"] as const) {
            const result = run(
              Object.fromEntries(
                Object.entries(inputs).map(([k, v]) => [k, read(v, dtype)]),
              ),
              options,
            );
            assertEquals(result.out.dtype, dtype);
            assertNear(result.out, out, "out");
            const actual = result.backward(read(dout, dtype));
            assertEquals(
              Object.keys(actual).sort(),
              Object.keys(gradients).map((k) => `d${k}`).sort(),
            );
            for (const [k, v] of Object.entries(actual)) {
              assertEquals(v.dtype, dtype);
              assertNear(v, gradients[k.slice(1)]!, k);
            }
          }
        }
      });
    }
  }

  it("softmaxLoss(), with label smoothing and without", () => {
    for (
      const { scores, labels, labelSmoothing, ...expected } of fixture.losses
    ) {
      const { loss, dx } = softmaxLoss(read(scores, "float64"), labels, {
        labelSmoothing,
      });
      assert(relError(loss, expected.loss) < 1e-14);
      assertNear(dx, expected.dx, "dx");
    }
  });
});
