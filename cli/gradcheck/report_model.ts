// Copyright 2026 the Convlab authors. MIT license.

/**
 * How the parameters of a network fared, as lines to read.
 *
 * @module
 */

import { formatE } from "../../numerics/format.ts";
import { formatShape } from "../../numerics/tensor.ts";
import type { Style } from "../output.ts";
import { textTable } from "../text_table.ts";
import { CHECKED, MODEL_TOLERANCE, type ModelReport } from "./check_model.ts";

/** A table with a row for each parameter, and the verdict below it. */
export function formatModelReport(
  { parameters }: ModelReport,
  style: Style,
): string[] {
  const [header = "", ...rows] = textTable([
    ["parameter", "shape", "rel. error", ""],
    ...parameters.map(({ name, shape, relError, passed }) => [
      ...[name, formatShape(shape), formatE(relError, 1)],
      passed ? style.green("pass") : style.red("FAIL"),
    ]),
  ]);
  const failed = parameters.filter(({ passed }) => !passed).length;
  const verdict = failed === 0
    ? `${parameters.length} gradients, all equal to numerical ones`
    : style.red(`${failed} of ${parameters.length} gradients fail`);
  return [
    style.dim(header),
    ...rows,
    "",
    `${verdict} (up to ${CHECKED} numbers of each, tolerance ${MODEL_TOLERANCE.toExponential()})`,
  ];
}
