// Copyright 2026 the Convlab authors. MIT license.

/**
 * Draws lines with the dots of Braille patterns, two by four in a letter.
 *
 * @module
 */

/** The bit of each dot of a Braille pattern, by column and row. */
const DOT_BITS = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]] as const;
const BRAILLE_START = 0x2800;

/** Dots in Braille patterns, each pattern in the colour of the series that drew there last. */
export class BrailleCanvas {
  readonly #width: number;
  readonly #bits: Uint8Array;
  readonly #series: Uint16Array;

  constructor(width: number, height: number) {
    this.#width = width;
    this.#bits = new Uint8Array(width * height);
    this.#series = new Uint16Array(width * height);
  }

  line(
    from: readonly [number, number],
    to: readonly [number, number],
    s: number,
  ) {
    const dx = to[0] - from[0];
    const dy = to[1] - from[1];
    const steps = Math.ceil(Math.max(Math.abs(dx), Math.abs(dy), 1));
    for (let i = 0; i <= steps; i++) {
      this.#dot(from[0] + dx * i / steps, from[1] + dy * i / steps, s);
    }
  }

  rows(paint: (text: string, s: number) => string): string[] {
    const rows: string[] = [];
    for (let at = 0; at < this.#bits.length; at += this.#width) {
      let row = "";
      for (let i = at; i < at + this.#width; i++) {
        const bits = this.#bits[i]!;
        row += bits === 0
          ? " "
          : paint(String.fromCodePoint(BRAILLE_START + bits), this.#series[i]!);
      }
      rows.push(row.trimEnd());
    }
    return rows;
  }

  #dot(x: number, y: number, s: number): void {
    const column = Math.round(x);
    const row = Math.round(y);
    const i = (row >> 2) * this.#width + (column >> 1);
    const isInside = column >= 0 && column < 2 * this.#width && row >= 0 &&
      i < this.#bits.length;
    if (!isInside) return;
    this.#bits[i]! |= DOT_BITS[column & 1]![row & 3]!;
    this.#series[i] = s;
  }
}
