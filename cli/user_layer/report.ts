// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a user's layer fared, as lines to read.
 *
 * @module
 */

import { formatE, formatG12 } from "../../numerics/format.ts";
import { formatShape } from "../../numerics/tensor.ts";
import type { Style } from "../output.ts";
import { textTable } from "../text_table.ts";
import type { InputReport, LayerReport } from "./check.ts";
import { formatIndex } from "./tensors.ts";

const HEADER = [
  "input",
  "shape",
  "rel. error",
  "worst at",
  "backward",
  "numerical",
  "",
];

/** A table with one row an input, the remarks below it, and the verdict. */
export function formatLayerReport(report: LayerReport, style: Style): string[] {
  const { file, tolerance, h, inputs } = report;
  const [header, ...rows] = textTable([
    HEADER,
    ...inputs.map((input) => rowOf(input, style)),
  ]);
  const remarks = inputs
    .filter(({ remark }) => remark !== undefined)
    .map(({ name, remark }) => `${name}: ${remark}`);
  const failed = inputs.filter(({ pass }) => !pass).length;
  const verdict = failed === 0
    ? style.green(`${inputs.length} of ${inputs.length} gradients pass`)
    : style.red(`${failed} of ${inputs.length} gradients fail`);
  return [
    style.dim(header!),
    ...rows,
    "",
    ...remarks,
    ...remarks.length > 0 ? [""] : [],
    `${file}: ${verdict} (tolerance ${tolerance.toExponential()}, h ${h.toExponential()})`,
  ];
}

function rowOf(input: InputReport, style: Style): string[] {
  const { name, shape, pass, relError, worst } = input;
  return [
    name,
    formatShape(shape),
    relError === undefined ? "-" : formatE(relError, 2),
    worst === undefined ? "-" : formatIndex(worst.index),
    worst === undefined ? "-" : formatG12(worst.analytic),
    worst === undefined ? "-" : formatG12(worst.numeric),
    pass ? style.green("pass") : style.red("FAIL"),
  ];
}
