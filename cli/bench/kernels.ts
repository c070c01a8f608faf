// Copyright 2026 the Convlab authors. MIT license.

/**
 * Which kernels were picked, and why, as a table.
 *
 * @module
 */

import type { KernelChoice } from "../../kernels/runtime.ts";
import { textTable } from "../text_table.ts";

/** A line for each operation and dtype. */
export function kernelLines(choices: readonly KernelChoice[]): string[] {
  return textTable([
    ["operation", "dtype", "kernel", "why"],
    ...choices.map(({ operation, dtype, kernel, why }) => [
      ...[operation, dtype, kernel, why],
    ]),
  ]);
}
