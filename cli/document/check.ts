// Copyright 2026 the Convlab authors. MIT license.

/**
 * One check of the document: a number, what it must be, and how close.
 *
 * @module
 */

import { formatG12 } from "../../numerics/format.ts";
import { evalNumericalGradientArray } from "../../numerics/gradient.ts";
import type { Tensor } from "../../numerics/tensor.ts";

/** One number of the document, and Convlab's. */
export interface Check {
  /** What the number is. */
  readonly name: string;
  /** Convlab's value, printed as the document prints it. */
  readonly value: string;
  /** The document's value, or that of the document's code run in NumPy where it prints none. */
  readonly reference: string;
  /** Whether the value is as it must be. */
  readonly passed: boolean;
}

/** The checks of one cell. */
export interface CellChecks {
  /** The cell's number, or a name where the document gives it none. */
  readonly cell: string;
  /** What it checks. */
  readonly title: string;
  /** Words that select it. */
  readonly topics: readonly string[];
  /** Whether the reference is printed in the document, or was taken from NumPy. */
  readonly source: "document" | "numpy";
  /** Runs the cell. */
  readonly run: () => readonly Check[];
}

/** The seed of every cell. */
export const SEED = 231;

/** Windows that tile the image. */
export const TILING = { poolHeight: 2, poolWidth: 2, stride: 2 } as const;

/** A value that has to print as the document prints it. */
export function digits(name: string, number: number, reference: string): Check {
  const value = formatG12(number);
  return { name, value, reference, passed: value === reference };
}

/**
 * Rounding noise, which differs from one machine to the next: it has to stay
 * within the order of magnitude of the reference, or below.
 */
export function order(name: string, number: number, reference: string): Check {
  const limit = Number(reference) === 0
    ? 0
    : 10 ** (Math.floor(Math.log10(Number(reference))) + 1);
  const passed = number <= limit;
  return { name, value: formatG12(number), reference, passed };
}

/** A value that has to be as close to the reference as given. */
export function near(
  name: string,
  number: number,
  reference: string,
  tolerance: number,
): Check {
  const passed = Math.abs(number - Number(reference)) <= tolerance;
  return { name, value: formatG12(number), reference, passed };
}

/** Numeric gradients of `sum(f() * dout)` with respect to whatever `f` reads. */
export function numericGradients(
  f: () => Tensor,
  dout: Tensor,
): (x: Tensor) => Tensor {
  return (x) => evalNumericalGradientArray(f, x, dout);
}
