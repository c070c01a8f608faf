// Copyright 2026 the Convlab authors. MIT license.

/**
 * Describes figures one above the other.
 *
 * @module
 */

import type { Figure } from "./figure.ts";

/** Figures one above the other, as one. */
export interface FigureStack {
  /** Tells a stack from other figures. */
  readonly kind: "stack";
  /** What they show together, above everything. */
  readonly title?: string;
  /** A second, quieter line. */
  readonly subtitle?: string;
  /** The figures, from the top. */
  readonly figures: readonly Figure[];
}

/**
 * Checks that a stack holds something.
 *
 * @throws {RangeError} If it holds no figure.
 */
export function assertStack({ figures }: FigureStack): void {
  if (figures.length === 0) {
    throw new RangeError(
      "Cannot draw stack: expected at least one figure but found none",
    );
  }
}
