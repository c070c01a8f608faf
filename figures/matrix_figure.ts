// Copyright 2026 the Convlab authors. MIT license.

/**
 * Describes matrices shown as colours: confusion matrices, and heat maps such
 * as histograms over a training.
 *
 * @module
 */

/** A matrix of numbers, one coloured cell each, the first row on top. */
export interface MatrixFigure {
  /** Tells a matrix from other figures. */
  readonly kind: "matrix";
  /** What the matrix shows, above everything. */
  readonly title?: string;
  /** A second, quieter line. */
  readonly subtitle?: string;
  /** What the rows are, from the top. */
  readonly rows: MatrixAxis;
  /** What the columns are, from the left. */
  readonly columns: MatrixAxis;
  /** The numbers, row by row. Cells that are NaN or infinite stay empty. */
  readonly values: readonly (readonly number[])[];
  /** What the numbers are. */
  readonly value: MatrixValue;
  /**
   * What is written in the cells, where it fits: the number itself, or the
   * number times 100 of values that are shares from 0 to 1. Default `"none"`.
   */
  readonly cells?: "count" | "percent" | "none";
  /** Height of a matrix that is neither square nor has numbers in its cells, in its widths. Default 0.52. */
  readonly aspect?: number;
}

/** One side of a matrix. */
export interface MatrixAxis {
  /** What is along it, such as `"true class"`. */
  readonly title: string;
  /** In which unit; shown in brackets after the title. */
  readonly unit?: string;
  /** One label for each row or column. Where there are too many, some are shown at even distances. */
  readonly labels: readonly string[];
}

/** What the numbers of a matrix are, along its colour bar. */
export interface MatrixValue {
  /** What they measure, such as `"images"`. */
  readonly title: string;
  /** In which unit; shown in brackets after the title. */
  readonly unit?: string;
  /** Where the colours begin. Default: 0, or the smallest number if that is below. */
  readonly min?: number;
  /** Where the colours end. Default: the largest number. */
  readonly max?: number;
}

/**
 * Checks a matrix.
 *
 * @throws {RangeError} If it has no cell, if labels and numbers differ in count, or if the colours end where they begin or before.
 */
export function assertMatrix({ rows, columns, values, value }: MatrixFigure) {
  assertCount(values.length, rows.labels.length, "rows");
  for (const row of values) {
    assertCount(row.length, columns.labels.length, "columns");
  }
  const { min, max } = value;
  for (const [name, end] of Object.entries({ min, max })) {
    if (end === undefined || Number.isFinite(end)) continue;
    throw new RangeError(
      `Cannot draw matrix: expected value.${name} to be finite but found ${end}`,
    );
  }
  if (min !== undefined && max !== undefined && !(min < max)) {
    throw new RangeError(
      `Cannot draw matrix: expected value.min to be below value.max but found ${min} and ${max}`,
    );
  }
}

function assertCount(found: number, labels: number, name: string): void {
  if (labels === 0) {
    throw new RangeError(
      `Cannot draw matrix: expected ${name}.labels to have at least one but found none`,
    );
  }
  if (found !== labels) {
    throw new RangeError(
      `Cannot draw matrix: expected as many ${name} of values as labels (${labels}) but found ${found}`,
    );
  }
}
