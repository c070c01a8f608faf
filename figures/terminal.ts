// Copyright 2026 the Convlab authors. MIT license.

/**
 * What the terminal can show.
 *
 * @module
 */

import type { TerminalColors } from "./ansi.ts";

/** What is known of a terminal; `undefined` where it may not be asked. */
export interface TerminalEnvironment {
  /** Whether the stream is a terminal at all. */
  readonly isTerminal: boolean;
  /** Whether `NO_COLOR` is set. */
  readonly noColor: boolean;
  /** The variable `TERM`; empty where it is not set. */
  readonly term: string | undefined;
  /** The variable `COLORTERM`; empty where it is not set. */
  readonly colorTerm: string | undefined;
  /** Whether this is Windows, whose terminals set neither variable. */
  readonly isWindows: boolean;
}

/** A terminal to draw in. */
export interface Terminal {
  /** The colours that it shows; `"none"` also for a file or a pipe. */
  readonly colors: TerminalColors;
  /** Letters in a line. */
  readonly columns: number;
}

const DEFAULT_COLUMNS = 80;
/** Fewer columns show nothing that could be recognised. */
const MIN_COLUMNS = 20;

/**
 * Whether a preview makes sense in a terminal: it has colours and enough columns.
 *
 * @example Nothing into a pipe
 * ```ts
 * import { canPreview } from "@convlab/convlab";
 * import { assert, assertEquals } from "@std/assert";
 *
 * assert(canPreview({ colors: "256", columns: 80 }));
 * assertEquals(canPreview({ colors: "none", columns: 80 }), false);
 * ```
 */
export function canPreview({ colors, columns }: Terminal): boolean {
  return colors !== "none" && columns >= MIN_COLUMNS;
}

/**
 * What the terminal behind a stream can show. Environment variables are read
 * only where that is allowed already; nothing is ever asked of the user.
 *
 * @param stream Where the preview is to be written. Default standard output.
 *
 * @example A stream that is no terminal
 * ```ts
 * import { terminalOf } from "@convlab/convlab";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(terminalOf({ isTerminal: () => false }).colors, "none");
 * ```
 */
export function terminalOf(
  stream: { isTerminal(): boolean } = Deno.stdout,
): Terminal {
  const isTerminal = stream.isTerminal();
  return {
    colors: colorsOf({
      isTerminal,
      noColor: Deno.noColor,
      term: variable("TERM"),
      colorTerm: variable("COLORTERM"),
      isWindows: Deno.build.os === "windows",
    }),
    columns: isTerminal ? columns() : DEFAULT_COLUMNS,
  };
}

/** The colours that a terminal shows, as far as its environment tells. */
export function colorsOf(environment: TerminalEnvironment): TerminalColors {
  const { isTerminal, noColor, term, colorTerm, isWindows } = environment;
  if (!isTerminal || noColor || term === "dumb") return "none";
  if (
    colorTerm === "truecolor" || colorTerm === "24bit" ||
    term?.endsWith("-direct") || isWindows
  ) return "truecolor";
  return term === "" ? "none" : "256";
}

function variable(name: string): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: name });
  return state === "granted" ? Deno.env.get(name) ?? "" : undefined;
}

function columns(): number {
  try {
    return Deno.consoleSize().columns;
  } catch {
    return DEFAULT_COLUMNS; // Standard streams other than this one are no terminal.
  }
}
