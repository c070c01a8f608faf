// Copyright 2026 the Convlab authors. MIT license.

/**
 * A network as a table.
 *
 * @module
 */

import type { Output } from "../output.ts";
import { bytesText, NONE } from "../runs/format.ts";
import { wrap } from "../text_table.ts";
import { grouped } from "../words.ts";
import type { LayerSummary, ModelSummary } from "./summary.ts";

/** The 4 GiB that the kernels can reach. */
const MAX_BYTES = 2 ** 32;

/** Columns that are never narrower than this, whatever the terminal. */
const LEAST_TEXT = 10;

const GAP = "  ";

/** Columns of the headings below the table. */
const HEADING = 12;

/** What is shown of a layer: name, text, output, parameters, multiply-adds, memory. */
type Row = readonly [string, string, string, string, string, string];

/** Lines that tell all there is to know, the table first. */
export function summaryLines(
  summary: ModelSummary,
  { columns, style }: Pick<Output, "columns" | "style">,
): string[] {
  const { model, inputDim, dtype, layers, total } = summary;
  const head: Row = [
    ...[
      "layer",
      "",
      "output",
      "parameters",
      "multiply-adds",
      "memory",
    ] as const,
  ];
  const sum: Row = [
    ...["total", "", ""] as const,
    ...[grouped(total.parameters), grouped(total.multiplyAdds)] as const,
    bytesText(total.bytes),
  ];
  const [first = "", ...rows] = aligned(
    [head, ...layers.flatMap((layer) => rowsOf(layer, 0)), sum],
    columns,
  );
  return [
    ...wrap(model, columns),
    `on images of ${shape(inputDim)}, in ${dtype}`,
    "",
    style.bold(first),
    ...rows.slice(0, -1),
    style.bold(rows.at(-1)!),
    "",
    ...fact("parameters", [
      `${grouped(total.parameters)}: ${bytesText(total.parameterBytes)}`,
    ], columns),
    ...fact("one image", [
      `${grouped(total.multiplyAdds)} multiply-adds forward:`,
      `${large(total.flops)} FLOPs`,
    ], columns),
    ...fact("training", trainingFacts(summary), columns),
  ];
}

/** What a training step takes, and what to do if that is too much. */
function trainingFacts({ training }: ModelSummary): string[] {
  const { batchSize, bytes, parameterBytes, batchBytes } = training;
  const images = batchSize === 1 ? "1 image" : `${grouped(batchSize)} images`;
  return [
    `about ${bytesText(bytes)} with batches of ${images}`,
    `(parameters ${bytesText(parameterBytes)}, batch ${bytesText(batchBytes)})`,
    ...(bytes <= MAX_BYTES ? [] : [
      "– more than the 4 GiB that the kernels can reach; make",
      parameterBytes > MAX_BYTES ? "the network smaller" : "batches smaller",
    ]),
  ];
}

/** A line under a heading of its own, wrapped. */
function fact(
  name: string,
  parts: readonly string[],
  columns: number,
): string[] {
  return wrap(parts.join(" "), columns - HEADING)
    .map((line, i) => (i === 0 ? name : "").padEnd(HEADING) + line);
}

/** A layer's row, and those of what is in it. */
function rowsOf(layer: LayerSummary, depth: number): Row[] {
  const { name, text, output, parameters, multiplyAdds, bytes } = layer;
  const { body = [], shortcut = [] } = layer;
  const indent = GAP.repeat(depth);
  const number = (n: number) => n === 0 ? NONE : grouped(n);
  return [
    [
      ...[indent + name, text, shape(output)] as const,
      ...[number(parameters), number(multiplyAdds)] as const,
      bytes === 0 ? NONE : bytesText(bytes),
    ],
    ...body.flatMap((inner) => rowsOf(inner, depth + 1)),
    ...(shortcut.length > 0
      ? [[`${indent}${GAP}|`, "", "", "", "", ""] as const]
      : []),
    ...shortcut.flatMap((inner) => rowsOf(inner, depth + 1)),
  ];
}

/** Text to the left, numbers to the right; texts are cut where the lines would be too long. */
function aligned(rows: readonly Row[], columns: number): string[] {
  const widths = rows[0]!.map((_, i) =>
    Math.max(...rows.map((row) => row[i]!.length))
  );
  const over = widths.reduce((a, b) => a + b + GAP.length) - columns;
  if (over > 0) widths[1] = Math.max(LEAST_TEXT, widths[1]! - over);
  return rows.map((row) =>
    row.map((cell, i) => {
      const width = widths[i]!;
      if (i > 2) return cell.padStart(width);
      return (cell.length > width ? `${cell.slice(0, width - 1)}…` : cell)
        .padEnd(width);
    }).join(GAP).trimEnd()
  );
}

function shape(lengths: readonly number[]): string {
  return lengths.join("x");
}

/** Such as `12.3 million`. */
function large(n: number): string {
  const units = [
    ...[[1e12, "trillion"], [1e9, "billion"], [1e6, "million"]] as const,
  ];
  const unit = units.find(([size]) => n >= size);
  return unit ? `${(n / unit[0]).toFixed(1)} ${unit[1]}` : grouped(n);
}
