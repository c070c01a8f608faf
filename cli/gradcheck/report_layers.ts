// Copyright 2026 the Convlab authors. MIT license.

/**
 * How layers fared, as lines to read.
 *
 * @module
 */

import { formatE } from "../../numerics/format.ts";
import type { Style } from "../output.ts";
import { textTable } from "../text_table.ts";
import { type LayerReport, TOLERANCE } from "./check_layers.ts";

/** A table with a row for each layer, and the verdict below it. */
export function formatLayerReports(
  reports: readonly LayerReport[],
  style: Style,
): string[] {
  const [header, ...rows] = textTable([
    ["layer", "", "", "largest relative error of each gradient"],
    ...reports.map(({ layer, what, gradients, passed }) => [
      layer,
      what,
      passed ? style.green("pass") : style.red("FAIL"),
      gradients.map((gradient) => {
        const text = `${gradient.name} ${formatE(gradient.relError, 1)}`;
        return gradient.passed ? text : style.red(text);
      }).join("  "),
    ]),
  ]);
  const all = reports.flatMap(({ gradients }) => gradients);
  const failed = all.filter(({ passed }) => !passed).length;
  const verdict = failed === 0
    ? `${all.length} gradients, all equal to numerical ones`
    : style.red(`${failed} of ${all.length} gradients fail`);
  return [
    style.dim(header!),
    ...rows,
    "",
    `${verdict} (tolerance ${TOLERANCE.toExponential()})`,
  ];
}
