// Copyright 2026 the Convlab authors. MIT license.

/**
 * Numbers as the lines of a figure have them.
 *
 * @module
 */

/** A whole number with its thousands set apart: `49,000`. */
export function grouped(n: number): string {
  // toLocaleString() would first load the rules of all languages, 25 ms of each start.
  return `${Math.round(n)}`.replace(/\B(?=(\d{3})+$)/g, ",");
}

/** A share from 0 to 1 as a percentage: `47.3 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
