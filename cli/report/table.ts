// Copyright 2026 the Convlab authors. MIT license.

/**
 * Tables of a report.
 *
 * @module
 */

import { type Content, type Html, html } from "./html.ts";

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
        ? html`<th scope="row" class="${kind(i)}">${cell}</th>`
        : html`<td class="${kind(i)}">${cell}</td>`
    );
  const lines = (all: readonly TableRow[]) =>
    all.map((row) => html`<tr>${cells(row)}</tr>\n`);
  return html`
    <div class="scroll" role="region" aria-label="${caption}" tabindex="0">
      <table>
    <caption class="unseen">${caption}</caption>
    <thead><tr>${columns.map(({ title }, i) =>
      html`<th scope="col" class="${kind(i)}">${title}</th>`
    )}</tr></thead>
    <tbody>
    ${lines(rows)}</tbody>
    ${footer && html`<tfoot>${lines([footer])}</tfoot>`}</table>
    </div>
  `;
}

/** Facts as names and values. */
export function factList(
  facts: readonly (readonly [name: string, value: Content])[],
): Html {
  return html`
    <dl class="facts">
    ${facts.map(([name, value]) =>
      html`
        <div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>\\n
      `
    )}</dl>
  `;
}
