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
  /** The variable `TERM_PROGRAM`; empty where it is not set. */
  readonly termProgram?: string | undefined;
  /** The variable `KITTY_WINDOW_ID`; empty where it is not set. */
  readonly kittyWindowId?: string | undefined;
  /** Whether this is Windows, whose terminals set neither variable. */
  readonly isWindows: boolean;
}

/** How a terminal shows pictures, if it does. */
export type TerminalGraphics = "none" | "kitty" | "sixel";

/** A terminal to draw in. */
export interface Terminal {
  /** The colours that it shows; `"none"` also for a file or a pipe. */
  readonly colors: TerminalColors;
  /** Letters in a line. */
  readonly columns: number;
  /** How it shows pictures. Default `"none"`. */
  readonly graphics?: TerminalGraphics;
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
  const environment = {
    isTerminal,
    noColor: Deno.noColor,
    term: variable("TERM"),
    colorTerm: variable("COLORTERM"),
    termProgram: variable("TERM_PROGRAM"),
    kittyWindowId: variable("KITTY_WINDOW_ID"),
    isWindows: Deno.build.os === "windows",
  };
  return {
    colors: colorsOf(environment),
    graphics: graphicsOf(environment),
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

/** Values of `TERM_PROGRAM` and `TERM` by which terminals tell what they have. */
const KITTY = /^(WezTerm|ghostty|xterm-kitty|xterm-ghostty)$/;
const SIXEL = /^(iTerm\.app|mintty|mlterm|foot|contour|yaft)(-|$)/;
/** Programs between us and the terminal, which let no picture through. */
const MULTIPLEXER = /^(screen|tmux)/;

/**
 * How a terminal shows pictures, as far as its environment tells. It is not
 * asked itself: its answer would arrive as if the user had typed it.
 */
export function graphicsOf(environment: TerminalEnvironment): TerminalGraphics {
  const { term = "", termProgram = "", kittyWindowId = "" } = environment;
  if (colorsOf(environment) === "none" || MULTIPLEXER.test(term)) return "none";
  const names = [termProgram, term];
  if (kittyWindowId !== "" || names.some((name) => KITTY.test(name))) {
    return "kitty";
  }
  return names.some((name) => SIXEL.test(name)) ? "sixel" : "none";
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
