// Copyright 2026 the Convlab authors. MIT license.

/**
 * Things in a row that are shared out in parts.
 *
 * @module
 */

/** A row of things from `begin` up to, but not with, `end`. */
export interface Part {
  /** The first. */
  readonly begin: number;
  /** The one behind the last. */
  readonly end: number;
}

/**
 * Part `index` of `count` things that are shared out in `parts`: they follow one
 * another and differ by one at most, the larger ones first.
 */
export function partOf(count: number, index: number, parts: number): Part {
  const least = Math.floor(count / parts);
  const larger = count % parts;
  const begin = index * least + Math.min(index, larger);
  return { begin, end: begin + least + (index < larger ? 1 : 0) };
}
