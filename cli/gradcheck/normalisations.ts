// Copyright 2026 the Convlab authors. MIT license.

/**
 * Normalisations for `gradcheck layers`: of batches, examples and groups, on
 * features and on images.
 *
 * @module
 */

import {
  batchnormBackward,
  batchnormForward,
  type BatchnormOptions,
  spatialBatchnormBackward,
  spatialBatchnormForward,
} from "../../layers/batchnorm.ts";
import {
  groupnormBackward,
  groupnormForward,
  layernormBackward,
  layernormForward,
} from "../../layers/groupnorm.ts";
import { type Draws, type LayerCase, layerCase } from "./layer_case.ts";

/** All of them. */
export function normalisations(draws: Draws): LayerCase[] {
  const affine = (channels: number) => ({
    gamma: draws.normal(channels),
    beta: draws.normal(channels),
  });
  const flat = { x: draws.normal(5, 7), ...affine(7) };
  const images = { x: draws.normal(3, 4, 3, 5), ...affine(4) };
  const test = (channels: number): BatchnormOptions => ({
    mode: "test",
    runningMean: draws.normal(channels),
    runningVar: draws.positive(channels),
  });
  const kinds = [
    ["", { mode: "train" }, { mode: "train" }],
    [", at test time", test(7), test(4)],
  ] as const;
  return [
    ...kinds.flatMap(([when, forFlat, forImages]) => [
      layerCase(
        ...["bn", `features${when}`, flat] as const,
        ({ x, gamma, beta }) => batchnormForward(x, gamma, beta, forFlat),
        batchnormBackward,
      ),
      layerCase(
        ...["bn", `images${when}`, images] as const,
        ({ x, gamma, beta }) =>
          spatialBatchnormForward(x, gamma, beta, forImages),
        spatialBatchnormBackward,
      ),
    ]),
    layerCase(
      ...["ln", "features", flat] as const,
      ({ x, gamma, beta }) => layernormForward(x, gamma, beta),
      layernormBackward,
    ),
    ...[1, 2, 4].map((groups) =>
      layerCase(
        ...[groups === 1 ? "ln" : `gn${groups}`, "images", images] as const,
        ({ x, gamma, beta }) => groupnormForward(x, gamma, beta, { groups }),
        groupnormBackward,
      )
    ),
  ];
}
