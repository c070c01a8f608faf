// Copyright 2026 the Convlab authors. MIT license.

/**
 * Writes, in AssemblyScript, the loops of the register tiles: how the address of
 * one tap follows from that of another. Additions are cheaper than a table, of
 * which each number is loaded, checked and added; and a loop that does more in a
 * turn spends less on turning.
 *
 * @module
 */

/** A way through the taps of a tile. */
export interface TapLoops {
  readonly name: string;
  /** Parameters that not all have. */
  readonly parameters: string;
  /** Taps that are written out one behind the other, so that the loop itself costs little. */
  readonly turn: number;
  /**
   * Parts that the columns are in: one, as wide as the register tile, or two or
   * three, each half as wide, of rows that lie `pair` bytes apart.
   */
  readonly parts: 1 | 2 | 3;
  /** AssemblyScript of the loops, given that of so many taps and of a single one. */
  loops(turn: readonly string[], single: string): string;
}

/** Taps that lie `stride` bytes apart: whole turns up to `unrolled`, and single ones up to `end`. */
export const IN_STEPS: TapLoops = {
  ...{ name: "tile", parameters: "", turn: 10, parts: 1 },
  loops: (turn, single) => `
  let p = source;
  while (p != unrolled) {${turn.map((tap) => `${tap} p += stride;`).join("")}
  }
  while (p != end) {${single} p += stride;
  }`,
};

/** The place of the next tap in the table. */
const NEXT = "source + <usize>load<u32>(taps); taps += 4;";

/**
 * The taps of a window (tap_table.ts): threes up to `unrolled`, two of them in a
 * turn, and single ones up to `end`.
 */
export const OF_WINDOW: TapLoops = {
  ...{ name: "window", parameters: "taps: usize, ", turn: 3, parts: 1 },
  loops(turn, single) {
    const three = `p = ${NEXT}${turn.join(" p += stride;")}`;
    return `
  let p = source;
  while (taps < unrolled - 4) {
    ${three}
    ${three}
  }
  if (taps != unrolled) {
    ${three}
  }
  while (taps != end) {
    p = ${NEXT}${single}
  }`;
  },
};

/** The same for the same columns of two rows of outputs, which go `outPair` bytes apart. */
export const OF_TWO_ROWS: TapLoops = ofRows("twoRows", 2);

/** Of three, so that three filters make a tile of nine sums and not of six. */
export const OF_THREE_ROWS: TapLoops = ofRows("threeRows", 3);

function ofRows(name: string, parts: 2 | 3): TapLoops {
  const parameters = `pair: usize, outPair: usize, ${OF_WINDOW.parameters}`;
  return { ...OF_WINDOW, name, parts, parameters };
}

/** Taps that a tile does one behind the other: of those in steps, and of those of a window. */
export const TURNS = { steps: IN_STEPS.turn, window: OF_WINDOW.turn };
