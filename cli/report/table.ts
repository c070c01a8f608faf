// Copyright 2026 the Convlab authors. MIT license.

/**
 * Tables of a report.
 *
 * @module
 */

import { type Content, type Html, markup } from "./html.ts";

/** A column. */
export interface Column {
  /** What it holds; one without words is for row headings. */
  readonly title: string;
  /** Whether it holds numbers, which stand to the right. */
  readonly isNumeric?: boolean;
}

/** A row; its first cell is its heading. */
export type TableRow = readonly Content[];

/**
 * A table with a heading for each column and each row, which scrolls where the
 * page is too narrow for it.
 *
 * @param caption What it tells, for those who do not see what is around it.
 * @param footer A last row of sums.
 */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly TableRow[],
  footer?: TableRow,
): Html {
  const kind = (i: number) => columns[i]?.isNumeric ? "number" : "text";
  const cells = (row: TableRow) =>
    row.map((cell, i) =>
      i === 0
        ? markup`<th scope="row" class="${kind(i)}">${cell}</th>`
        : markup`<td class="${kind(i)}">${cell}</td>`
    );
  const lines = (all: readonly TableRow[]) =>
    all.map((row) => markup`<tr>${cells(row)}</tr>\n`);
  const heads = columns.map(({ title }, i) =>
    markup`<th scope="col" class="${kind(i)}">${title}</th>`
  );
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table>
<caption class="unseen">${caption}</caption>
<thead>
<tr>${heads}</tr>
</thead>
<tbody>
${lines(rows)}</tbody>
${footer && markup`<tfoot>\n${lines([footer])}</tfoot>\n`}</table>
</div>
`;
}

/** Facts as names and values. */
export function factList(
  facts: readonly (readonly [name: string, value: Content])[],
): Html {
  const items = facts.map(([name, value]) =>
    markup`<div><dt>${name}</dt><dd>${value}</dd></div>\n`
  );
  return markup`<dl class="facts">\n${items}</dl>\n`;
}
