// Copyright 2026 the Convlab authors. MIT license.

/**
 * The mask of a dropout on a kernel (assembly/dropout.ts).
 *
 * @module
 */

import type { RandomState } from "../numerics/random.ts";
import type { Part } from "../numerics/part.ts";
import { type DType, sizeOf, type Tensor } from "../numerics/tensor.ts";
import { withFrame } from "./frame.ts";
import { runKernel } from "./runtime.ts";

/**
 * Numbers that are 0 with probability `p` and `1 / (1 - p)` otherwise. Draws what
 * `random.random() < p` for each of them in turn would draw, and leaves the
 * generator where that would.
 *
 * @param whole Where the numbers are among all that are drawn, if they are a part of them.
 */
export function dropoutMask(
  random: RandomState,
  shape: readonly number[],
  p: number,
  dtype: DType,
  whole?: { readonly count: number; readonly part: Part },
): Tensor {
  return withFrame((frame) => {
    const mask = frame.output(shape, dtype);
    const size = sizeOf(shape);
    const { count, part: { begin, end } } = whole ??
      { count: size, part: { begin: 0, end: size } };
    const before = random.getState();
    const words = before.key.length;
    const state = frame.table([...before.key, before.position]);
    runKernel("dropoutMask", dtype, {
      args: [
        ...[state, mask.address, begin, end - begin, count - end],
        ...[p, 1 / (1 - p)],
      ],
      items: 1,
      step: 1,
      // One after the other: there is nothing to share.
      cost: 1,
    });
    const after = frame.readTable(state, words + 1);
    random.setState({
      ...before,
      key: Array.from(after.subarray(0, words), (word) => word >>> 0),
      position: after[words]!,
    });
    return mask.take();
  });
}
