// Copyright 2026 the Convlab authors. MIT license.

/**
 * Max-poolings as passes.
 *
 * @module
 */

import { Workspace } from "../../kernels/frame.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { RandomState } from "../../numerics/random.ts";
import type { DType } from "../../numerics/tensor.ts";
import {
  draw,
  inWorkspace,
  numbersIn,
  once,
  type Pass,
  residents,
} from "./pass.ts";
import type { PoolingShape } from "./shapes.ts";

const SEED = 231;

/** The passes of a max-pooling in one dtype. */
export interface PoolingPasses {
  readonly forward: Pass;
  readonly backward: Pass;
}

/** The passes on random input, by dtype; references are computed once for all. */
export function poolingPasses(
  shape: PoolingShape,
): (dtype: DType) => PoolingPasses {
  const { images, channels, height, width, window, stride } = shape;
  const outHeight = 1 + Math.floor((height - window) / stride);
  const outWidth = 1 + Math.floor((width - window) / stride);
  const options = { poolHeight: window, poolWidth: window, stride };
  const random = new RandomState(SEED);
  const drawn = {
    x: draw(random, [images, channels, height, width]),
    dout: draw(random, [images, channels, outHeight, outWidth]),
  };
  const naive = once(() => maxPoolForwardNaive(drawn.x, options));
  const naiveGradient = once(() =>
    maxPoolBackwardNaive(drawn.dout, naive().cache).dx
  );
  /** Windows that an input can be in, down or across. */
  const overlap = Math.ceil(window / stride);

  return (dtype) => {
    const { x, dout } = residents(drawn, dtype);
    // What the backward pass needs lies in a workspace of its own, which
    // nothing overwrites.
    const kept = new Workspace();
    const cache = once(() =>
      kept.run(() => maxPoolForwardFast(x, options).cache)
    );
    const forward = () =>
      inWorkspace(() => ({ out: maxPoolForwardFast(x, options).out }));
    const backward = () =>
      inWorkspace(() => ({ ...maxPoolBackwardFast(dout, cache()) }));
    const work = (pass: string) => ({
      operation: `max-pooling ${pass}`,
      dtype,
      shape: { ...shape },
    });
    return {
      forward: {
        work: work("forward"),
        flops: undefined,
        numbers: numbersIn(x, dout),
        run: forward,
        results: forward,
        references: () => ({ out: { value: naive().out, terms: 1 } }),
      },
      backward: {
        work: work("backward"),
        flops: undefined,
        numbers: numbersIn(dout, x),
        run: backward,
        results: backward,
        references: () => ({
          dx: { value: naiveGradient(), terms: overlap ** 2 },
        }),
      },
    };
  };
}
