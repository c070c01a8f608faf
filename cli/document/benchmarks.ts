// Copyright 2026 the Convlab authors. MIT license.

/**
 * The inputs of cells 8 and 9, what is to be timed on them, and what the
 * document measured.
 *
 * @module
 */

import { tileWidth } from "../../kernels/runtime.ts";
import { type Kernel, kernelName } from "../../kernels/select.ts";
import { convBackwardNaive, convForwardNaive } from "../../layers/conv.ts";
import { convBackwardFast, convForwardFast } from "../../layers/conv_fast.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType, Tensor } from "../../numerics/tensor.ts";

/** A forward or a backward pass, in two versions. */
export interface Pass {
  /** Which of the two. */
  readonly name: "forward" | "backward";
  /** The naive version; its results by name. */
  readonly naive: () => Record<string, Tensor>;
  /** The fast version, with results of the same names. */
  readonly fast: () => Record<string, Tensor>;
  /** The kernels that the fast version runs. */
  readonly kernels: readonly string[];
  /** The document's figures; times in seconds. */
  readonly document: {
    readonly naive: number;
    /** Not printed for the backward pass of the pooling. */
    readonly fast: number | undefined;
    readonly speedup: number;
    readonly differences: Record<string, number>;
  };
}

/** A layer on the document's inputs. */
export interface Benchmark {
  readonly layer: string;
  readonly cell: number;
  /** The inputs, in words. */
  readonly shape: string;
  readonly passes: readonly Pass[];
}

const SEED = 231;

/** Cell 8: convolution. */
export function convolutionBenchmark(dtype: DType): Benchmark {
  const random = new RandomState(SEED);
  const draw = (...shape: number[]) => random.randn(shape).astype(dtype);
  const x = draw(100, 3, 31, 31);
  const w = draw(25, 3, 3, 3);
  const b = draw(25);
  const dout = draw(100, 25, 16, 16);
  const { cache } = convForwardNaive(x, w, b, { stride: 2, pad: 1 });
  return {
    layer: "Convolution",
    cell: 8,
    shape: "100 images of 3x31x31, 25 filters of 3x3x3, stride 2, pad 1",
    passes: [
      {
        name: "forward",
        naive: () => ({ out: convForwardNaive(x, w, b, cache).out }),
        fast: () => ({ out: convForwardFast(x, w, b, cache).out }),
        kernels: names(dtype, "conv2dForward"),
        document: {
          naive: 3.669734,
          fast: 0.006410,
          speedup: 572.490516,
          differences: { out: 4.92640785149e-11 },
        },
      },
      {
        name: "backward",
        naive: () => ({ ...convBackwardNaive(dout, cache) }),
        fast: () => ({ ...convBackwardFast(dout, cache) }),
        kernels: names(dtype, "conv2dBackwardInput", "conv2dBackwardFilter3x3"),
        document: {
          naive: 4.580569,
          fast: 0.006602,
          speedup: 693.810227,
          differences: {
            dx: 1.94976477535e-11,
            dw: 3.681156828e-13,
            db: 0,
          },
        },
      },
    ],
  };
}

/** Cell 9: max-pooling. */
export function poolingBenchmark(dtype: DType): Benchmark {
  const random = new RandomState(SEED);
  const x = random.randn([100, 3, 32, 32]).astype(dtype);
  const dout = random.randn([100, 3, 16, 16]).astype(dtype);
  const options = { poolHeight: 2, poolWidth: 2, stride: 2 };
  const naive = maxPoolForwardNaive(x, options);
  const fast = maxPoolForwardFast(x, options);
  return {
    layer: "Max-pooling",
    cell: 9,
    shape: "100 images of 3x32x32, windows of 2x2, stride 2",
    passes: [
      {
        name: "forward",
        naive: () => ({ out: maxPoolForwardNaive(x, options).out }),
        fast: () => ({ out: maxPoolForwardFast(x, options).out }),
        kernels: names(dtype, "maxPoolForward2x2"),
        document: {
          naive: 0.005478,
          fast: 0.001702,
          speedup: 3.218378,
          differences: { out: 0 },
        },
      },
      {
        name: "backward",
        naive: () => ({ ...maxPoolBackwardNaive(dout, naive.cache) }),
        fast: () => ({ ...maxPoolBackwardFast(dout, fast.cache) }),
        kernels: names(dtype, "maxPoolBackward2x2"),
        document: {
          naive: 0.844384,
          fast: undefined,
          speedup: 96.281073,
          differences: { dx: 0 },
        },
      },
    ],
  };
}

function names(dtype: DType, ...kernels: Kernel[]): string[] {
  return kernels.map((kernel) => kernelName(kernel, dtype, tileWidth()));
}
