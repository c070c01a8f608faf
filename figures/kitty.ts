// Copyright 2026 the Convlab authors. MIT license.

/**
 * Pictures in terminals that have kitty's graphics protocol
 * (https://sw.kovidgoyal.net/kitty/graphics-protocol/).
 *
 * @module
 */

/** Letters of base64 in a sequence at most, as the protocol says. */
const CHUNK = 4096;

/**
 * The sequences that show a PNG file where the cursor is, and that leave the
 * cursor on the picture's last line. They ask for no answer.
 *
 * @param png The file.
 * @param columns Letters that the picture is wide; its height follows.
 */
export function kittyPicture(png: Uint8Array, columns: number): string {
  const data = png.toBase64();
  let text = "";
  for (let at = 0; at < data.length; at += CHUNK) {
    const keys = [
      // Transmit and show a PNG file, and answer nothing.
      ...at === 0 ? ["a=T", "f=100", "q=2", `c=${columns}`] : [],
      `m=${at + CHUNK < data.length ? 1 : 0}`,
    ];
    text += `\x1b_G${keys.join(",")};${data.slice(at, at + CHUNK)}\x1b\\`;
  }
  return text;
}
