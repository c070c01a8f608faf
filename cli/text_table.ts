// Copyright 2026 the Convlab authors. MIT license.

/**
 * Text in columns, and paragraphs wrapped at the width of a terminal.
 *
 * @module
 */

import { stripAnsiCode } from "@std/fmt/colors";

/** Spaces between two columns. */
const GAP = 2;
/** The left column is no wider than this part of the whole. */
const LEFT_SHARE = 0.5;
/** Indentation of meanings where all terms are too long for a column. */
const INDENT = 6;

/** A paragraph as lines of at most `columns` characters; longer words stay whole. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= columns) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

/**
 * Terms and what they mean, side by side, indented by `GAP`. What does not fit
 * is wrapped; what a long term leaves no room for begins on the next line.
 *
 * @param rows Terms, which may be coloured, and their meanings.
 * @param columns Width of the whole.
 */
export function definitionList(
  rows: readonly (readonly [term: string, meaning: string])[],
  columns: number,
): string[] {
  const limit = Math.floor(columns * LEFT_SHARE);
  const widths = rows.map(([term]) => width(term) + 2 * GAP);
  const fitting = widths.filter((width) => width <= limit);
  const left = fitting.length > 0 ? Math.max(...fitting) : INDENT;
  return rows.flatMap(([term, meaning]) => {
    const head = " ".repeat(GAP) + term;
    if (meaning === "") return [head];
    const meanings = wrap(meaning, columns - left);
    const fits = width(head) + GAP <= left;
    const lines = fits ? meanings : ["", ...meanings];
    return lines.map((line, i) =>
      (i === 0 ? padEnd(head, left) : " ".repeat(left)) + line
    ).map((line) => line.trimEnd());
  });
}

/**
 * Rows of cells with every column as wide as its widest cell; lines do not end
 * in spaces.
 */
export function textTable(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) {
      widths[i] = Math.max(widths[i] ?? 0, width(cell));
    }
  }
  return rows.map((row) =>
    row.map((cell, i) => padEnd(cell, widths[i]! + GAP)).join("").trimEnd()
  );
}

function padEnd(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - width(text)));
}

function width(text: string): number {
  return [...stripAnsiCode(text)].length;
}
