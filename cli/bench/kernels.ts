// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which kernels were picked, and why.
 *
 * @module
 */

import * as runtime from "../../kernels/runtime.ts";
import { kernelName, KERNELS } from "../../kernels/select.ts";
import type { DType } from "../../numerics/tensor.ts";
import { textTable } from "../text_table.ts";

/** A kernel and the reason for it. */
export interface KernelChoice {
  readonly operation: string;
  readonly dtype: string;
  readonly kernel: string;
  readonly why: string;
}

/** What was picked for each operation and dtype. */
export function kernelChoices(): readonly KernelChoice[] {
  const { instructions } = runtime.kernelReport();
  const why = instructions === "relaxed"
    ? "the engine has fused multiply-add"
    : "the engine has no fused multiply-add";
  const dtypes: readonly DType[] = ["float32", "float64"];
  return KERNELS.flatMap((operation) =>
    dtypes.map((dtype) => {
      const kernel = kernelName(operation, dtype, runtime.tileWidth());
      return { operation, dtype, kernel: `${kernel}_${instructions}`, why };
    })
  );
}

/** The choices as a table. */
export function kernelLines(choices: readonly KernelChoice[]): string[] {
  return textTable([
    ["operation", "dtype", "kernel", "why"],
    ...choices.map(({ operation, dtype, kernel, why }) => [
      ...[operation, dtype, kernel, why],
    ]),
  ]);
}
