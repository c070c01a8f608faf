// Copyright 2026 the Convlab authors. MIT license.

/**
 * The notebooks as they are committed, and their outputs as text.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";

/** The repository. */
export const ROOT: string = fromFileUrl(new URL("../..", import.meta.url));

/** The notebooks. */
export const NOTEBOOKS = ["convolutional_networks", "your_own_layer"] as const;

/** As much of nbformat 4 as is used here. */
export interface Notebook {
  readonly nbformat: number;
  readonly nbformat_minor: number;
  readonly metadata: Record<string, unknown>;
  readonly cells: readonly Cell[];
}

/** A cell. */
export interface Cell {
  readonly id: string;
  readonly cell_type: "code" | "markdown";
  readonly metadata: { readonly tags?: readonly string[] };
  readonly source: string | readonly string[];
  readonly execution_count?: number | null;
  readonly outputs?: readonly Output[];
}

/** What a cell gave. */
export interface Output {
  readonly output_type: "stream" | "execute_result" | "display_data" | "error";
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, string | readonly string[]>>;
}

/** The path of a notebook. */
export function pathOf(name: string): string {
  return `${ROOT}notebooks/${name}.ipynb`;
}

/** Reads a notebook. */
export function readNotebook(path: string): Notebook {
  return JSON.parse(Deno.readTextFileSync(path));
}

/** The cells with code. */
export function codeOf({ cells }: Notebook): Cell[] {
  return cells.filter((cell) => cell.cell_type === "code");
}

/** Text that nbformat keeps in one piece or line by line. */
export function joined(text: string | readonly string[] = ""): string {
  return typeof text === "string" ? text : text.join("");
}

/** All that a cell printed. */
export function printed(cell: Cell): string {
  return (cell.outputs ?? []).map(({ text }) => joined(text)).join("");
}

/**
 * What a reader sees of a cell's outputs: what was printed, the plain text of
 * values, and in which other forms they are there.
 */
export function seen(cell: Cell): string[] {
  return (cell.outputs ?? []).map(({ text, data = {} }) =>
    text === undefined
      ? [joined(data["text/plain"]), ...Object.keys(data).sort()].join("\n")
      : joined(text)
  );
}

/** Whether a cell has a tag. */
export function isTagged(cell: Cell, tag: string): boolean {
  return cell.metadata.tags?.includes(tag) ?? false;
}
