// Copyright 2026 the Convlab authors. MIT license.

/**
 * Average-pooling on the kernels. Planes (image and channel) are cut over threads.
 *
 * @module
 */

import type { DType, Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import {
  isTwoByTwo,
  planesOfChunk,
  poolCost,
  type PoolGeometry,
  poolPlane,
  windowCorners,
} from "./pool.ts";
import { runKernel } from "./runtime.ts";
import { bytesOf } from "./select.ts";

/** The mean of each window, in the given shape. */
export function avgPoolForward(
  x: Tensor,
  shape: readonly number[],
  g: PoolGeometry,
): Tensor {
  const { dtype } = x;
  return withFrame((frame) => {
    const out = frame.output(shape, dtype);
    const source = frame.input(x, dtype);
    const sizes = [g.height, g.width, g.outHeight, g.outWidth];
    const run = {
      items: g.planes,
      step: planesOfChunk(g),
      cost: poolCost(g, dtype),
    };
    if (isTwoByTwo(g)) {
      runKernel("avgPoolForward2x2", dtype, {
        ...run,
        args: [source, out.address, ...sizes],
        scratchBytes: 64,
      });
    } else {
      const { offsets, rows, width, scratchBytes } = poolPlane(g, dtype);
      runKernel("avgPoolForward", dtype, {
        ...run,
        args: [
          ...[source, frame.table(offsets), offsets.length, out.address],
          ...[...sizes, g.stride, rows, width],
        ],
        scratchBytes,
      });
    }
    return out.take();
  });
}

/** dx in the given shape: each dout shared out over its window. */
export function avgPoolBackward(
  dout: Tensor,
  shape: readonly number[],
  g: PoolGeometry,
  dtype: DType,
): Tensor {
  return withFrame((frame) => {
    const dx = frame.output(shape, dtype);
    const grad = frame.input(dout, dtype);
    const sizes = [g.height, g.width, g.outHeight, g.outWidth];
    const run = {
      items: g.planes,
      step: planesOfChunk(g),
      cost: poolCost(g, dtype),
    };
    if (isTwoByTwo(g)) {
      runKernel("avgPoolBackward2x2", dtype, {
        ...run,
        args: [grad, dx.address, ...sizes],
      });
    } else {
      const corners = windowCorners(g, dtype);
      runKernel("avgPoolBackward", dtype, {
        ...run,
        args: [
          ...[grad, frame.table(corners), corners.length, dx.address],
          ...[...sizes, g.stride],
        ],
      });
    }
    return dx.take();
  });
}

/** The mean of each plane of x (N, C, H, W), as (N, C). */
export function globalAvgPoolForward(x: Tensor): Tensor {
  const [images = 0, channels = 0, height = 0, width = 0] = x.shape;
  const { dtype } = x;
  return withFrame((frame) => {
    const out = frame.output([images, channels], dtype);
    runKernel("globalAvgPoolForward", dtype, {
      args: [frame.input(x, dtype), out.address, height * width],
      ...planes(x.shape, dtype),
    });
    return out.take();
  });
}

/** dx in the given shape: each dout (N, C) shared out over its plane. */
export function globalAvgPoolBackward(
  dout: Tensor,
  shape: readonly number[],
  dtype: DType,
): Tensor {
  const [, , height = 0, width = 0] = shape;
  return withFrame((frame) => {
    const dx = frame.output(shape, dtype);
    runKernel("globalAvgPoolBackward", dtype, {
      args: [frame.input(dout, dtype), dx.address, height * width],
      ...planes(shape, dtype),
    });
    return dx.take();
  });
}

/** How planes are cut into work items. */
function planes(
  [images = 0, channels = 0, height = 0, width = 0]: readonly number[],
  dtype: DType,
): { items: number; step: number; cost: number } {
  const items = images * channels;
  const step = Math.max(1, Math.ceil(16384 / Math.max(1, height * width)));
  return {
    items,
    step,
    cost: items * height * width * bytesOf(dtype) / 10_000,
  };
}
