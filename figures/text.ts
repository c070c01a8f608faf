// Copyright 2026 the Convlab authors. MIT license.

/**
 * Text in figures: how wide it is, how it breaks into lines, how XML holds it.
 *
 * @module
 */

/** How text is set. */
export interface TextStyle {
  /** Size of the letters. */
  readonly fontSize: number;
  /** Whether they are semi-bold. Default `false`. */
  readonly bold?: boolean;
}

/** Advance widths of the characters from space to tilde in Inter, in thousandths of the size. */
// deno-fmt-ignore
const ADVANCES = {
  regular: [281, 278, 403, 631, 638, 812, 639, 222, 362, 362, 500, 659, 280, 460, 276, 357, 625, 464, 605, 636, 642, 608, 624, 571, 616, 624, 276, 280, 659, 659, 659, 507, 936, 676, 651, 727, 719, 598, 587, 743, 740, 264, 543, 652, 562, 889, 753, 761, 635, 761, 639, 638, 642, 741, 676, 949, 642, 665, 625, 362, 357, 362, 469, 452, 497, 564, 621, 558, 621, 582, 361, 609, 591, 237, 237, 544, 237, 869, 585, 597, 609, 609, 372, 523, 364, 581, 557, 812, 540, 557, 541, 362, 327, 362, 659],
  semiBold: [248, 309, 396, 643, 649, 844, 663, 213, 393, 393, 543, 673, 295, 466, 290, 379, 667, 481, 621, 652, 666, 632, 648, 587, 646, 648, 290, 295, 673, 673, 673, 544, 999, 724, 657, 744, 724, 608, 586, 755, 744, 275, 561, 677, 566, 906, 741, 775, 643, 776, 651, 649, 660, 734, 724, 1007, 690, 705, 653, 393, 379, 393, 481, 468, 497, 575, 630, 577, 630, 593, 377, 625, 613, 261, 261, 569, 261, 898, 610, 608, 625, 625, 397, 549, 380, 608, 576, 837, 562, 576, 562, 393, 358, 393, 673],
};
/** For characters beyond the table, but for the wide ones of East Asia and emoji. */
const OTHER_ADVANCE = 640;
const WIDE_ADVANCE = 1000;
const FIRST_WIDE = 0x2e80;

/** The width of a line of text, in the unit of its font size. */
export function textWidth(
  text: string,
  { fontSize, bold = false }: TextStyle,
): number {
  const table = bold ? ADVANCES.semiBold : ADVANCES.regular;
  let advance = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    advance += table[code - 0x20] ??
      (code < FIRST_WIDE ? OTHER_ADVANCE : WIDE_ADVANCE);
  }
  return advance * fontSize / 1000;
}

/** The text if it fits into `width`, and otherwise its start with an ellipsis. */
export function truncateText(
  text: string,
  width: number,
  style: TextStyle,
): string {
  if (textWidth(text, style) <= width) return text;
  const characters = [...text];
  while (characters.length > 0) {
    characters.pop();
    const shorter = `${characters.join("").trimEnd()}…`;
    if (textWidth(shorter, style) <= width) return shorter;
  }
  return "";
}

/** Breaks text at spaces into lines that fit into `width`; a longer word is truncated. */
export function wrapText(
  text: string,
  width: number,
  style: TextStyle,
): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/).filter((word) => word !== "")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line === "" || textWidth(longer, style) <= width) {
      line = longer;
    } else {
      lines.push(line);
      line = word;
    }
  }
  if (line !== "") lines.push(line);
  return lines.map((line) => truncateText(line, width, style));
}

/** Text on one line, without the characters that XML cannot hold. */
export function cleanText(text: string): string {
  return text.toWellFormed()
    .replace(/\s+/g, " ")
    .replace(/[\p{Cc}\ufffe\uffff]/gu, "\ufffd");
}

/** Text as XML holds it, in attributes too. */
export function escapeXml(text: string): string {
  return cleanText(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
