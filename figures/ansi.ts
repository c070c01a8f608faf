// Copyright 2026 the Convlab authors. MIT license.

/**
 * Colours in a terminal.
 *
 * @module
 */

/** How many colours a terminal shows: none, 256, or all of 24 bits. */
export type TerminalColors = "none" | "256" | "truecolor";

/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Back to the terminal's own colours. */
export const RESET = "\x1b[0m";

/** The sequence that sets the colour of letters; empty without colours. */
export function foreground(color: Rgb, colors: TerminalColors): string {
  return colors === "none" ? "" : `\x1b[38;${parameters(color, colors)}m`;
}

/** The sequence that sets the colour behind letters; empty without colours. */
export function background(color: Rgb, colors: TerminalColors): string {
  return colors === "none" ? "" : `\x1b[48;${parameters(color, colors)}m`;
}

function parameters(color: Rgb, colors: TerminalColors): string {
  return colors === "truecolor"
    ? `2;${color.join(";")}`
    : `5;${nearestOf256(color)}`;
}

/** Levels of red, green and blue in the colours 16 to 231 of the usual 256. */
const LEVELS = [0, 95, 135, 175, 215, 255];
const CUBE_START = 16;
/** The colours 232 to 255 are 24 greys, 8, 18, … 238. */
const GREY_START = 232;

/** The nearest of the usual 256 colours, in the cube or among the greys. */
function nearestOf256(color: Rgb): number {
  const steps = color.map((value) => nearest(LEVELS, value));
  const inCube = steps.map((step) => LEVELS[step]!);
  const mean = (color[0] + color[1] + color[2]) / 3;
  const step = Math.min(23, Math.max(0, Math.round((mean - 8) / 10)));
  const grey = 8 + 10 * step;
  return distance(color, [grey, grey, grey]) < distance(color, inCube)
    ? GREY_START + step
    : CUBE_START + 36 * steps[0]! + 6 * steps[1]! + steps[2]!;
}

function nearest(levels: readonly number[], value: number): number {
  const distances = levels.map((level) => Math.abs(level - value));
  return distances.indexOf(Math.min(...distances));
}

function distance(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0);
}
