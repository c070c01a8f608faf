// Copyright 2026 the Convlab authors. MIT license.

/**
 * Winograd's minimal filtering: four neighbouring outputs of a row behind a
 * filter's row of three or four numbers, by six or seven products instead of
 * twelve or sixteen (S. Winograd, Arithmetic Complexity of Computations, 1980;
 * A. Lavin and S. Gray, Fast Algorithms for Convolutional Neural Networks, 2015).
 *
 * Outputs are what the coefficients of a product of two polynomials are made of,
 * one of the filter and one of gradients of the outputs. Such a product is
 * known from its values at as many points as it has coefficients, and there it is
 * a product of numbers. What goes from coefficients to values and back are
 * fixed matrices; the transform of the image is that of the way back, transposed.
 *
 * The points are 0, ±a, ±b, where there are seven c, and infinity.
 *
 * @module
 */

/** Outputs of a tile. */
export const TILE = 4;

/** A choice of points. */
export interface Points {
  readonly count: 6 | 7;
  /** Numbers of a filter's row. */
  readonly filterWidth: 3 | 4;
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/**
 * The points for a piece of a filter's row: those that measure as most accurate
 * among simple fractions, for three numbers; and for four among those whose
 * matrices have no rounding in float32.
 */
export const POINTS: Readonly<Record<3 | 4, Points>> = {
  3: { count: 6, filterWidth: 3, a: 3 / 2, b: 2 / 3, c: 0 },
  4: { count: 7, filterWidth: 4, a: 1, b: 2, c: 1 / 2 },
};

/** The numbers that the kernels' transforms are made of (assembly/winograd.ts). */
export function transformConstants({ a, b, c }: Points): number[] {
  const [aa, bb] = [a * a, b * b];
  return [a, b, c, aa, bb, aa + bb, aa * bb];
}

/** The transform of a filter's row: for each point the factors of its numbers, filled up to four. */
export function filterTransform(
  { count, filterWidth, a, b, c }: Points,
): number[] {
  const finite = [0, a, -a, b, -b, ...(count === 7 ? [c] : [])];
  const rows = finite.map((point) => {
    const scale = finite.reduce(
      (product, other) => other === point ? product : product * (point - other),
      1,
    );
    return [0, 1, 2, 3].map((power) =>
      power < filterWidth ? point ** power / scale : 0
    );
  });
  const infinity = [0, 1, 2, 3].map((power) =>
    power === filterWidth - 1 ? 1 : 0
  );
  return [...rows, infinity].flat();
}
