// Copyright 2026 the Convlab authors. MIT license.

/**
 * Standard output and standard error as the subcommands see them: lines,
 * colours for a terminal, and its width.
 *
 * @module
 */

import { bold, cyan, dim, green, red, yellow } from "@std/fmt/colors";

/** Somewhere to write text. */
export interface Output {
  /** Whether a person is looking on. */
  readonly isTerminal: boolean;
  /** Width of the terminal, or 80 where there is none. */
  readonly columns: number;
  /** Colours, which leave text as it is where they are not wanted. */
  readonly style: Style;
  /** Writes text as it is. */
  write(text: string): void;
  /** Writes text and ends the line. */
  line(text?: string): void;
}

/** Ways to set text off. */
export type Style = Readonly<Record<keyof typeof COLOURS, Paint>>;
type Paint = (text: string) => string;

/** A file as {@linkcode Deno.stdout} is one. */
export interface TerminalFile {
  /** Writes some of the bytes and says how many. */
  writeSync(bytes: Uint8Array): number;
  /** Whether the file is a terminal. */
  isTerminal(): boolean;
}

const COLOURS = { bold, cyan, dim, green, red, yellow };
const plain = (text: string) => text;
const PLAIN: Style = {
  bold: plain,
  cyan: plain,
  dim: plain,
  green: plain,
  red: plain,
  yellow: plain,
};

/** An output that drops everything. */
export const SILENT: Output = {
  isTerminal: false,
  columns: 80,
  style: PLAIN,
  write() {},
  line() {},
};

/** Width where there is no terminal. */
const DEFAULT_COLUMNS = 80;

/**
 * An output over a file: in colour if that is a terminal and `NO_COLOR` is not
 * set. Writing throws `Deno.errors.BrokenPipe` once nobody reads any more.
 */
export function outputTo(file: TerminalFile): Output {
  const isTerminal = file.isTerminal();
  const encoder = new TextEncoder();
  const write = (text: string) => writeAll(file, encoder.encode(text));
  return {
    isTerminal,
    get columns() {
      return isTerminal ? terminalColumns() : DEFAULT_COLUMNS;
    },
    style: isTerminal && !Deno.noColor ? COLOURS : PLAIN,
    write,
    line: (text = "") => write(`${text}\n`),
  };
}

function writeAll(file: TerminalFile, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    try {
      written += file.writeSync(bytes.subarray(written));
    } catch (error) {
      // A pipe that does not block, as npx may hand on, is full: let it drain.
      if (!(error instanceof Deno.errors.WouldBlock)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

function terminalColumns(): number {
  try {
    return Deno.consoleSize().columns || DEFAULT_COLUMNS;
  } catch {
    return DEFAULT_COLUMNS; // a terminal that does not know its size
  }
}
