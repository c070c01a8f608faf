// Copyright 2026 the Convlab authors. MIT license.

/**
 * Poolings for `gradcheck layers`: naive and fast, of maxima and of means.
 *
 * @module
 */

import {
  avgPoolBackwardNaive,
  avgPoolForwardNaive,
} from "../../layers/avgpool.ts";
import {
  avgPoolBackwardFast,
  avgPoolForwardFast,
} from "../../layers/avgpool_fast.ts";
import {
  globalAvgPoolBackward,
  globalAvgPoolForward,
} from "../../layers/global_avgpool.ts";
import {
  maxPoolBackwardNaive,
  maxPoolForwardNaive,
} from "../../layers/pool.ts";
import {
  maxPoolBackwardFast,
  maxPoolForwardFast,
} from "../../layers/pool_fast.ts";
import { type Draws, type LayerCase, layerCase } from "./layer_case.ts";

/** Sizes and strides of windows, as the text of a model has them. */
const WINDOWS = [["", 2, 2], ["3s2", 3, 2], ["3", 3, 3], [
  "2s1",
  2,
  1,
]] as const;

/** All of them. */
export function poolings(draws: Draws): LayerCase[] {
  const windows = WINDOWS.flatMap(([suffix, size, stride]) => {
    const options = { poolHeight: size, poolWidth: size, stride };
    const inputs = { x: draws.normal(2, 3, 6, 7) };
    const [max, mean] = [`pool${suffix}`, `avgpool${suffix}`];
    return [
      layerCase(
        ...[max, "naive", inputs] as const,
        ({ x }) => maxPoolForwardNaive(x, options),
        maxPoolBackwardNaive,
      ),
      layerCase(
        ...[max, "fast", inputs] as const,
        ({ x }) => maxPoolForwardFast(x, options),
        maxPoolBackwardFast,
      ),
      layerCase(
        ...[mean, "naive", inputs] as const,
        ({ x }) => avgPoolForwardNaive(x, options),
        avgPoolBackwardNaive,
      ),
      layerCase(
        ...[mean, "fast", inputs] as const,
        ({ x }) => avgPoolForwardFast(x, options),
        avgPoolBackwardFast,
      ),
    ];
  });
  const x = draws.normal(3, 4, 5, 6);
  const gap = layerCase(
    ...["gap", "", { x }] as const,
    ({ x }) => globalAvgPoolForward(x),
    globalAvgPoolBackward,
  );
  return [...windows, gap];
}
