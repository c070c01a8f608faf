// Copyright 2026 the Convlab authors. MIT license.

/**
 * Shortens text for terminals.
 *
 * @module
 */

/** The text if it has at most `columns` letters, and otherwise its start with an ellipsis. */
export function truncate(text: string, columns: number): string {
  const letters = [...text];
  return letters.length <= columns
    ? text
    : `${letters.slice(0, Math.max(0, columns - 1)).join("")}…`;
}
