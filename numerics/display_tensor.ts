// Copyright 2026 the Convlab authors. MIT license.

/**
 * How a tensor shows itself in a notebook: its dtype and shape, and the corners
 * of its first matrix.
 *
 * @module
 */

import type { Tensor } from "./tensor.ts";

/** What a notebook of Deno's kernel calls to show a value. */
export const JUPYTER_DISPLAY: unique symbol = Symbol.for(
  "Jupyter.display",
) as never;

/** Renderings by media type, of which a notebook shows the best that it can. */
export interface TensorDisplay {
  /** A small table. */
  readonly "text/html": string;
  /** The same in characters. */
  readonly "text/plain": string;
}

/** The longest axis that is shown whole, */
const WHOLE = 8;
/** and what is shown of both ends of a longer one. */
const ENDS = 4;
/** Significant digits of the largest number. */
const DIGITS = 5;

/** Describes a tensor for a notebook. */
export function tensorDisplay(x: Tensor): TensorDisplay {
  const heading = x.toString();
  const { rows, place } = excerpt(x);
  if (rows.length === 0) {
    return { "text/html": html(heading, "", []), "text/plain": heading };
  }
  const width = Math.max(...rows.flat().map((cell) => cell.length));
  const lines = rows.map((row) =>
    row.map((cell) => cell.padStart(width)).join("  ")
  );
  const plain = [heading, ...place === "" ? [] : [place], ...lines];
  return {
    "text/html": html(heading, place, rows),
    "text/plain": plain.join("\n"),
  };
}

/** The numbers that are shown, as text, and which part of the tensor they are. */
function excerpt(x: Tensor): { rows: string[][]; place: string } {
  if (x.size === 0) return { rows: [], place: "" };
  const [height, width] = [x.shape.at(-2) ?? 1, x.shape.at(-1) ?? 1];
  const [down, across] = [ends(height), ends(width)];
  const values = down.map((row) =>
    across.map((column) =>
      row < 0 || column < 0 ? undefined : x.data[row * width + column]!
    )
  );
  const format = formatOf(
    values.flat().filter((value) => value !== undefined),
  );
  const outer = x.shape.slice(0, -2);
  return {
    rows: values.map((row) =>
      row.map((v) => v === undefined ? "…" : format(v))
    ),
    place: outer.some((length) => length > 1)
      ? `[${[...outer.map(() => "0"), ":", ":"].join(", ")}]`
      : "",
  };
}

/** The indices that are shown of an axis; -1 stands for those left out. */
function ends(length: number): number[] {
  const all = Array.from({ length }, (_, i) => i);
  return length <= WHOLE
    ? all
    : [...all.slice(0, ENDS), -1, ...all.slice(-ENDS)];
}

/** One way of writing for all numbers of a table. */
function formatOf(values: readonly number[]): (value: number) => string {
  const sizes = values.filter(Number.isFinite).map(Math.abs);
  const largest = Math.max(0, ...sizes);
  const finite = largest < 1e6 && sizes.every(Number.isInteger)
    ? (value: number) => String(value)
    : largest >= 1e-3 && largest < 1e6
    ? (value: number) => value.toFixed(decimalsFor(largest))
    : (value: number) => value.toExponential(DIGITS - 2);
  return (value) =>
    Number.isNaN(value)
      ? "nan"
      : Number.isFinite(value)
      ? finite(value)
      : value > 0
      ? "inf"
      : "-inf";
}

function decimalsFor(largest: number): number {
  const before = Math.floor(Math.log10(largest)) + 1;
  return Math.max(1, DIGITS - Math.max(before, 1));
}

/** The colours are those around it, so it fits light and dark notebooks. */
function html(heading: string, place: string, rows: string[][]): string {
  const grey = "opacity:.65";
  const cell = "padding:.15em .6em;text-align:right;background:none";
  const body = rows.map((row) =>
    `<tr style="background:none">${
      row.map((text) => `<td style="${cell}">${text}</td>`).join("")
    }</tr>`
  ).join("");
  const table = rows.length === 0
    ? ""
    : `<table style="border-collapse:collapse;margin:.3em 0;` +
      `font-variant-numeric:tabular-nums;border-left:1px solid #8888;` +
      `border-right:1px solid #8888">${body}</table>`;
  const where = place === "" ? "" : ` <span style="${grey}">${place}</span>`;
  return `<div><div><b>${heading}</b>${where}</div>${table}</div>`;
}
