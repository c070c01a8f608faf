// Copyright 2026 the Convlab authors. MIT license.

/**
 * Folders of images for tests, with one folder a class.
 *
 * @module
 */

import { join } from "@std/path";
import { encodePng } from "../../data/png.ts";

/** The colours of the classes, in their order. */
const COLORS = [[220, 40, 40], [40, 220, 40], [40, 40, 220]] as const;

/**
 * Makes a folder of PNG images: for each class as many as `counts` says, all of
 * one colour, of different sizes, and each a little brighter than the one before.
 */
export function makeImageFolder(
  folder: string,
  counts: Readonly<Record<string, number>>,
): void {
  for (const [label, [name, count]] of Object.entries(counts).entries()) {
    const color = COLORS[label % COLORS.length]!;
    Deno.mkdirSync(join(folder, name), { recursive: true });
    for (let i = 0; i < count; i++) {
      const [width, height] = [8 + i % 5, 12 - i % 3];
      const pixels = new Uint8Array(width * height * 3);
      for (let at = 0; at < pixels.length; at++) {
        pixels[at] = color[at % 3]! + i % 30;
      }
      const png = encodePng({ width, height, channels: 3, pixels });
      Deno.writeFileSync(join(folder, name, `${i}.png`), png);
    }
  }
}
