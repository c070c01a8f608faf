// Copyright 2026 the Convlab authors. MIT license.

/**
 * Passes that take no time, and what to measure them with.
 *
 * @module
 */

import type { Settings } from "../../../cli/bench/benchmark.ts";
import type { Pass } from "../../../cli/bench/pass.ts";
import { type DType, tensor } from "../../../numerics/tensor.ts";
import { fakeOutput } from "../fake_output.ts";

/** A pass whose one result is to be [1, 2, 4]. */
export function toyPass(dtype: DType, ...found: number[]): Pass {
  const out = tensor(found, [found.length], dtype);
  return {
    work: { operation: "counting", dtype, shape: { name: "small" } },
    flops: undefined,
    run: () => {},
    results: () => ({ out }),
    references: () => ({ out: { value: tensor([1, 2, 4]), terms: 1 } }),
  };
}

/** Settings for one run of each pass, and nothing besides. */
export function toySettings(): Settings {
  return {
    ...{ threads: 1, dtype: undefined, shape: [], runs: 1, profile: false },
    ...{ peer: undefined, signal: undefined },
    ...{ stdout: fakeOutput(), stderr: fakeOutput() },
  };
}
